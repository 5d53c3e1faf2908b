"""The filters of the lists of messages."""

from collections.abc import Mapping
from typing import Any

from django import forms

from accounts.listing import Filters, choice
from rectification.models import Channel, NoticeKind
from rectification.states import NoticeState

YES = (("yes", "是"),)


class ReadingFilters(Filters):
    """Of a person's own notices."""

    kind = choice("类别", NoticeKind.choices)
    unread = choice("未读", YES, widget=forms.HiddenInput)

    def __init__(self, data: Mapping[str, Any] | None = None, **rest: Any) -> None:
        super().__init__(data, **rest)
        self.fields["q"].widget.attrs["placeholder"] = "标题"


class FateFilters(Filters):
    """Of every message of an inspection. `round` gets its choices from the view."""

    state = choice("状态", NoticeState.choices)
    channel = choice("渠道", Channel.choices)
    kind = choice("类别", NoticeKind.choices)
    round = choice("调度")
    again = choice("待处理", YES, widget=forms.HiddenInput)

    def __init__(self, data: Mapping[str, Any] | None = None, **rest: Any) -> None:
        super().__init__(data, **rest)
        self.fields["q"].widget.attrs["placeholder"] = "标题、人员或单位"
