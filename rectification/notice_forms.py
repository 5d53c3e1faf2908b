"""The filters of the lists of messages."""

from collections.abc import Mapping
from typing import Any

from django import forms

from accounts.listing import Choices, Filters
from rectification.models import Channel, NoticeKind
from rectification.states import NoticeState

YES = (("yes", "是"),)


def _choice(label: str, choices: Choices = (), **rest: Any) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=[("", "全部"), *choices], **rest)


class ReadingFilters(Filters):
    """Of a person's own notices."""

    kind = _choice("类别", NoticeKind.choices)
    unread = _choice("未读", YES, widget=forms.HiddenInput)

    def __init__(self, data: Mapping[str, Any] | None = None, **rest: Any) -> None:
        super().__init__(data, **rest)
        self.fields["q"].widget.attrs["placeholder"] = "标题"


class FateFilters(Filters):
    """Of every message of an inspection. `round` gets its choices from the view."""

    state = _choice("状态", NoticeState.choices)
    channel = _choice("渠道", Channel.choices)
    kind = _choice("类别", NoticeKind.choices)
    round = _choice("调度")
    again = _choice("待处理", YES, widget=forms.HiddenInput)

    def __init__(self, data: Mapping[str, Any] | None = None, **rest: Any) -> None:
        super().__init__(data, **rest)
        self.fields["q"].widget.attrs["placeholder"] = "标题、人员或单位"
