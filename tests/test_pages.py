"""Every list page takes the same number of queries for one row as for three: also the next one.

Which pages these are is read from the addresses, so that a list page without rows here fails.
"""

from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts import journal
from accounts.models import AbsenceKind, Deputy, Role
from rectification import deciding
from rectification.models import (
    AccountabilityAction,
    ContactPoint,
    DispatchRound,
    Evidence,
    EvidenceUse,
    EvidenceVersion,
    InstitutionalOutcome,
    LookBack,
    MeetingPoint,
    RecoveredMoney,
    Rung,
    SupervisionAction,
)
from reports.models import Origin, Publication, Report
from tests.factories import (
    NOON,
    DispatchReturnFactory,
    MeasureFactory,
    MeetingPointFactory,
    MilestoneFactory,
    NoticeFactory,
    UserFactory,
    filed,
    person,
    unit,
)
from tests.rectification.conftest import cast  # noqa: F401  # the people around one measure
from tests.rectification.extending import ask, grant
from tests.rectification.test_lists import grow
from tests.test_consistency import our_urls

LISTS = sorted(name for name, _ in our_urls() if name.endswith("_list"))
ALSO = [
    *("rectification:desk", "rectification:round_detail", "reports:dashboard"),
    *("rectification:round_sheet", "rectification:point_detail"),
    *("rectification:round_report", "rectification:return_all"),
]
OF_A_UNIT = ("rectification:round_report", "rectification:return_all")
ARGUMENTS: dict[str, Any] = {"inspection": "x25", "number": 1}


@pytest.mark.parametrize("name", [*LISTS, *ALSO])
def test_one_row_and_three_take_the_same_number_of_queries(cast, client, name):  # noqa: F811
    client.force_login(viewer(cast, name))
    ARGUMENTS["unit"] = cast.division.pk
    plant(cast, 1)
    client.get(address_of(name))  # what is read once in a process is read
    with_one, queries_for_one = shown(client, name)
    plant(cast, 2)

    with_three, queries_for_three = shown(client, name)

    assert len(with_three) > len(with_one), "the page does not show the rows that were added"
    assert queries_for_three <= queries_for_one


def viewer(cast, name: str):  # noqa: F811
    """The office sees every list but the journal, which is the audit administrator's alone, and
    what a unit reports, which is its liaison's."""
    if name in OF_A_UNIT:
        return cast.liaison
    if name.startswith("accounts:journal"):
        return person(Role.AUDIT_ADMIN, cast.inspection.inspected_unit)
    return cast.office


def plant(cast, count: int) -> None:  # noqa: F811
    """As many further problems, measures, rounds with a line and a point, outcomes, returns and
    published reports."""
    grow(cast, count)
    first = Report.objects.count()
    for number in range(first, first + count):
        outcome = InstitutionalOutcome.objects.create(
            inspection=cast.inspection, title=f"巡查办法{number}", issued_on=date(2025, 6, 30)
        )
        outcome.measures.add(cast.measure)
        happened = {"inspection": cast.inspection, "day": date(2025, 6, 30)}
        AccountabilityAction.objects.create(
            **happened, kind="talk", people=number, problem=cast.problem
        )
        RecoveredMoney.objects.create(**happened, kind="averted", amount=number)
        published(cast, f"report-{number}")
        postponed(cast)
        looked_back(cast)
        deputised(cast)
        supervised(cast)
        piece_of_evidence(cast, number + 1)
        reached(cast, number)
        dispatched(cast)
        act = journal.Act("report", "measure", f"x25/M-{number}", after={"version": number})
        journal.append(act, by=cast.liaison, at=NOON)


def postponed(cast) -> None:  # noqa: F811
    """One extension granted, and one asked for, of a further measure each."""
    for name in ("granted", "asked for"):
        measure = MeasureFactory(
            problem=cast.problem, lead_unit=cast.division, deadline=date(2099, 9, 30)
        )
        asked_for = ask(measure, cast, on=NOON)
        if name == "granted":
            grant(asked_for, cast, on=NOON)


