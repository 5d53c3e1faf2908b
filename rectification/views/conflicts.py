"""A save that came too late: what stands now beside what was typed, and the form to go on with."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Self, TypeVar

from django import forms
from django.http import QueryDict
from django.utils import timezone

from accounts.models import JournalEntry
from rectification.forms import Prose, Versioned
from rectification.models import Measure, Problem

CHANGES_NOTHING = ("view", "download", "export", "refuse_secret")
AnyForm = TypeVar("AnyForm", bound=Versioned)


class Standing(NamedTuple):
    """What stands where a save came too late: on which version the form goes on, the texts by
    field, and who acted last."""

    version: int
    texts: Mapping[str, Any]
    last_act: str


class Difference(NamedTuple):
    label: str
    theirs: str | None  # None where nobody else changed anything
    yours: str


@dataclass(frozen=True)
class Conflict:
    """Why nothing was saved, who acted last, and both texts where they differ."""

    sentence: str
    last_act: str
    differences: tuple[Difference, ...]

    @classmethod
    def of(cls, row: Measure | Problem, form: Versioned, *, sentence: str) -> Self:
        """Of a verb on a measure or a problem: what was reported last, beside what was typed."""
        return cls.beside(reported(row, form), form, sentence=sentence)

    @classmethod
    def beside(cls, standing: Standing, form: Versioned, *, sentence: str) -> Self:
        differences = _differences(form, standing.texts)
        if form.cleaned_data["version"] == standing.version:  # refused, but not for being late
            differences = tuple(each._replace(theirs=None) for each in differences)
        return cls(sentence, standing.last_act, differences)

    @classmethod
    def with_row(
        cls,
        form: Versioned,
        standing: Mapping[str, Any],
        *,
        subject: tuple[str, str],
        sentence: str,
    ) -> Self:
        """Of an amendment: the row's standing values by field, beside what was typed. `subject` is
        the kind and the code by which the journal names the row."""
        return cls(sentence, last_amendment(*subject), _differences(form, standing))


def reported(row: Measure | Problem, form: Versioned) -> Standing:
    """Of the texts of the form, what the last report says."""
    latest = _latest_report(row)
    prose = [each.name for each in form.visible_fields() if isinstance(each.field, Prose)]
    texts = {name: getattr(latest, name, "") for name in prose}
    return Standing(row.version, texts, last_act(row))


def again(form: AnyForm, *, version: int) -> AnyForm:
    """The form with everything that was typed, now on the version that stands."""
    typed = QueryDict(mutable=True)
    for name in form.fields:  # not the button: pressed then
        typed.setlist(name, _typed(form, name))
    typed["version"] = str(version)
    return form.anew(typed)


def last_amendment(kind: str, code: str) -> str:
    """Who changed the subject last and when, in a sentence, as the journal has it."""
    of_subject = JournalEntry.objects.filter(subject_kind=kind, subject_code=code)
    entry = (
        of_subject.exclude(verb__in=CHANGES_NOTHING)
        .select_related("by")
        .order_by("-sequence")
        .first()
    )
    if entry is None:
        return ""
    return f"最近一次改动：{entry.by or '系统'}于{_when(entry.at)}保存。"


def words(field: forms.Field, value: Any) -> str:
    """A value of a form as a person reads it: what is chosen by a key under its name."""
    values = value if isinstance(value, list | tuple) else [value]
    values = [each for each in values if each not in (None, "")]
    if isinstance(field, forms.ModelChoiceField):
        keys = [str(getattr(each, "pk", each)) for each in values]
        keys = [key for key in keys if key.isdecimal() and len(key) < 19]
        rows = field.queryset.filter(pk__in=keys) if field.queryset is not None else ()
        return "、".join(str(row) for row in rows)
    if isinstance(field, forms.ChoiceField):
        options: Any = field.choices
        names = {str(key): str(name) for key, name in options}
        return "、".join(names.get(str(each), str(each)) for each in values)
    return "".join(str(each) for each in values)


def _differences(form: Versioned, theirs: Mapping[str, Any]) -> tuple[Difference, ...]:
    texts = (
        Difference(
            str(bound.label),
            words(bound.field, theirs[bound.name]),
            words(bound.field, _typed(form, bound.name)),
        )
        for bound in form.visible_fields()
        if bound.name in theirs
    )
    return tuple(each for each in texts if _plain(each.theirs or "") != _plain(each.yours))


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").strip()


def _typed(form: Versioned, name: str) -> list[str]:
    data, key = form.data, form.add_prefix(name)
    if isinstance(data, QueryDict):
        return [str(each) for each in data.getlist(key)]
    return [str(data[key])] if key in data else []


def _latest_report(row):
    return row.progress.order_by("-pk").first() if isinstance(row, Measure) else None


def last_act(row) -> str:
    event = row.events.select_related("by").order_by("-pk").first()
    kind = "measure" if isinstance(row, Measure) else "problem"
    amended = JournalEntry.objects.filter(
        subject_kind=kind, subject_code=row.subject_code, verb="amend"
    )
    latest = amended.order_by("-sequence").first()
    if latest and (event is None or latest.at > event.at):
        return last_amendment(kind, row.subject_code)
    if event is None:
        return ""
    who = event.by.name if event.by else "系统"
    did = f"{who}于{_when(event.at)}{event.says}"
    return f"最近一次改动：{did}，现在是“{row.get_status_display()}”。"


def _when(moment) -> str:
    when = timezone.localtime(moment)
    return f"{when.month}月{when.day}日 {when:%H:%M}"
