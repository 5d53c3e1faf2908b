"""调度表: one value on page, paper, in Word and Excel; frozen at the close; hostile texts."""

import io
import subprocess
import zipfile
from datetime import timedelta

import docx
import openpyxl
import pytest
import time_machine
from docx.enum.section import WD_ORIENT
from docx.oxml.ns import qn

from accounts.models import JournalEntry
from rectification import dispatching, rounds_told
from rectification.meeting_sheet import table
from rectification.meeting_sheet.word import word
from rectification.meeting_sheet.workbook import workbook
from rectification.models import DispatchReturn, Measure, MeasureEvent
from rectification.sheets import Line, Sheet
from tests.factories import (
    NOON,
    DispatchReturnFactory,
    DispatchRoundFactory,
    MeasureFactory,
    MeetingPointFactory,
    MilestoneFactory,
    filed,
)

HOSTILE = (
    '=HYPERLINK("http://evil.example","点我")',
    "+1+1",
    "-2+3",
    "@SUM(A1:A9)",
    "\t=1+1",
    "<script>alert(1)</script>&amp;",
    "]]></w:t><w:br/>",
    "{{ 7*7 }} {% now %}",
    "很长" * 900,
    "第一行\n第二行\r\n第三行",
    "𠮷野家\u200b与٣",
    "http://evil.example/ mailto:x@evil.example",
)


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def round(cast):
    return DispatchRoundFactory(inspection=cast.inspection, number=1)


@pytest.fixture
def held(cast, round):
    """A round with a report, a nil return, one that is missing, a milestone and two points."""
    told, nil, silent = (
        DispatchReturnFactory(
            round=round,
            measure=MeasureFactory(
                problem=cast.problem, code=f"M-{number}", lead_unit=cast.division
            ),
        )
        for number in (1, 2, 3)
    )
    MilestoneFactory(measure=silent.measure)
    filed(told, by=cast.liaison, difficulty="经费未到位", next_step="报局长办公会")
    filed(nil, "无变化", by=cast.liaison, nil_return=True)
    MeetingPointFactory(round=round, unit=cast.division, measure=told.measure, by=cast.office)
    MeetingPointFactory(round=round, unit=cast.elsewhere, by=cast.office, text="请配合。")
    return round


def closed(round, cast):
    dispatching.close(round, by=cast.office, at=NOON)
    return round


def file_of(client, cast, form):
    client.force_login(cast.office)
    answer = client.get(f"{cast.base}dispatch/1/sheet/{form}/")
    assert answer.status_code == 200
    return answer.content


def cells_of(content: bytes) -> list[list[str]]:
    book = openpyxl.load_workbook(io.BytesIO(content))
    return [[str(cell.value or "") for cell in row] for page in book for row in page.iter_rows()]


def words_of(content: bytes) -> list[str]:
    document = docx.Document(io.BytesIO(content))
    tables = [cell.text for each in document.tables for row in each.rows for cell in row.cells]
    return [*(each.text for each in document.paragraphs), *tables]


def printed(client, cast) -> str:
    client.force_login(cast.office)
    html = client.get(f"{cast.base}dispatch/1/sheet/").content.decode()
    return html[html.index('<div class="landscape">') : html.index("</main>")]


# One value ----------------------------------------------------------------------------------------


def test_the_columns_are_those_of_the_office(cast, held):
    assert (
        *("序号", "问题编号", "措施编号", "整改措施", "报送单位", "整改时限", "状态"),
        *("序时进度", "实际进度", "本次进展", "存在困难", "下一步", "报送情况", "预警及原因"),
        "议定事项",
    ) == table.HEADINGS
    first, second, third = table.rows(rounds_told.sheet(held, at=NOON))
    assert first == (
        *("1", "P-900", "M-1", "修订河湖巡查制度，明确每周巡查频次。", "河湖管理处"),
        *("2025年9月底前", "未启动", "—", "—", "完成巡查一次。", "经费未到位", "报局长办公会"),
        *("已报", "绿：2025年9月底前，剩61天"),
        "议定事项1（待答复）：请会同财务处落实巡查经费。",
    )
    assert (second[9], second[12]) == ("无变化", "零报告")
    assert (third[7], third[8], third[12]) == ("50%", "0%", "未报")