def supervised(cast) -> None:  # noqa: F811
    """One letter proposed, one that was answered, and one more rung of the ladder."""
    first = SupervisionAction.objects.count()
    for number in (first + 1, first + 2):
        letter = SupervisionAction(
            inspection=cast.inspection,
            number=number,
            kind="order",
            unit=cast.division,
            measure=cast.measure,
            title="督办函",
            matter="已超期。",
            demand="请整改。",
            proposed_on=NOON.date(),
        )
        if number == first + 2:
            letter.state, letter.issued_on, letter.digest = "answered", NOON.date(), "0"
            letter.serial, letter.reference = number, f"整督〔2025〕{number}号"
            letter.sender, letter.addressee = "整改办", "河湖管理处"
        letter.save()
    Rung.objects.create(inspection=cast.inspection, days=first, to_head=True)


def deputised(cast) -> None:  # noqa: F811
    """The office appoints one more deputy, and is appointed by one more colleague."""
    colleague = UserFactory(unit=cast.division)
    period: dict[str, Any] = {"from_on": date(2099, 7, 1), "until_on": date(2099, 7, 31)}
    period |= {"why": AbsenceKind.LEAVE, "given_by": cast.office, "at": NOON}
    Deputy.objects.create(principal=cast.office, deputy=colleague, **period)
    Deputy.objects.create(principal=colleague, deputy=cast.office, **period)


def piece_of_evidence(cast, number: int) -> None:  # noqa: F811
    piece = Evidence.objects.create(
        inspection=cast.inspection,
        number=number,
        title="巡查办法",
        kind="document",
        dated_on=date(2025, 6, 30),
        unit=cast.division,
    )
    EvidenceVersion.objects.create(
        evidence=piece, number=1, name="a.pdf", size=1, key=f"{number}", by=cast.office, at=NOON
    )
    EvidenceUse.objects.create(evidence=piece, measure=cast.measure, by=cast.office, at=NOON)


def reached(cast, number: int) -> None:  # noqa: F811
    """One more message to the office, and one more way to it and to the division."""
    NoticeFactory(recipient=cast.office, inspection=cast.inspection)
    for owner in ({"user": cast.office}, {"unit": cast.division}):
        address = f"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={number}"
        ContactPoint.objects.create(**owner, channel="wecom", address=address, created_at=NOON)


def published(cast, slug: str) -> None:  # noqa: F811
    report = Report.objects.create(
        inspection=cast.inspection,
        slug=slug,
        title=slug,
        origin=Origin.COMPOSED,
        created_at=NOON,
        created_by=cast.office,
    )
    Publication.objects.create(
        report=report,
        number=1,
        draft_version=1,
        title=slug,
        article="<article></article>",
        figures=[],
        published_at=NOON,
        published_by=cast.office,
    )


def dispatched(cast) -> None:  # noqa: F811
    """One more line of each round, and of the first one more point and one more answer."""
    measure = MeasureFactory(problem=cast.problem, lead_unit=unit(parent=cast.division))
    MilestoneFactory(measure=measure)
    for round in DispatchRound.objects.filter(inspection=cast.inspection):
        line = DispatchReturnFactory(round=round, measure=measure)
        filed(line, by=cast.liaison, difficulty="经费未到位")
    round = DispatchRound.objects.filter(inspection=cast.inspection).earliest("number")
    MeetingPointFactory(round=round, measure=measure, unit=cast.division, by=cast.office)
    first = MeetingPoint.objects.get(inspection=cast.inspection, number=1)
    said = {"text": "已列入预算。", "by": cast.liaison, "at": NOON, "version": first.version}
    deciding.answer(first, **said)


def looked_back(cast) -> None:  # noqa: F811
    LookBack.objects.create(
        inspection=cast.inspection,
        number=LookBack.objects.count() + 1,
        name="三季度",
        scope="all",
        population_size=1,
        population_digest="0",
        sample_size=1,
        seed="0",
        by=cast.office,
        at=NOON,
        on=NOON.date(),
    )


def address_of(name: str) -> str:
    (pattern,) = [pattern for each, pattern in our_urls() if each == name]
    return reverse(name, kwargs={key: ARGUMENTS[key] for key in pattern.pattern.converters})


def shown(client, name: str) -> tuple[bytes, int]:
    """The page, and how many queries it took."""
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(address_of(name))
    assert answer.status_code == 200
    return answer.content, len(queries)
