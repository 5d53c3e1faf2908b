"""bin/manage import_report and export_report, as somebody at a terminal meets them."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError

from accounts.models import JournalEntry, Role, Unit
from rectification.models import Inspection, Problem
from reports.models import Origin, PublishedItem, Report
from reports.reading import read_text
from reports.storing import store
from tests.factories import NOON, InspectionFactory, ProblemFactory, bureau, person
from tests.reports.test_recording import TEXT

pytestmark = pytest.mark.django_db

KEYS = [
    "problems",
    "finished",
    "continuing",
    "items",
    "next_steps",
    "stated",
    "feedback_date",
    "on_site",
    "documents",
    "leftover",
    "questions",
]


@pytest.fixture
def source(tmp_path):
    file = tmp_path / "通报.txt"
    file.write_text(TEXT, encoding="utf-8", newline="")
    return file


def run(*words) -> str:
    out = StringIO()
    call_command(*(str(word) for word in words), stdout=out)
    return out.getvalue()


def refused(*words, code: int = 2) -> str:
    with pytest.raises(CommandError) as error:
        run(*words)
    assert error.value.returncode == code
    return str(error.value)


def nothing_was_written() -> bool:
    tables = (Report, Problem, Inspection, Unit, JournalEntry)
    return not any(table.objects.exists() for table in tables)


# In ---------------------------------------------------------------------------------------------


def test_the_plan_writes_nothing(source):
    assert "以上是计划，没有写入任何数据。" in run("import_report", source, "--plan")
    assert nothing_was_written()


def test_applying_records_the_report(source):
    told = run("import_report", source, "--apply", "--slug", "x25")

    assert "已登记为 x25：/i/x25/problems/" in told
    assert "“云州市水务局”还没有整改办人员" in told
    report = Report.objects.get(slug="x25")
    assert (report.source_name, report.created_by) == ("通报.txt", None)
    assert Problem.objects.count() == 3


def test_the_object_of_an_application_has_the_keys_of_the_plan(source):
    plan = json.loads(run("import_report", source, "--json"))
    applied = json.loads(run("import_report", source, "--apply", "--slug", "x25", "--json"))

    assert list(plan) == KEYS
    assert applied == plan


def test_applying_needs_a_slug(source):
    assert "--slug" in refused("import_report", source, "--apply")
    assert nothing_was_written()


def test_the_same_file_is_not_applied_twice(source):
    run("import_report", source, "--apply", "--slug", "x25")

    assert "已经导入过" in refused("import_report", source, "--apply", "--slug", "x26")
    assert Report.objects.count() == 1


def test_the_unit_and_the_person_can_be_named(source):
    own = bureau("云州市水务局（河长办）")
    office = person(Role.OFFICE, own, username="wangli")

    told = run(
        *("import_report", source, "--apply", "--slug", "x25"),
        *("--inspection-unit", own.name, "--by", "wangli"),
    )

    assert Inspection.objects.get().inspected_unit == own
    assert Report.objects.get().created_by == office
    assert "还没有整改办人员" not in told


def test_an_inspection_that_exists_can_be_named(source):
    inspection = InspectionFactory(code="empty")

    run("import_report", source, "--apply", "--slug", "x25", "--inspection", "empty")

    assert Report.objects.get().inspection == inspection


@pytest.mark.parametrize(
    ("option", "value", "sentence"),
    [
        ("--inspection-unit", "无此单位", "系统中没有单位“无此单位”"),
        ("--inspection", "nix", "系统中没有巡察“nix”"),
        ("--by", "nobody", "系统中没有人员“nobody”"),
        ("--slug", "水务", "网址名要用"),
    ],
)
def test_what_an_option_names_must_be_there(source, option, value, sentence):
    words = ("import_report", source, "--apply", "--slug", "x25", option, value)

    assert sentence in refused(*words)
    assert nothing_was_written()


def test_a_missing_day_of_feedback_can_be_given(source):
    source.write_text(TEXT.replace("，并于2025年1月20日进行了反馈", ""), encoding="utf-8")

    assert "没有写明反馈日期" in refused("import_report", source, "--apply", "--slug", "x")
    assert nothing_was_written()
    run("import_report", source, "--apply", "--slug", "x", "--feedback-date", "2025-01-20")
    assert str(Inspection.objects.get().feedback_date) == "2025-01-20"


def test_a_day_of_feedback_that_is_no_day_is_a_sentence(source):
    words = ("import_report", str(source), "--apply", "--slug", "x", "--feedback-date=2025-02-30")

    with pytest.raises(CommandError, match="“2025-02-30”不是日期"):
        call_command(*words)


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.docx", b"\x89PNG\r\n\x1a\n" + b"\x01" * 99, "PNG 图片"),
        ("a.txt", b"", "空的"),
        ("a.txt", TEXT.encode("utf-16"), "UTF-16"),
        ("a.txt", "河上的雾散了，他还没有回来。\n".encode() * 300, "没有找到通报的结构"),
        ("a.txt", "绝密★启用前\n".encode() + TEXT.encode(), "标有密级"),
    ],
)
def test_what_is_no_report_is_a_sentence_and_exit_code_2(tmp_path, name, content, sentence):
    file = tmp_path / name
    file.write_bytes(content)

    assert sentence in refused("import_report", file, "--apply", "--slug", "x25")
    assert nothing_was_written()


def test_fifty_megabytes_are_not_read(tmp_path):
    file = tmp_path / "a.txt"
    with file.open("wb") as stream:
        stream.truncate(50 * 1024 * 1024)

    assert "20 MB" in refused("import_report", file, "--apply", "--slug", "x25")


def test_a_database_that_is_not_there_is_a_sentence(source, monkeypatch):
    def gone(*args, **kwargs):
        raise OperationalError("no such table")

    monkeypatch.setattr(Report.objects, "filter", gone)

    for words in (("import_report", source, "--apply", "--slug", "x"), ("export_report", "x")):
        assert "还没有建立" in refused(*words)


# Out --------------------------------------------------------------------------------------------


def test_the_text_comes_back_letter_by_letter(source, tmp_path):
    run("import_report", source, "--apply", "--slug", "x25")

    assert run("export_report", "x25") == TEXT
    run("export_report", "x25", "-o", tmp_path / "back.txt")
    assert (tmp_path / "back.txt").read_bytes() == source.read_bytes()


def test_the_page_holds_the_facts_and_the_words(source):
    run("import_report", source, "--apply", "--slug", "x25")

    page = run("export_report", "x25", "--format", "html")

    assert page.startswith("<!DOCTYPE html>")
    assert "<dd>云州市水务局</dd>" in page
    assert "1.关于“河湖岸线巡查不到位”问题的整改。" in page
    assert "下一步，每季度开展一次抽查。" in page


def test_the_data_hold_every_problem(source):
    run("import_report", source, "--apply", "--slug", "x25")

    data = json.loads(run("export_report", "x25", "--format", "json"))

    wordings = [s["wording"] for s in data["sections"] if s["kind"] == "problem"]
    assert wordings == ["河湖岸线巡查不到位", "水费收缴台账不清", "老旧闸门长期带病运行"]


def test_a_composed_report_goes_out_in_the_same_way():
    document = read_text(TEXT).document
    problem = ProblemFactory()
    report = Report.objects.create(
        inspection=problem.inspection,
        slug="c25",
        origin=Origin.COMPOSED,
        tail=document.tail,
        created_at=NOON,
    )
    store(document, report=report, problems=[problem] * 3)

    assert run("export_report", "c25") == TEXT


def test_the_comparison_of_what_came_back_whole_finds_nothing(source):
    run("import_report", source, "--apply", "--slug", "x25")

    told = run("export_report", "x25", "--compare", source)

    assert told == "共 0 处不同，其中文字不同 0 处。\n"


def test_the_comparison_finds_a_changed_word_and_says_so_by_its_exit_code(source):
    run("import_report", source, "--apply", "--slug", "x25")
    item = PublishedItem.objects.get(text="补齐巡查人员。")
    item.text = "补齐护河人员。"
    item.save()
    out = StringIO()

    with pytest.raises(CommandError) as error:
        call_command("export_report", "x25", "--compare", str(source), stdout=out)

    assert error.value.returncode == 1
    assert "第 10 行：文字不同，原文“巡查”，现为“护河”" in out.getvalue()


def test_what_cannot_be_written_or_found_is_a_sentence(source, tmp_path):
    run("import_report", source, "--apply", "--slug", "x25")

    assert "没有网址名为“nix”的报告" in refused("export_report", "nix")
    assert "无法写入文件" in refused("export_report", "x25", "-o", tmp_path)
    missing = tmp_path / "missing.txt"
    assert "无法打开文件" in refused("export_report", "x25", "--compare", missing)


# The real report --------------------------------------------------------------------------------


def test_of_the_real_report_only_numbers_and_spaces_beside_them_differ(shared):
    seed = shared / "seed" / "report.txt"
    run("import_report", seed, "--apply", "--slug", "x")

    *differences, total = run("export_report", "x", "--compare", seed).splitlines()

    assert total == f"共 {len(differences)} 处不同，其中文字不同 0 处。"
    assert [line for line in differences if "序号由系统重排，“五”成为“四”" in line]
    numbers = [line for line in differences if "序号由系统重排" in line]
    spaces = [line for line in differences if "编号旁的空格不同" in line]
    assert len(numbers) + len(spaces) == len(differences)