def test_page_word_and_excel_say_the_same(cast, client, held):
    sheet = rounds_told.sheet(held, at=NOON)
    page = printed(client, cast)
    said_in_word = words_of(file_of(client, cast, "word"))
    said_in_excel = [text for row in cells_of(file_of(client, cast, "excel")) for text in row]

    for text in {text for row in table.rows(sheet) for text in row if text}:
        assert text in page
        assert text in said_in_word
        assert text in said_in_excel
    for said in (page, "".join(said_in_word), "".join(said_in_excel)):
        assert "截至2025年7月31日12:00" in said
        assert "云州市水务局巡察整改第1次调度表" in said
        assert "合计" in said
        assert "请配合。" in said


def test_the_units_add_up(cast, held):
    assert table.unit_rows(rounds_told.sheet(held, at=NOON)) == [
        ("河湖管理处", "3", "2", "1", "1", "0", "0", "1"),
        ("合计", "3", "2", "1", "1", "0", "0", "1"),
    ]


def test_a_supporting_unit_says_that_it_only_helps_and_a_measure_is_behind_once(cast, round):
    measure = MeasureFactory(problem=cast.problem, lead_unit=cast.division)
    MilestoneFactory(measure=measure)
    measure.supporting_units.add(cast.elsewhere)
    for unit, leads in ((cast.division, True), (cast.elsewhere, False)):
        DispatchReturnFactory(round=round, measure=measure, unit=unit, leads=leads)

    sheet = rounds_told.sheet(round, at=NOON)

    assert [row[4] for row in table.rows(sheet)] == ["河湖管理处", "滨江分局（配合）"]
    assert [line.unit for line in sheet.behind] == ["河湖管理处"]


# Files --------------------------------------------------------------------------------------------


def test_the_workbook_has_text_alone_a_frozen_header_and_prints_across(cast, held):
    book = openpyxl.load_workbook(io.BytesIO(workbook(rounds_told.sheet(held, at=NOON))))

    assert book.sheetnames == ["调度表", "单位汇总", "议定事项"]
    for page in book:
        assert page.page_setup.orientation == "landscape"
        assert page.print_title_rows == "$3:$3"
        assert page.freeze_panes is not None
        cells = [cell for row in page.iter_rows() for cell in row if cell.value is not None]
        assert {cell.data_type for cell in cells} == {"s"}
        assert {cell.number_format for cell in cells if cell.row > 2} == {"@"}
    assert [page.page_setup.paperSize for page in book] == [8, 9, 9]  # A3, then A4


def test_the_document_lies_across_names_its_fonts_and_repeats_its_header(cast, held):
    document = docx.Document(io.BytesIO(word(rounds_told.sheet(held, at=NOON))))

    (section,) = document.sections
    assert section.orientation == WD_ORIENT.LANDSCAPE
    assert [int(side.mm) for side in (section.page_width, section.page_height)] == [297, 210]
    fonts = {each.get(qn("w:eastAsia")) for each in document.element.iter(qn("w:rFonts"))}
    assert {"方正小标宋简体", "仿宋_GB2312", "黑体"} <= fonts
    headers = [row._tr.find(f".//{qn('w:tblHeader')}") for row in document.tables[0].rows]
    assert [each is not None for each in headers] == [True, False, False, False]
    assert "PAGE" in section.footer._element.xml
    assert [each.text for each in document.paragraphs][2:] == ["一、单位汇总", "二、议定事项"]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: repr(text[:12]))
