"""A save that came too late: what stands now beside what was typed, and the form to go on with."""

from dataclasses import dataclass
from typing import NamedTuple, Self

from django.utils import timezone

from accounts.models import signature
from rectification.forms import Prose, Versioned
from rectification.models import Measure, Problem


class Difference(NamedTuple):
    label: str
    theirs: str
    yours: str


@dataclass(frozen=True)
class Conflict:
    """Why nothing was saved, who acted last, and both texts where they differ."""

    sentence: str
    last_act: str
    differences: tuple[Difference, ...]

    @classmethod
    def of(cls, row: Measure | Problem, form: Versioned, *, sentence: str) -> Self:
        standing = _latest_report(row)
        texts = (
            Difference(
                str(field.label),
                str(getattr(standing, field.name, "")),
                str(form.data.get(field.html_name, "")),
            )
            for field in form.visible_fields()
            if isinstance(field.field, Prose)
        )
        differing = tuple(each for each in texts if each.theirs != each.yours)
        return cls(sentence, _last_act(row), differing)


def again(form: Versioned, *, version: int) -> Versioned:
    """The form with everything that was typed, now on the version that stands."""
    data = {name: form.data.get(name, "") for name in form.fields}  # not the button: pressed then
    data["version"] = version
    return form.renewed(data)


def _latest_report(row):
    return row.progress.order_by("-pk").first() if isinstance(row, Measure) else None


def _last_act(row) -> str:
    event = row.events.select_related("by", "on_behalf_of").order_by("-pk").first()
    if event is None:
        return ""
    when = timezone.localtime(event.at)
    who = signature(event.by, event.on_behalf_of) or "系统"
    at = f"{when.month}月{when.day}日 {when:%H:%M}"
    return f"最近一次改动：{who}于{at}{event.says}，现在是“{row.get_status_display()}”。"
