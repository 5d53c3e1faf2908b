"""A list page: its filters as links that keep the others, its tabs, and its pages."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from accounts.models import User
from rectification import permissions
from rectification.forms import Filters
from rectification.models import Inspection, Measure, Problem

PAGE_ROWS = 50


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
    page: Page

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


def listing(request: HttpRequest, rows: QuerySet, *, url: str, form: Filters) -> Listing:
    """The page that the address asks for: the first for nonsense, the last for too far."""
    page = Paginator(rows, PAGE_ROWS).get_page(request.GET.get("page"))
    return Listing(url=url, form=form, page=page)


def answer(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    """The list page, or for htmx its results, under the address without the empty filters."""
    page = render(request, part(request, template, "results"), context)
    page.headers["HX-Push-Url"] = context["listing"].address
    return page


def import_url(user: User, inspection: Inspection) -> str:
    """Where an empty list leads on: the import of the ledger, for whoever may; else empty."""
    if not permissions.may_run(user, inspection):
        return ""
    return reverse("rectification:ledger_import", args=[inspection.code])


def amend_url(user: User, row: Measure | Problem, *, kind: str) -> str:
    """Where the content of a measure or a problem is amended, for whoever may; else empty."""
    if not permissions.may_run(user, row.inspection):
        return ""
    return reverse(f"rectification:{kind}_amend", args=[row.inspection.code, row.code])


def part(request: HttpRequest, template: str, name: str) -> str:
    """The template, or for htmx the named part of it."""
    return f"{template}#{name}" if request.headers.get("HX-Request") == "true" else template
