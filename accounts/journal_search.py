"""Which entries of the journal an address selects, and how each is shown and exported."""

import csv
import io
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts import words
from accounts.listing import Filters
from accounts.models import JournalEntry

FORMULA = "=+-@"  # with their full-width twins; a tab or a return before one hides it
HEADINGS = (
    *("序号", "时间", "操作人", "登录名", "代何人", "动作", "对象", "编号", "理由", "变化"),
    *("前一条校验码", "校验码"),
)


def _day(label: str) -> forms.DateField:
    within = [MinValueValidator(date(1970, 1, 1)), MaxValueValidator(date(2999, 12, 31))]
    return forms.DateField(
        label=label, widget=forms.DateInput({"type": "date"}), validators=within
    )  # a day beyond has no midnight in every zone


def _choices(table: Mapping[str, str]) -> list[tuple[str, str]]:
    return [("", "全部"), *table.items()]


class JournalFilters(Filters):
    q = forms.CharField(
        label="理由", max_length=100, widget=forms.SearchInput({"placeholder": "理由中的文字"})
    )
    since = _day("从")
    until = _day("到")
    person = forms.CharField(label="人员", max_length=50)
    verb = forms.ChoiceField(label="动作", choices=_choices(words.VERBS))
    kind = forms.ChoiceField(label="对象", choices=_choices(words.KINDS))
    code = forms.CharField(label="编号", max_length=120)


@dataclass(frozen=True)
class Line:
    """One entry as people read it. `changes` are (field, before, after); long texts are lengths."""

    entry: JournalEntry

    @property
    def who(self) -> str:
        return self.entry.by.name if self.entry.by else "系统"

    @property
    def behalf(self) -> str:
        return self.entry.on_behalf_of.name if self.entry.on_behalf_of else ""

    @property
    def verb(self) -> str:
        return words.verb_in_words(self.entry.verb, self.entry.subject_kind)

    @property
    def kind(self) -> str:
        return words.kind_in_words(self.entry.subject_kind)

    @property
    def changes(self) -> list[tuple[str, str, str]]:
        return words.changes_in_words(self.entry.subject_kind, self.entry.before, self.entry.after)


def entries(kept: Mapping[str, str]) -> QuerySet[JournalEntry]:
    """The entries that all filters let through, newest first."""
    rows = JournalEntry.objects.select_related("by", "on_behalf_of").order_by("-sequence")
    if "since" in kept:
        rows = rows.filter(at__gte=_midnight(date.fromisoformat(kept["since"])))
    if "until" in kept:
        rows = rows.filter(at__lt=_midnight(date.fromisoformat(kept["until"]) + timedelta(1)))
    if "q" in kept:
        rows = rows.filter(why__icontains=kept["q"])
    if "person" in kept:
        rows = rows.filter(_who(kept["person"]))
    if "code" in kept:
        rows = rows.filter(subject_code__icontains=kept["code"])
    columns = {"verb": "verb", "kind": "subject_kind"}
    return rows.filter(**{columns[name]: kept[name] for name in columns.keys() & kept.keys()})


def as_csv(rows: Iterable[JournalEntry]) -> Iterator[str]:
    """The entries as lines of CSV that a spreadsheet opens as text, with its mark of UTF-8."""
    yield "\ufeff" + _csv_line(HEADINGS)
    for entry in rows:
        line = Line(entry)
        yield _csv_line(
            (
                str(entry.sequence),
                timezone.localtime(entry.at).isoformat(sep=" ", timespec="seconds"),
                line.who,
                entry.by.username if entry.by else "",
                line.behalf,
                line.verb,
                line.kind,
                entry.subject_code,
                entry.why,
                "；".join(f"{name}：{old} → {new}" for name, old, new in line.changes),
                entry.previous_hash,
                entry.hash,
            )
        )


def escaped(cell: str) -> str:
    """The cell as text: one that a spreadsheet would compute begins with an apostrophe."""
    first = unicodedata.normalize("NFKC", cell.lstrip()[:1])
    return f"'{cell}" if cell[:1] in {"\t", "\r", "\n"} or first in tuple(FORMULA) else cell


def _csv_line(cells: Iterable[str]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerow([escaped(cell) for cell in cells])
    return buffer.getvalue()


def _who(name: str) -> Q:
    """The person who acted, or in whose name; 系统 is nobody."""
    found = Q(by__username=name)
    for column in ("by", "on_behalf_of"):
        found |= Q(**{f"{column}__name__icontains": name})
    return found | Q(by=None) if name == "系统" else found


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
