"""Where the list behind a number is found."""

from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from django.urls import reverse

from accounts.models import Unit
from reports.figures import Figure


@dataclass(frozen=True)
class Links:
    """Addresses for one inspection and day.

    Of today, a number opens the working list with its filters; of a day in the past, or where that
    list has no such filter, the rows as they stood.
    """

    code: str
    on: date
    today: date

    def dashboard(self, on: date | None = None) -> str:
        return self._at("reports:dashboard", on or self.on)

    def measures(self, figure: Figure, unit: Unit | None = None) -> str:
        of_unit = _of(unit)
        if self.on == self.today and figure.query is not None:
            return self._list("rectification:measure_list", figure.query, of_unit)
        return self._at("reports:measure_figure", self.on, figure.key, **of_unit)

    def problems(self, figure: Figure) -> str:
        if self.on == self.today and figure.query is not None:
            return self._list("rectification:problem_list", figure.query, {})
        return self._at("reports:problem_figure", self.on, figure.key)

    def outcomes(self) -> str:
        return self._at("reports:outcome_list", self.on)

    def returns(self, unit: Unit | None = None) -> str:
        return self._at("reports:return_list", self.on, **_of(unit))

    def extensions(self, unit: Unit | None = None) -> str:
        return self._at("reports:extension_list", self.on, **_of(unit))

    def register(self, name: str) -> str:
        """The register as it stands: it shows each row with its day."""
        return reverse(f"rectification:{name}_list", args=[self.code])

    def _list(self, view: str, query: str, more: dict[str, str]) -> str:
        whole = "&".join(part for part in (query, urlencode(more)) if part)
        return reverse(view, args=[self.code]) + (f"?{whole}" if whole else "")

    def _at(self, view: str, on: date, *args: str, **query: str) -> str:
        if on != self.today:
            query = {"on": on.isoformat(), **query}
        return reverse(view, args=[self.code, *args]) + (f"?{urlencode(query)}" if query else "")


def _of(unit: Unit | None) -> dict[str, str]:
    return {} if unit is None else {"unit": str(unit.pk)}
