"""What exists already comes in: a published report and a plan in a workbook, each shown first."""

import openpyxl
import pytest
from playwright.sync_api import Page, expect

from accounts.models import Role
from rectification.models import Inspection, Measure, Problem
from tests.factories import bureau, person
from tests.journeys.conftest import TEXTS
from tests.journeys.looking import faults_of

REPORT = TEXTS / "教育局_圆圈数字.txt"


@pytest.fixture
def office(db):
    """The office of a bureau that has no inspection yet."""
    return person(Role.OFFICE, bureau("江北区教育局"), name="整改办甲")


def test_a_published_report_becomes_problems_after_a_look_at_the_plan(office, visit):
    page = visit(office)
    page.goto("/desk/")
    page.get_by_role("link", name="导入通报").first.click()
    page.get_by_label("通报文件").set_input_files(REPORT)
    page.get_by_role("button", name="读取并预览").click()

    expect(page.get_by_role("heading", name="预览导入")).to_be_visible()
    expect(page.locator("main")).to_contain_text("校外培训监管留有空当")
    assert not Inspection.objects.exists()
    assert faults_of(page) == []
    confirm = page.locator("#confirm")
    confirm.get_by_label("网址名").fill("jy24")
    confirm.get_by_role("button", name="确认导入").click()

    expect(page.locator(".message-done")).to_be_visible()
    assert Problem.objects.filter(inspection__code="jy24").count() == 4
    page.goto("/i/jy24/problems/")
    expect(page.locator("tbody tr")).to_have_count(4)
    expect(page.locator("tbody")).to_contain_text("近视防控工作抓得不实")
    expect(page.locator("tbody .status-closed")).to_have_count(3)
    page.goto("/i/jy24/dashboard/")
    expect(page.get_by_role("region", name="报告所称数字")).to_contain_text("75%")


def test_a_report_that_is_none_is_refused_on_the_same_page(office, visit):
    page = visit(office)
    page.goto("/import/report/")
    page.get_by_label("或者粘贴全文").fill("从前有座山，山上有座庙。")

    page.get_by_role("button", name="读取并预览").click()

    expect(page.get_by_label("或者粘贴全文")).to_have_value("从前有座山，山上有座庙。")
    expect(page.locator(".errorlist, .field-error, .message-error").first).to_be_visible()
    assert faults_of(page) == []
    assert not Inspection.objects.exists()


def test_a_workbook_goes_out_is_edited_and_comes_in_again(cast, visit, tmp_path):
    page = visit(cast.office)
    book = exported(page, cast, tmp_path)
    sheet, column = book.active, columns(book.active)
    last = sheet.max_row
    sheet.cell(last, column["整改措施"]).value = "每周巡查两次，结果当日公布。"
    for heading, value in {
        "问题编号": "P-901",
        "反馈问题": "水闸维护不及时。",
        "整改措施": "逐座检修水闸。",
        "牵头单位": "滨江分局",
        "整改时限": "2026年12月底前",
    }.items():
        sheet.cell(last + 1, column[heading]).value = value
    edited = tmp_path / "edited.xlsx"
    book.save(edited)

    page.get_by_role("link", name="导入台账").click()
    page.get_by_label("台账文件").set_input_files(edited)
    page.get_by_role("button", name="预览").click()

    plan = page.locator("main")
    expect(plan).to_contain_text("新增 1 行，修改 1 行，不变 0 行，不能导入 0 行")
    expect(plan.locator("del")).to_contain_text("修订河湖巡查制度")
    expect(plan.locator("ins").first).to_contain_text("每周巡查两次，结果当日公布。")
    assert Measure.objects.count() == 1
    assert faults_of(page) == []
    page.get_by_role("button", name="确认导入").click()
    expect(page.locator(".message-done")).to_contain_text("新增1条措施，修改1条")
    expect(page.locator("tbody")).to_contain_text("逐座检修水闸。")
    expect(page.locator("tbody")).to_contain_text("每周巡查两次，结果当日公布。")


def test_a_workbook_with_a_wrong_cell_writes_nothing_and_names_the_cell(cast, visit, tmp_path):
    page = visit(cast.office)
    book = exported(page, cast, tmp_path)
    column = columns(book.active)["整改时限"]
    book.active.cell(book.active.max_row, column).value = "改天再说"
    wrong = tmp_path / "wrong.xlsx"
    book.save(wrong)

    page.get_by_role("link", name="导入台账").click()
    page.get_by_label("台账文件").set_input_files(wrong)
    page.get_by_role("button", name="预览").click()

    expect(page.locator(".plan-refused")).to_contain_text("整改时限")
    expect(page.locator(".plan-refused")).to_contain_text("改天再说")
    assert faults_of(page) == []
    expect(page.get_by_role("button", name="确认导入")).to_have_count(0)


def exported(page: Page, cast, folder) -> openpyxl.Workbook:
    page.goto(f"{cast.base}ledger/")
    with page.expect_download() as download:
        page.get_by_role("link", name="导出台账（.xlsx）").click()
    download.value.save_as(folder / "ledger.xlsx")
    return openpyxl.load_workbook(folder / "ledger.xlsx")


def columns(sheet) -> dict[str, int]:
    """The number of each column by its heading, from the row that has them."""
    for row in sheet.iter_rows():
        found = {str(cell.value): cell.column for cell in row if cell.value}
        if "整改措施" in found:
            return found
    raise AssertionError("the workbook has no row of headings")
