"""The plan comes in from a workbook and goes out again."""

import io
from datetime import date

import openpyxl
import pytest

from accounts.journal import first_fault
from accounts.models import JournalEntry, Role
from rectification.ledger import applying, exporting, parsing, spreadsheet
from rectification.models import Measure, Problem
from rectification.states import Precision, TimeKind
from tests import factories

HEADER = [
    "问题编号",
    "反馈问题",
    "整改措施",
    "牵头单位",
    "配合单位",
    "整改时限",
    "整改目标",
    "责任人",
]
ROW = [
    "P-001",
    "河长制巡查不到位。",
    "修订巡查制度。",
    "河湖处",
    "监测站、财务处",
    "2025年6月底前",
    "每周一巡",
    "/",
]

pytestmark = pytest.mark.django_db


@pytest.fixture
def office():
    inspection = factories.InspectionFactory(code="x25")
    bureau = inspection.inspected_unit
    for name in ("河湖处", "财务处", "监测站"):
        factories.unit(name, parent=bureau)
    user = factories.person(Role.OFFICE, factories.unit("整改办", parent=bureau))
    return inspection, user


def workbook(*rows, header=HEADER, above=()):
    book = openpyxl.Workbook()
    for row in (*above, header, *rows):
        book.active.append(list(row))
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def plan(content, office, name="台账.xlsx"):
    inspection, user = office
    return applying.plan(content, name=name, inspection=inspection, by=user, at=factories.NOON)


def take_over(content, office, name="台账.xlsx", digest=None):
    inspection, user = office
    digest = digest or plan(content, office, name).digest
    return applying.apply(
        content, name=name, inspection=inspection, digest=digest, by=user, at=factories.NOON
    )


def exported(inspection):
    return exporting.export(
        inspection,
        measures=Measure.objects.all(),
        problems=Problem.objects.all(),
        on=date(2025, 7, 31),
    )


def test_a_plan_writes_nothing(office):
    made = plan(workbook(ROW), office)

    assert [(row.kind, row.line, row.code) for row in made.rows] == [("new", 2, "M-001-1")]
    assert (Problem.objects.count(), Measure.objects.count()) == (0, 0)
    assert JournalEntry.objects.count() == 0


def test_a_confirmed_plan_enters_problem_and_measure_with_their_journal(office):
    take_over(workbook(ROW), office)

    measure = Measure.objects.get()
    assert (measure.code, measure.problem.code) == ("M-001-1", "P-001")
    assert (measure.deadline, measure.precision) == (date(2025, 6, 30), Precision.MONTH)
    assert [unit.name for unit in measure.supporting_units.order_by("pk")] == ["财务处", "监测站"]
    assert measure.person_in_charge is None
    assert [entry.verb for entry in JournalEntry.objects.all()] == ["plan", "plan", "import_ledger"]
    assert first_fault() is None


def test_the_same_file_again_changes_nothing(office):
    take_over(workbook(ROW), office)

    made = plan(workbook(ROW), office)

    assert [row.kind for row in made.rows] == ["unchanged"]


def test_a_changed_cell_is_shown_old_and_new(office):
    take_over(workbook(ROW), office)
    changed = [*ROW[:5], "2025年9月底前", "每周两巡", "/"]

    made = take_over(workbook(changed), office)

    assert [(c.heading, c.old, c.new) for c in made.changed[0].changes] == [
        ("整改目标", "每周一巡", "每周两巡"),
        ("整改时限", "2025年6月底前", "2025年9月底前"),
    ]
    measure = Measure.objects.get()
    assert (measure.deadline, measure.original_deadline) == (date(2025, 9, 30), date(2025, 6, 30))


def test_one_refused_row_stops_the_whole_file(office):
    wrong = ["P-002", "问题二。", "措施二。", "没有的处", "", "2025年13月底前", "", ""]
    content = workbook(ROW, wrong)

    made = plan(content, office)

    assert [row.kind for row in made.rows] == ["new", "refused"]
    assert made.refused[0].line == 3
    assert "没有的处" in made.refused[0].reasons[0]
    with pytest.raises(applying.ImportRefused, match="先改好"):
        take_over(content, office, digest=made.digest)
    assert Problem.objects.count() == 0


