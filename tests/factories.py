"""Rows for tests. Each factory makes one valid row; what a test is about, the test says itself."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import factory
from django.utils import timezone

from accounts.models import Role, RoleAssignment, Unit, UnitKind, User
from rectification import returning
from rectification.models import (
    DispatchReturn,
    DispatchRound,
    FindingArea,
    Inspection,
    Measure,
    MeasureEvent,
    MeetingPoint,
    Milestone,
    Notice,
    NoticeKind,
    Problem,
    ProblemEvent,
    ProgressEntry,
    ReviewStage,
    digest_of,
    message_id_of,
)
from rectification.states import NoticeState, Precision, ReturnState

SHANGHAI = ZoneInfo("Asia/Shanghai")
PLANNED = date(2025, 2, 10)
NOON = datetime(2025, 7, 31, 12, tzinfo=SHANGHAI)


def unit(name: str = "", *, parent: Unit | None = None, kind: str = UnitKind.DIVISION) -> Unit:
    return Unit.objects.plant(
        name=name or f"单位{Unit.objects.count() + 1}", parent=parent, kind=kind
    )


def bureau(name: str = "云州市水务局") -> Unit:
    """The bureau of that name, made where it is not yet there."""
    return Unit.objects.filter(name=name).first() or unit(name, kind=UnitKind.BUREAU)


class UserFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = User

    username = factory.Sequence("user{}".format)
    name = factory.Sequence("人员{}".format)


def person(role: Role | str, at: Unit, **fields: str) -> User:
    """Somebody who holds the role for the unit and works there."""
    user = UserFactory(unit=at, **fields)
    RoleAssignment.objects.create(user=user, role=role, unit=at, started_on=PLANNED)
    return user


class InspectionFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Inspection

    code = factory.Sequence("x-{}".format)
    name = factory.Sequence("市委第三巡察组 2025年反馈{}".format)
    inspecting_body = "市委第三巡察组"
    inspected_unit = factory.LazyFunction(bureau)
    feedback_date = date(2025, 1, 20)
    # Four weeks on: 17 February 2025, where nobody says otherwise.
    dispatch_anchor = factory.LazyAttribute(lambda row: row.feedback_date + timedelta(days=28))


class FindingAreaFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = FindingArea

    inspection = factory.SubFactory(InspectionFactory)
    order = factory.Sequence(int)
    name = factory.Sequence("反馈方面{}".format)


class ProblemFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Problem
        skip_postgeneration_save = True

    inspection = factory.SubFactory(InspectionFactory)
    code = factory.Sequence("P-{:03}".format)
    wording = "河湖岸线管护责任没有压实。"

    @factory.post_generation
    def planned(self, create, extracted, **kwargs):
        at = timezone.make_aware(datetime(2025, 2, 10, 9))  # noqa: DTZ001  # made aware here
        ProblemEvent.objects.create(
            problem=self, verb="plan", to_status=self.status, on=PLANNED, at=at
        )


class MeasureFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Measure
        skip_postgeneration_save = True

    problem = factory.SubFactory(ProblemFactory)
    inspection = factory.SelfAttribute("problem.inspection")
    code = factory.Sequence("M-001-{}".format)
    text = "修订河湖巡查制度，明确每周巡查频次。"
    lead_unit = factory.LazyAttribute(lambda row: unit(parent=row.inspection.inspected_unit))
    deadline = date(2025, 9, 30)
    original_deadline = factory.SelfAttribute("deadline")
    original_precision = factory.SelfAttribute("precision")
    precision = Precision.MONTH

    @factory.post_generation
    def planned(self, create, extracted, **kwargs):
        at = timezone.make_aware(datetime(2025, 2, 10, 9))  # noqa: DTZ001  # made aware here
        day = self.closed_on or PLANNED
        MeasureEvent.objects.create(measure=self, verb="plan", to_status=self.status, on=day, at=at)


class MilestoneFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Milestone

    measure = factory.SubFactory(MeasureFactory)
    text = "完成制度初稿"
    due_on = date(2025, 5, 31)
    share = 50


class DispatchRoundFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = DispatchRound

    inspection = factory.SubFactory(InspectionFactory)
    number = factory.Sequence(lambda n: n + 1)
    due_on = date(2025, 7, 21)
    meeting_on = date(2025, 7, 21)
    opened_at = NOON


class DispatchReturnFactory(factory.django.DjangoModelFactory):
    """A line of a round that nobody has reported on yet; `filed` makes one with its report."""

    class Meta:
        model = DispatchReturn

    round = factory.SubFactory(DispatchRoundFactory)
    measure = factory.SubFactory(MeasureFactory)
    unit = factory.SelfAttribute("measure.lead_unit")
    leads = True


def filed(
    line: DispatchReturn,
    text: str = "完成巡查一次。",
    *,
    by: User,
    at: datetime = NOON,
    **said: Any,
) -> DispatchReturn:
    """The line with its report; `said` are fields of the entry."""
    line.entry = ProgressEntry.objects.create(
        measure=line.measure,
        round=line.round,
        unit=line.unit,
        text=text,
        by=by,
        reported_on=at.date(),
        at=at,
        measure_version=1,
        **said,
    )
    line.state, line.filed_at = ReturnState.FILED, at
    line.save()
    return line


class MeetingPointFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = MeetingPoint

    round = factory.SubFactory(DispatchRoundFactory)
    inspection = factory.SelfAttribute("round.inspection")
    number = factory.LazyAttribute(lambda row: row.inspection.points.count() + 1)
    unit = factory.LazyAttribute(lambda row: unit(parent=row.inspection.inspected_unit))
    text = "请会同财务处落实巡查经费。"
    by = factory.SubFactory(UserFactory)
    at = NOON


def round_with_lines(inspection: Inspection, **fields: Any) -> DispatchRound:
    """A round, with its line for all that is open now."""
    round: DispatchRound = DispatchRoundFactory(inspection=inspection, **fields)
    returning.expect(round, at=NOON)
    return round


class NoticeFactory(factory.django.DjangoModelFactory):
    """A message inside the system; another channel needs a state and an address."""

    class Meta:
        model = Notice

    kind = NoticeKind.ROUND_OPENED
    topic = "round/x/1"
    key = factory.Sequence("round/x/1/{}".format)
    message_id = factory.LazyAttribute(lambda row: message_id_of(row.key))
    subject = "开始报送"
    body = "请报送"
    digest = factory.LazyAttribute(lambda row: digest_of(row.subject, row.body, ""))
    state = NoticeState.SENT
    not_before = created_at = outcome_at = NOON


def stages(inspection: Inspection) -> None:
    """The two stages that most bureaus have."""
    ReviewStage.objects.set_up(inspection)