def test_a_hostile_text_stays_a_text(cast, client, round, text):
    line = DispatchReturnFactory(round=round, measure=cast.measure)
    filed(line, text, by=cast.liaison, difficulty=text, next_step=text)
    Measure.objects.filter(pk=cast.measure.pk).update(text=text)
    type(cast.division).objects.filter(pk=cast.division.pk).update(name=text[:100])
    MeetingPointFactory(round=round, unit=cast.division, measure=cast.measure, text=text)

    content = file_of(client, cast, "excel")
    page = printed(client, cast)

    book = openpyxl.load_workbook(io.BytesIO(content))
    row = [cell for cell in next(book["调度表"].iter_rows(min_row=4))]
    assert {cell.data_type for cell in row} <= {"s", "n"}  # n: nothing in it
    assert all(cell.hyperlink is None for cell in row)
    plain = text.replace("\r\n", "\n")
    assert row[9].value.replace("_x000D_", "").replace("\r", "") == plain
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        xml = "".join(parts.read(name).decode() for name in parts.namelist())
        assert "<f>" not in xml
        assert "hyperlink" not in xml
    assert plain.strip() in "\n".join(words_of(file_of(client, cast, "word")))
    assert "<script>" not in page


def test_what_a_document_cannot_hold_is_left_out(cast, client, round):
    line = DispatchReturnFactory(round=round, measure=cast.measure)
    filed(line, "前\x01\x0b后", by=cast.liaison)

    assert "前后" in words_of(file_of(client, cast, "word"))
    assert file_of(client, cast, "excel")[:2] == b"PK"


def test_a_round_without_anything_makes_files_too(cast, client):
    DispatchRoundFactory(inspection=cast.inspection, number=1)
    Measure.objects.update(status="closed", closed_on=NOON.date())
    MeasureEvent.objects.update(to_status="closed")

    assert "无" in words_of(file_of(client, cast, "word"))
    assert len(cells_of(file_of(client, cast, "excel"))) == 9
    assert "本次没有需要报送的措施" in printed(client, cast)


def test_a_round_that_was_missed_has_no_sheet(cast, client):
    missed = DispatchRoundFactory(inspection=cast.inspection, number=2, state="superseded")
    before = DispatchRoundFactory(inspection=cast.inspection, number=1)
    MeetingPointFactory(round=before, unit=cast.division, by=cast.office)
    client.force_login(cast.office)

    page = client.get(f"{cast.base}dispatch/2/")
    forms = [client.get(f"{cast.base}dispatch/2/sheet/{each}") for each in ("", "word/", "excel/")]

    assert rounds_told.sheet(missed, at=NOON).points == ()
    assert (page.context["points"], page.context["figures"][0][0]) == ([], 0)
    assert "/dispatch/2/sheet/" not in page.content.decode()
    assert [each.status_code for each in forms] == [404] * 3


def test_libreoffice_opens_both(cast, held, office, tmp_path):
    sheet = rounds_told.sheet(held, at=NOON)
    for name, content in (("a.docx", word(sheet)), ("b.xlsx", workbook(sheet))):
        (tmp_path / name).write_bytes(content)
        profile = f"-env:UserInstallation=file://{tmp_path}/profile"
        command = [office, profile, "--headless", "--convert-to", "pdf", "--outdir", tmp_path]
        subprocess.run([*command, tmp_path / name], check=True, capture_output=True, timeout=120)

        assert (tmp_path / name).with_suffix(".pdf").read_bytes()[:5] == b"%PDF-"


# Who, and on record -------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["", "word/", "excel/"])
def test_only_who_oversees_gets_it(cast, client, held, form):
    statuses = {}
    for who in ("liaison", "head", "stranger", "office", "executive", "supervisor"):
        client.force_login(getattr(cast, who))
        statuses[who] = client.get(f"{cast.base}dispatch/1/sheet/{form}").status_code

    assert statuses == {
        **dict.fromkeys(("liaison", "head", "stranger"), 404),
        **dict.fromkeys(("office", "executive", "supervisor"), 200),
    }


@pytest.mark.parametrize(("form", "kind"), [("word", "docx"), ("excel", "xlsx")])
def test_what_leaves_the_house_is_on_record(cast, client, held, form, kind):
    file_of(client, cast, form)

    entry = JournalEntry.objects.get(verb="export")
    assert (entry.subject_kind, entry.subject_code, entry.by) == ("round", "x25/1", cast.office)
    assert (entry.after["form"], entry.after["entries"]) == (kind, 3)