def test_a_plan_is_refused_when_the_ledger_has_changed_since(office):
    content = workbook(ROW)
    shown = plan(content, office).digest
    take_over(content, office)

    with pytest.raises(applying.ImportRefused, match="重新预览"):
        take_over(content, office, digest=shown)


def test_merged_problem_cells_are_filled_down_and_title_rows_passed_over(office):
    second = ["", "", "建立通报机制。", "河湖处", "", "长期坚持", "", ""]

    take_over(workbook(ROW, second, above=[["云州市水务局整改台账"], []]), office)

    assert [m.problem.code for m in Measure.objects.order_by("code")] == ["P-001", "P-001"]
    assert Measure.objects.get(code="M-001-2").time_kind == TimeKind.LONG_TERM


def test_what_goes_out_comes_in_unchanged(office):
    inspection, _ = office
    take_over(workbook(ROW, ["P-002", "二。", "+1 措施", "财务处", "", "立行立改", "", ""]), office)

    out = exported(inspection)

    assert [row.kind for row in plan(out, office).rows] == ["unchanged", "unchanged"]


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("空.xlsx", b"", "空文件"),
        ("图.xlsx", b"\x89PNG\r\n", "不是完整的"),
        ("旧.xls", b"\xd0\xcf\x11\xe0", "不是 .xlsx"),
        ("锁.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"0" * 99, "密码"),
        ("没表头.csv", "甲,乙\n1,2\n".encode(), "没有找到台账表头"),
        ("坏编码.csv", b"\xff\xfe\x00\x01", "编码"),
        ("只有表头.csv", ",".join(HEADER).encode(), "没有内容"),
    ],
)
def test_a_file_that_is_no_ledger_is_refused_with_a_sentence(office, name, content, says):
    with pytest.raises(spreadsheet.WorkbookRefused, match=says):
        plan(content, office, name)


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("2025年6月底前", (TimeKind.DATED, date(2025, 6, 30), Precision.MONTH)),
        ("６月底前", (TimeKind.DATED, date(2025, 6, 30), Precision.MONTH)),
        ("2025年6月30日前", (TimeKind.DATED, date(2025, 6, 30), Precision.DAY)),
        ("6.30", (TimeKind.DATED, date(2025, 6, 30), Precision.DAY)),
        ("2025-06-30", (TimeKind.DATED, date(2025, 6, 30), Precision.DAY)),
        ("8月上旬", (TimeKind.DATED, date(2025, 8, 10), Precision.TEN_DAYS)),
        ("2025年8月下旬", (TimeKind.DATED, date(2025, 8, 31), Precision.TEN_DAYS)),
        ("第三季度", (TimeKind.DATED, date(2025, 9, 30), Precision.QUARTER)),
        ("2025年底前", (TimeKind.DATED, date(2025, 12, 31), Precision.YEAR)),
        ("立行立改", (TimeKind.IMMEDIATE, None, Precision.NONE)),
        ("长期坚持", (TimeKind.LONG_TERM, None, Precision.NONE)),
    ],
)
def test_a_time_limit_is_understood(cell, expected):
    time = parsing.time_of(cell, year=2025)

    assert (time.kind, time.deadline, time.precision) == expected


@pytest.mark.parametrize("cell", ["", "尽快", "2025年13月底前", "2025-02-30", "3.5.7"])
def test_a_time_limit_that_is_not_understood_is_refused(cell):
    with pytest.raises(parsing.CellRefused, match="整改时限"):
        parsing.time_of(cell, year=2025)


def test_a_deadline_in_a_cell_does_not_change_the_kind_of_time(office):
    take_over(workbook(ROW), office)
    Measure.objects.update(time_kind=TimeKind.IMMEDIATE)

    take_over(workbook([*ROW[:6], "每周两巡", "/"]), office)

    measure = Measure.objects.get()
    assert (measure.target, measure.time_kind) == ("每周两巡", TimeKind.IMMEDIATE)


