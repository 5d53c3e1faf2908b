"""The cast of the daily work: one bureau, two divisions, and the people around one measure."""

from dataclasses import dataclass

import pytest

from accounts.models import Role, Unit, User
from rectification import dispatching
from rectification.models import DispatchRound, Inspection, Measure, Problem
from tests.factories import (
    InspectionFactory,
    MeasureFactory,
    ProblemFactory,
    bureau,
    person,
    stages,
    unit,
)
from tests.rectification.rounds import ANCHOR


@dataclass(frozen=True)
class Cast:
    inspection: Inspection
    division: Unit  # leads the measure
    elsewhere: Unit  # has no part in it
    problem: Problem
    measure: Measure
    liaison: User
    head: User
    office: User
    executive: User
    supervisor: User
    stranger: User  # the liaison of `elsewhere`

    @property
    def base(self) -> str:
        return f"/i/{self.inspection.code}/"

    @property
    def page(self) -> str:
        return f"{self.base}measures/{self.measure.code}/"


@pytest.fixture
def cast(db) -> Cast:
    root = bureau()
    inspection = InspectionFactory(code="x25", inspected_unit=root)
    stages(inspection)
    division = unit("河湖管理处", parent=root)
    elsewhere = unit("滨江分局", parent=root)
    problem = ProblemFactory(inspection=inspection, code="P-900", lead_unit=division)
    measure = MeasureFactory(problem=problem, code="M-900-1", lead_unit=division)
    return Cast(
        inspection=inspection,
        division=division,
        elsewhere=elsewhere,
        problem=problem,
        measure=measure,
        liaison=person(Role.LIAISON, division, name="填报员甲"),
        head=person(Role.UNIT_HEAD, division, name="处长乙"),
        office=person(Role.OFFICE, root, name="整改办丙"),
        executive=person(Role.EXECUTIVE, root, name="分管领导丁"),
        supervisor=person(Role.SUPERVISOR, root, name="监督员戊"),
        stranger=person(Role.LIAISON, elsewhere, name="填报员己"),
    )


@pytest.fixture
def opened(cast: Cast) -> DispatchRound:
    """A round that opened over the cast's measure."""
    (found,) = dispatching.open_due(at=ANCHOR)
    return found.round
