"""A published report becomes rows; what is refused leaves nothing behind."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from decimal import Decimal
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from accounts import journal
from accounts.models import JournalEntry, Role, RoleAssignment, Unit
from rectification.models import Inspection, Measure, Problem, ProblemEvent
from rectification.states import ProblemStatus
from reports.document import Document
from reports.models import NextStep, Origin, PublishedItem, Report, ReportSection
from reports.reading import read_text
from reports.recording import Place, RecordingRefused, record, unit_name
from tests.factories import (
    NOON,
    InspectionFactory,
    ProblemFactory,
    bureau,
    person,
)

pytestmark = pytest.mark.django_db

TEXT = """中共云州市水务局党组关于巡察整改进展情况的通报
信息来源：云州市水务局
根据市委统一部署，市委第三巡察组于2024年8月5日至10月11日对云州市水务局党组开展了巡察，\
并于2025年1月20日进行了反馈。现将整改情况予以公布。
一、整改工作组织情况
（一）加强领导。
局党组召开专题会议，针对巡察反馈的3个问题制定了7条整改措施。截至7月，5条整改措施已完成，总进度71.4%。
二、整改落实情况
（一）集中整改期内已完成的事项
1.关于“河湖岸线巡查不到位”问题的整改。
一是修订巡查办法。二是补齐巡查人员。
（二）持续推进的事项
2.关于“水费收缴台账不清”问题的整改。
一是逐户核对欠费。二是建立电子台账。下一步，每季度开展一次抽查。
3.关于“老旧闸门长期带病运行”问题的整改。
一是完成12座闸门的安全鉴定。
三、下一步整改工作打算
（一）持续抓好整改。
坚持问题不解决不松劲。
联系电话：0000-1234567。
中共云州市水务局党组
2025年8月20日
"""


def reading():
    return read_text(TEXT).document


def recorded(document: Document | None = None, **fields: Any) -> Report:
    given: dict[str, Any] = {
        "slug": "shuiwu",
        "source_name": "通报.txt",
        "place": Place(),
        "by": None,
        "at": NOON,
    }
    return record(document or reading(), **(given | fields))


def nothing_was_written() -> bool:
    tables = (Report, ReportSection, PublishedItem, Problem, ProblemEvent, Inspection, JournalEntry)
    return not any(table.objects.exists() for table in tables)


# What comes in ----------------------------------------------------------------------------------


def test_a_report_becomes_an_inspection_with_its_problems_items_and_next_steps():
    report = recorded()

    inspection = report.inspection
    assert (inspection.code, inspection.feedback_date) == ("shuiwu", date(2025, 1, 20))
    assert (inspection.on_site_from, inspection.on_site_to) == (
        date(2024, 8, 5),
        date(2024, 10, 11),
    )
    assert (inspection.level, inspection.inspected_unit.name) == ("city", "云州市水务局")
    codes = list(inspection.problems.order_by("code").values_list("code", "wording"))
    assert codes == [
        ("P-001", "河湖岸线巡查不到位"),
        ("P-002", "水费收缴台账不清"),
        ("P-003", "老旧闸门长期带病运行"),
    ]
    assert report.origin == Origin.IMPORTED
    assert [item.text for item in PublishedItem.objects.filter(section__problem__code="P-002")] == [
        "逐户核对欠费。",
        "建立电子台账。",
    ]
    assert NextStep.objects.get().text == "下一步，每季度开展一次抽查。"
    assert {f.key: f.value for f in report.stated_figures.all()} == {
        "problems": 3,
        "measures": 7,
        "measures_done": 5,
        "rate": Decimal("71.4"),
    }


def test_what_the_report_calls_finished_was_closed_before_this_system_by_the_report():
    recorded()

    first, second = Problem.objects.order_by("code")[:2]
    assert (first.status, first.closed_on) == (ProblemStatus.CLOSED, date(2025, 7, 31))
    assert first.closed_source == "报告《中共云州市水务局党组关于巡察整改进展情况的通报》"
    assert (second.status, second.closed_on, second.closed_source) == ("under_way", None, "")
    events = list(first.events.order_by("on").values_list("verb", "to_status", "on"))
    assert events == [
        ("plan", "under_way", date(2025, 1, 20)),
        ("close", "closed", date(2025, 7, 31)),
    ]


def test_items_never_become_measures():
    recorded()

    assert PublishedItem.objects.count() == 5
    assert not Measure.objects.exists()


def test_without_an_as_of_day_a_finished_problem_has_a_source_and_no_day():
    recorded(replace(reading(), as_of=None))

    problem = Problem.objects.get(code="P-001")
    assert (problem.status, problem.closed_on) == (ProblemStatus.CLOSED, None)
    assert problem.events.get(verb="close").on == date(2025, 7, 31)  # the day of recording


@pytest.mark.parametrize("as_of", [date(2099, 12, 31), date(2024, 7, 31)])
def test_an_impossible_as_of_day_is_not_taken_for_the_day_of_closing(as_of):
    recorded(replace(reading(), as_of=as_of))

    closing = ProblemEvent.objects.get(verb="close")
    assert closing.on == date(2025, 7, 31)
    assert Report.objects.get().as_of == as_of


def test_the_journal_tells_of_the_report_and_of_each_problem():
    office = person(Role.OFFICE, bureau())
    recorded(by=office)

    kinds = list(JournalEntry.objects.values_list("subject_kind", "subject_code"))
    assert kinds == [
        ("inspection", "shuiwu"),
        ("problem", "shuiwu/P-001"),
        ("problem", "shuiwu/P-002"),
        ("problem", "shuiwu/P-003"),
        ("report", "shuiwu/shuiwu"),
    ]
    assert set(JournalEntry.objects.values_list("by", flat=True)) == {office.pk}
    assert journal.first_fault() is None


# Whose it is ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stated", "name"),
    [
        ("云州市水务局党组", "云州市水务局"),
        ("中共云州市水务局党组", "云州市水务局"),
        ("云州市供水集团党委", "云州市供水集团"),
        ("云州市水务局", "云州市水务局"),
        ("党组", "党组"),
    ],
)
def test_the_unit_is_the_organisation_of_the_party_group(stated, name):
    assert unit_name(Document(sections=(), inspected_unit=stated)) == name


def test_a_unit_of_that_name_is_used_again():
    unit = bureau()

    assert recorded().inspection.inspected_unit == unit
    assert Unit.objects.count() == 1


def test_whoever_imports_for_a_new_bureau_becomes_its_office_and_sees_it():
    office = person(Role.OFFICE, bureau("云州市教育局"))
    report = recorded(by=office)

    planted = report.inspection.inspected_unit
    assert (planted.name, planted.parent, planted.kind) == ("云州市水务局", None, "bureau")
    assert RoleAssignment.objects.filter(user=office, role=Role.OFFICE, unit=planted).exists()
    assert JournalEntry.objects.filter(verb="assign", subject_code=str(office.pk)).exists()
    assert Inspection.objects.visible_within(
        RoleAssignment.objects.filter(user=office).values_list("unit__path", flat=True)
    ).get()


def test_the_report_can_be_attached_to_the_own_bureau_under_another_name():
    own = bureau("云州市水务局（河长办）")
    office = person(Role.OFFICE, own)

    report = recorded(by=office, place=Place(unit=own))

    assert report.inspection.inspected_unit == own
    assert report.inspected_unit == "云州市水务局党组"
    assert Unit.objects.count() == 1


def test_nobody_imports_into_a_bureau_that_is_not_theirs():
    bureau("云州市水务局")
    foreign = person(Role.OFFICE, bureau("云州市教育局"))

    with pytest.raises(RecordingRefused, match="您不是“云州市水务局”的整改办"):
        recorded(by=foreign)
    assert nothing_was_written()


@pytest.mark.parametrize("role", [Role.LIAISON, Role.SUPERVISOR, Role.SYSTEM_ADMIN])
def test_only_the_rectification_office_imports(role):
    with pytest.raises(RecordingRefused, match="只有整改办"):
        recorded(by=person(role, bureau()))
    assert nothing_was_written()


def test_an_inspection_without_problems_can_be_filled():
    inspection = InspectionFactory(code="x25")

    report = recorded(place=Place(inspection=inspection))

    assert report.inspection == inspection
    assert inspection.problems.count() == 3


def test_an_inspection_with_problems_is_not_filled_again():
    inspection = ProblemFactory().inspection

    with pytest.raises(RecordingRefused, match="已经登记了问题"):
        recorded(place=Place(inspection=inspection))
    assert not Report.objects.exists()
    assert inspection.problems.count() == 1


# What is refused --------------------------------------------------------------------------------


def test_the_same_text_does_not_come_in_twice():
    recorded()

    with pytest.raises(RecordingRefused, match="已经导入过（网址名“shuiwu”）"):
        recorded(slug="again")
    assert Report.objects.count() == 1


def test_a_slug_that_is_taken_is_refused():
    recorded()

    with pytest.raises(RecordingRefused, match="网址名“shuiwu”已有报告使用"):
        recorded(replace(reading(), tail="\n\n"))
    assert Report.objects.count() == 1


def test_the_code_of_another_inspection_is_refused():
    InspectionFactory(code="shuiwu")

    with pytest.raises(RecordingRefused, match="代号“shuiwu”已有巡察使用"):
        recorded()
    assert not Report.objects.exists()


@pytest.mark.parametrize("slug", ["", "水务", "Shuiwu", "a b", "a/b", "x\n", "x" * 31])
def test_a_slug_is_small_letters_digits_and_hyphens(slug):
    with pytest.raises(RecordingRefused, match="网址名要用"):
        recorded(slug=slug)
    assert nothing_was_written()


def test_a_slug_that_is_an_address_beside_the_drafts_is_refused():
    with pytest.raises(RecordingRefused, match="不能用“new”"):
        recorded(slug="new")
    assert nothing_was_written()


def test_a_report_without_a_day_of_feedback_is_refused_until_somebody_says_it():
    document = replace(reading(), feedback_date=None)

    with pytest.raises(RecordingRefused, match="没有写明反馈日期"):
        recorded(document)
    assert nothing_was_written()

    report = recorded(document, place=Place(feedback_date=date(2025, 1, 21)))
    assert report.inspection.feedback_date == date(2025, 1, 21)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"inspected_unit": ""}, "没有写明被巡察单位"),
        ({"inspected_unit": "局" * 101}, "单位名称"),
        ({"inspecting_body": "组" * 101}, "巡察组"),
        ({"title": "报" * 201}, "标题"),
        ({"feedback_date": date(2025, 8, 1)}, "晚于今天"),
        ({"on_site_from": date(2024, 12, 1)}, "进驻结束不能早于进驻开始"),
        ({"feedback_date": date(2024, 9, 1)}, "反馈日期不能早于进驻结束"),
        ({"sections": ()}, "没有读到任何反馈问题"),
    ],
)
def test_what_the_ledger_cannot_hold_is_refused_with_a_sentence_and_nothing_is_left(
    changes, sentence
):
    with pytest.raises(RecordingRefused, match=sentence):
        recorded(replace(reading(), **changes))
    assert nothing_was_written()
    assert not Unit.objects.exists()


def test_a_failure_in_the_middle_leaves_nothing(monkeypatch):
    def broken(*args, **kwargs):
        raise OSError("disk full")

    monkeypatch.setattr(journal, "append_all", broken)

    with pytest.raises(OSError, match="disk full"):
        recorded()
    assert nothing_was_written()


@pytest.mark.django_db(transaction=True)
def test_of_two_imports_at_once_one_is_told_that_it_came_second():
    document, both_ready = reading(), Barrier(2)

    def attempt(slug: str) -> str:
        both_ready.wait(timeout=20)
        try:
            return recorded(document, slug=slug).slug
        except RecordingRefused as refusal:
            return str(refusal)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        told = sorted(pool.map(attempt, ["first", "second"]))

    assert Report.objects.count() == Inspection.objects.count() == 1
    assert Problem.objects.count() == 3
    assert told[0] in ("first", "second")
    assert "导入" in told[1]
    assert journal.first_fault() is None
