"""The one real report: what it is read as, and that it comes back."""

import json
import re
from datetime import date

import pytest
from django.core.management import call_command

from reports.comparing import DifferenceKind, differences
from reports.reading import Reading, read_file, read_text, summary
from reports.rendering import to_text


@pytest.fixture(scope="module")
def source(shared) -> bytes:
    return (shared / "seed" / "report.txt").read_bytes()


@pytest.fixture(scope="module")
def reading(source) -> Reading:
    return read_file(source, name="report.txt")


def test_the_plan_has_every_figure_of_the_report(reading):
    plan = summary(reading)

    assert list(plan) == [
        *("problems", "finished", "continuing", "items", "next_steps", "stated"),
        *("feedback_date", "on_site", "documents", "leftover", "questions"),
    ]
    assert (plan["problems"], plan["finished"], plan["continuing"]) == (48, 16, 32)
    assert (plan["items"], plan["next_steps"]) == (166, 30)
    assert plan["stated"] == {
        "problems": 48,
        "measures": 161,
        "measures_done": 109,
        "rate": 67.7,
        "outcomes": 25,
        "problems_done": 16,
    }
    assert plan["feedback_date"] == "2025-01-20"
    assert plan["on_site"] == ["2024-07-10", "2024-09-18"]
    assert plan["leftover"] == []


HALF, FULL = ",:;()", "，：；（）"
COPIES = {
    "in one line": lambda text: text.replace("\n", ""),
    "in one line with spaces": lambda text: text.replace("\n", " "),
    "with full-width punctuation": lambda text: text.translate(str.maketrans(HALF, FULL)),
    "indented": lambda text: text.replace("\n", "\n\n　　"),
    "with straight quotation marks": lambda text: re.sub("[“”]", '"', text),
    "without quotation marks": lambda text: re.sub("[“”]", "", text),
    "with headings run in": lambda text: text.replace("问题的整改。\n", "问题的整改。"),
    "with bracketed numbers": lambda text: re.sub(r"(?m)^(\d+)\. ?关于", r"（\1）关于", text),
}


@pytest.mark.parametrize("copied", COPIES.values(), ids=COPIES.keys())
def test_a_careless_copy_is_read_as_the_same_report(source, reading, copied):
    copy = read_text(copied(source.decode()))

    counts = ("problems", "finished", "continuing", "items", "next_steps", "stated", "leftover")
    same = {key: summary(copy)[key] for key in (*counts, "feedback_date", "on_site")}
    assert same == {key: summary(reading)[key] for key in same}
    assert len(copy.document.cited_titles) == len(reading.document.cited_titles)


def test_stated_figures_carry_the_date_that_the_text_gives_them(reading):
    as_of = {figure.key: figure.as_of for figure in reading.document.stated}

    july = date(2025, 7, 31)
    assert as_of == {
        "problems": None,
        "measures": None,
        "measures_done": july,
        "rate": july,
        "outcomes": july,
        "problems_done": july,
    }


def test_a_title_within_a_title_belongs_to_the_outer_one(reading):
    nested = [title for title in reading.document.cited_titles if title.startswith("关于印发《")]

    assert [title.count("《") for title in nested] == [1]
    assert nested[0].endswith("》的通知")
    assert list(reading.document.cited_titles) == sorted(set(reading.document.cited_titles))


def test_every_problem_is_asked_about_once_and_the_jump_is_named(reading):
    lines = [note.line for note in reading.questions if "整改时限" in note.reason]
    others = [note for note in reading.questions if "整改时限" not in note.reason]

    assert lines == [problem.line for problem in reading.document.problems]
    assert [(note.line, note.reason[:5]) for note in others] == [
        (1, "没有找到标"),
        (83, "序号不连续"),
    ]
    assert others[1].text.startswith("五是")


def test_quotations_hold_their_inner_quotation_marks(reading):
    wordings = [problem.wording for problem in reading.document.problems]

    assert all(wordings)
    assert sum("“" in wording for wording in wordings) == 14
    assert sum(not wording.endswith("。") for wording in wordings) == 4


def test_the_report_comes_back_but_for_its_numbers(source, reading):
    found = differences(source.decode(), to_text(reading.document))

    kinds = [(d.kind, d.line) for d in found]
    assert kinds == [
        (DifferenceKind.SPACE, 33),
        (DifferenceKind.SPACE, 70),
        (DifferenceKind.NUMBER, 83),
        (DifferenceKind.SPACE, 84),
        (DifferenceKind.SPACE, 90),
    ]
    assert (found[2].before, found[2].after) == ("五", "四")


def test_the_command_prints_one_object_and_nothing_else(shared, reading, capsys):
    call_command("import_report", str(shared / "seed" / "report.txt"), "--plan", "--json")

    printed = capsys.readouterr()
    assert json.loads(printed.out) == summary(reading)
    assert printed.err == ""
