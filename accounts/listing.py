"""A list page: its filters, also as links that keep the others, its tabs, and its pages."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Self
from urllib.parse import urlencode

from django import forms
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

PAGE_ROWS = 50
Choices = Iterable[tuple[str, str]]


def choice(label: str, choices: Choices = (), **rest: Any) -> forms.ChoiceField:
    """A filter by one of these, or by none."""
    return forms.ChoiceField(label=label, choices=[("", "全部"), *choices], **rest)


class Filters(forms.Form):
    """Search and filters of a list, all optional. What cannot be read is left out and named.

    Build with `read`; `kept` are the values that narrow the list, as they stand in the address.
    """

    kept: Mapping[str, str]
    ignored: Sequence[str]

    q = forms.CharField(
        label="搜索", max_length=100, widget=forms.SearchInput({"placeholder": "编号或文字"})
    )

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        choices: Mapping[str, Choices] | None = None,
    ) -> None:
        super().__init__(data, use_required_attribute=False, auto_id="filter-%s")
        for field in self.fields.values():
            field.required = False
        for name, options in (choices or {}).items():
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = [("", "全部"), *options]

    @classmethod
    def read(cls, data: Mapping[str, Any], *, choices: Mapping[str, Choices]) -> Self:
        """The filters of an address, with only the values that could be read."""
        asked = {name: str(data.get(name, ""))[:200] for name in cls.base_fields}
        probe = cls(asked, choices=choices)
        probe.full_clean()
        kept = {
            name: str(probe.cleaned_data[name])
            for name in probe.fields
            if probe.cleaned_data.get(name)
        }
        form = cls(kept, choices=choices)
        form.full_clean()
        form.kept = kept
        form.ignored = tuple(str(probe.fields[name].label) for name in probe.errors)
        return form

    def label_of(self, name: str) -> str:
        """What a chip says of a filter that is on: 牵头单位：滨江分局."""
        field, value = self.fields[name], self.kept[name]
        if isinstance(field, forms.ChoiceField):
            options: Any = field.choices
            value = {str(key): str(name) for key, name in options}.get(value, value)
        return f"{field.label}：{value}"


class Chip(NamedTuple):
    """A filter that is on, and the list without it."""

    label: str
    url: str


class Tab(NamedTuple):
    label: str
    url: str
    number: int | None
    is_current: bool


class PageLink(NamedTuple):
    label: str
    url: str
    is_current: bool


@dataclass(frozen=True)
class Listing:
    """One page of a list, with every link around it. `url` is the list with nothing on."""

    url: str
    form: Filters
    page: Page[Any]

    @property
    def rows(self) -> list[Any]:
        return list(self.page.object_list)

    @property
    def clear_url(self) -> str:
        return self.url if self.form.kept else ""

    @property
    def chips(self) -> list[Chip]:
        return [Chip(self.form.label_of(name), self._link({name: ""})) for name in self.form.kept]

    @property
    def ignored(self) -> str:
        """The filters of the address that could not be read, in a sentence; empty for none."""
        names = "、".join(self.form.ignored)
        return f"筛选条件“{names}”无法识别，已忽略。" if names else ""

    @property
    def summary(self) -> str:
        count = self.page.paginator.count
        if self.page.paginator.num_pages == 1:
            return f"共 {count} 条"
        return f"第 {self.page.start_index()}–{self.page.end_index()} 条，共 {count} 条"

    @property
    def address(self) -> str:
        """This page of the list."""
        return self._page(self.page.number)

    @property
    def previous_url(self) -> str:
        return self._page(self.page.previous_page_number()) if self.page.has_previous() else ""

    @property
    def next_url(self) -> str:
        return self._page(self.page.next_page_number()) if self.page.has_next() else ""

    @property
    def pages(self) -> list[PageLink]:
        here = self.page.number
        numbers = self.page.paginator.get_elided_page_range(here, on_each_side=2, on_ends=1)
        return [
            PageLink(
                str(number), self._page(number) if isinstance(number, int) else "", number == here
            )
            for number in numbers
        ]

    def tab(
        self, label: str, count: int | None, *, sets: Mapping[str, str], of: Iterable[str]
    ) -> Tab:
        """The list with these values for the filters `of`, all others as they are."""
        cleared = dict.fromkeys(of, "")
        now = {name: self.form.kept[name] for name in cleared if name in self.form.kept}
        return Tab(label, self._link({**cleared, **sets}), count, now == sets)

    def _page(self, number: int) -> str:
        return self._link({"page": str(number)} if number > 1 else {})

    def _link(self, changes: Mapping[str, str]) -> str:
        values = {name: value for name, value in {**self.form.kept, **changes}.items() if value}
        return f"{self.url}?{urlencode(values)}" if values else self.url


def listing(request: HttpRequest, rows: QuerySet[Any], *, url: str, form: Filters) -> Listing:
    """The page that the address asks for: the first for nonsense, the last for too far."""
    page = Paginator(rows, PAGE_ROWS).get_page(request.GET.get("page"))
    return Listing(url=url, form=form, page=page)


def answer(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    """The list page, or for htmx its results, under the address without the empty filters."""
    page = render(request, part(request, template, "results"), context)
    page.headers["HX-Push-Url"] = context["listing"].address
    return page


def part(request: HttpRequest, template: str, name: str) -> str:
    """The template, or for htmx the named part of it."""
    return f"{template}#{name}" if request.headers.get("HX-Request") == "true" else template
