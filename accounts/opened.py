"""What a row of the admin site looked like when its form was opened, signed into the form.

A save whose signed state is not the one that stands came too late: somebody saved in between. The
state holds the row and those that are edited with it, so that one form is one version.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.core import signing
from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import JournalEntry

SALT = "accounts.opened"
State = dict[str, dict[str, str]]  # of each row, by its key in the form: column → value as text


class Difference(NamedTuple):
    label: str
    theirs: str
    yours: str


@dataclass(frozen=True)
class Late:
    """Why nothing was saved: who saved before, and both values of what they changed."""

    sentence: str
    last_act: str
    differences: tuple[Difference, ...]


@dataclass(frozen=True)
class Opened:
    """One row in a form. `prefix` and `key` name it there; the main row has neither."""

    row: models.Model
    columns: tuple[str, ...]
    key: str = ""

    @property
    def values(self) -> dict[str, str]:
        return {name: self.field(name).value_to_string(self.row) for name in self.columns}

    @property
    def subject(self) -> Q:
        """The row in the journal."""
        kind = self.row._meta.model_name
        return Q(
            subject_kind=kind, subject_code__in=[str(self.row.pk), getattr(self.row, "code", "")]
        )

    def field(self, name: str) -> Any:
        return self.row._meta.get_field(name)

    def label(self, name: str) -> str:
        label = str(self.field(name).verbose_name)
        return f"{self.row._meta.verbose_name}“{self.row}”：{label}" if self.key else label


def sign(rows: Iterable[Opened]) -> str:
    return signing.dumps(state_of(rows), salt=SALT, compress=True)


def state_of(rows: Iterable[Opened]) -> State:
    return {each.key: each.values for each in rows}


def late(
    rows: Iterable[Opened], *, token: str, typed: Mapping[str, Mapping[str, str]]
) -> Late | None:
    """None where the form was opened on what stands; else why it is refused.

    `typed` is what was sent, by row and column.
    """
    rows = list(rows)
    try:
        opened: State = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        sentence = "这一页缺少版本信息或已经失效，没有保存。请核对后重新提交。"
        return Late(sentence, "", ())
    if opened == state_of(rows):
        return None
    differences = []
    for each in rows:
        was, yours = opened.get(each.key, {}), typed.get(each.key, {})
        for name, now in each.values.items():
            if was.get(name) != now:
                mine = _words(each, name, yours.get(name, was.get(name, "")))
                differences.append(Difference(each.label(name), _words(each, name, now), mine))
    sentence = "在您打开之后被别人改过，您的内容没有保存。"
    return Late(sentence, _last_change(rows), tuple(differences))


def _words(opened: Opened, name: str, value: str) -> str:
    """A value as a person reads it: the label of a choice, the name of another row."""
    field = opened.field(name)
    if isinstance(field, models.ForeignKey):
        if not (value.isdecimal() and len(value) < 19):
            return ""
        related: Any = field.related_model
        return str(related._default_manager.filter(pk=value).first() or "")
    if isinstance(field, models.BooleanField):
        return "是" if value in {"True", "on"} else "否"
    return str(dict(field.choices or ()).get(value, "" if value == "None" else value))


def _last_change(rows: Iterable[Opened]) -> str:
    subjects = Q(pk__in=[])
    for each in rows:
        subjects |= each.subject
    found = JournalEntry.objects.filter(subjects).select_related("by").order_by("-sequence").first()
    if found is None:
        return ""
    when = timezone.localtime(found.at)
    who = found.by or "系统"
    return f"最近一次改动：{who}于{when.month}月{when.day}日 {when:%H:%M}保存。"