# Frozen -------------------------------------------------------------------------------------------


def everything_changes(cast, held):
    """After the close: texts, names, deadlines, milestones, statuses, reports, answers, ends."""
    later = NOON + timedelta(days=3)
    told, nil, silent = held.returns.order_by("pk")
    Measure.objects.update(
        text="改过的措施", deadline=later.date(), status="closed", closed_on=later.date()
    )
    told.measure.milestones.create(text="新节点", due_on=NOON.date(), share=80)
    silent.measure.milestones.update(reached_on=NOON.date(), share=90)
    for unit in (cast.division, cast.elsewhere, cast.inspection.inspected_unit):
        unit.name = f"更名后的{unit.name}"
        unit.save()
    type(cast.problem).objects.update(code="P-改")
    type(cast.inspection).objects.update(name="改过的巡察")
    type(cast.liaison).objects.update(name="改过的人")
    filed(told, "结束以后的补充", by=cast.liaison, at=later, difficulty="新的困难")
    DispatchReturn.objects.filter(pk=nil.pk).update(state="turned_back", turned_back_why="重写")
    for point in held.points.all():
        point.answers.create(text="结束以后的答复", by=cast.liaison, at=later)
        ended = {"ended_at": later, "ended_by": cast.office, "ended_why": "已落实"}
        type(point).objects.filter(pk=point.pk).update(state="settled", **ended)


def all_said(cast, client):
    return (
        printed(client, cast),
        words_of(file_of(client, cast, "word")),
        cells_of(file_of(client, cast, "excel")),
    )


def test_whatever_changes_later_a_closed_round_says_the_same(cast, client, held):
    closed(held, cast)
    sheet = rounds_told.sheet(held, at=NOON)
    before = all_said(cast, client)

    everything_changes(cast, held)

    held = type(held).objects.get(pk=held.pk)
    assert rounds_told.sheet(held, at=NOON + timedelta(days=30)) == sheet
    assert all_said(cast, client) == before


def test_the_twin_that_is_drawn_up_anew_would_say_otherwise(cast, held):
    """Sabotage: what the test above would find if nothing was kept."""
    closed(held, cast)
    sheet = rounds_told.sheet(held, at=NOON)

    everything_changes(cast, held)

    again = type(held).objects.select_related("inspection__inspected_unit").get(pk=held.pk)
    assert rounds_told.drawn_up(again, at=NOON) != sheet


def test_the_close_puts_the_digest_of_the_sheet_on_record(cast, held):
    closed(held, cast)

    kept = rounds_told.kept(held)
    assert kept.is_intact
    assert JournalEntry.objects.get(verb="close").after["sheet"] == kept.digest


def test_late_reports_and_later_points_are_added_below_and_the_rest_stays(cast, client, held):
    closed(held, cast)
    before = rounds_told.sheet(held, at=NOON)
    late = NOON + timedelta(days=2)
    silent = held.returns.order_by("pk").last()
    filed(silent, "补报的内容", by=cast.liaison, at=late)
    DispatchReturn.objects.filter(pk=silent.pk).update(is_late=True)
    MeetingPointFactory(round=held, unit=cast.division, by=cast.office, at=late, text="补记。")

    page, in_word, in_excel = all_said(cast, client)

    after = rounds_told.sheet(held, at=late)
    assert after.kept() | {"lines": []} == before.kept() | {"lines": []}
    assert [(line.said, line.late) for line in after.lines][2] == ("未报", "2025年8月2日补报")
    for said in (page, "".join(in_word), "".join(map("".join, in_excel))):
        assert "补报的内容" in said
        assert "补记。" in said
        assert "迟报：2025年8月2日补报" in said


def test_an_old_sheet_is_read_by_a_newer_house_and_back():
    sheet = Sheet(round="第1次调度", lines=(Line(measure="M-1", points=("一",)),))

    read = Sheet.read({**sheet.kept(), "unheard_of": 1})

    assert read == sheet
    assert Sheet.read({}) == Sheet()