@pytest.mark.parametrize("code", ["1/2", ".."])
def test_a_code_that_cannot_be_an_address_is_refused(office, code):
    made = plan(workbook([code, *ROW[1:]]), office)

    assert [row.kind for row in made.rows] == ["refused"]
    assert made.rows[0].reasons[0].startswith("问题编号：编号不能有斜线")


def test_a_measures_code_that_cannot_be_an_address_is_refused(office):
    made = plan(workbook([*ROW, "M/1"], header=[*HEADER, "措施编号"]), office)

    assert made.rows[0].reasons == ("措施编号：编号不能有斜线或控制字符，也不能只有句点，请改写。",)


@pytest.mark.parametrize(
    ("lines", "says"),
    [(["1", "字" * 140_000, "措施", "立行立改"], "读不出来"), (["1", "二", "三", "四"], "太大")],
)
def test_a_csv_that_cannot_be_read_whole_is_refused(office, lines, says):
    many = spreadsheet.MOST_ROWS + spreadsheet.HEADER_WITHIN + 1
    text = "\n".join(["问题编号,反馈问题,整改措施,整改时限", ",".join(lines), *["一,二"] * many])

    with pytest.raises(spreadsheet.WorkbookRefused, match=says):
        plan(text.encode(), office, "台账.csv")


@pytest.mark.parametrize("mark", ["机密★1年", "秘密★"])
def test_a_mark_of_secrecy_stops_the_file_wherever_it_stands(office, mark):
    made = plan(workbook([*ROW[:2], f"{mark} 措施。", *ROW[3:]]), office)
    assert "整改措施：文字中有密级标志" in made.refused[0].reason

    with pytest.raises(applying.ImportRefused, match="表头上方"):
        plan(workbook(ROW, above=[[mark]]), office)


def test_the_time_of_a_closed_measure_is_not_moved_by_a_file(office):
    take_over(workbook(ROW), office)
    Measure.objects.update(status="closed", closed_on=date(2025, 6, 1))

    made = plan(workbook([*ROW[:5], "2025年9月底前", *ROW[6:]]), office)

    assert "已结束，时限不能再改" in made.refused[0].reason


def test_a_postponed_time_names_the_original_in_its_own_precision(office):
    take_over(workbook(ROW), office)
    take_over(workbook([*ROW[:5], "2025年9月15日前", *ROW[6:]]), office)

    light = Measure.objects.get().light(on=date(2025, 9, 25))

    assert light.reason == "红：2025年9月15日前（原定2025年6月底前，已延期1次），已超期10天"


def test_a_new_row_shows_what_it_would_enter(office):
    made = plan(workbook(ROW), office)

    assert made.new[0].cells == (
        ("反馈问题", "", "河长制巡查不到位。"),
        ("牵头单位", "", "河湖处"),
        ("整改时限", "", "2025年6月底前"),
    )


def test_a_time_that_is_not_understood_is_named_once(office):
    made = plan(workbook([*ROW[:5], "尽快", *ROW[6:]]), office)

    assert made.refused[0].reason.startswith("整改时限“尽快”看不懂")


def test_a_problem_that_was_closed_here_takes_no_new_measures(office):
    take_over(workbook(ROW), office)
    Problem.objects.update(status="closed", closed_on=date(2025, 6, 1))

    made = plan(workbook(ROW, [*ROW[:2], "再加一条。", *ROW[3:]]), office)

    assert [row.kind for row in made.rows] == ["unchanged", "refused"]
    assert "不能再加措施" in made.refused[0].reason


def test_a_problem_that_was_closed_before_this_system_takes_its_plan_later(office):
    take_over(workbook(ROW), office)
    Problem.objects.update(status="closed", closed_source="报告《x》")

    made = plan(workbook([*ROW[:2], "再加一条。", *ROW[3:]]), office)

    assert [row.kind for row in made.rows] == ["new"]
