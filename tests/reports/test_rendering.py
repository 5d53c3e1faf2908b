"""One document, the same words in every form, and nothing of the source lost."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.comparing import DifferenceKind, differences
from reports.document import Document, Item, Section, SectionKind
from reports.reading import read_file, read_text
from reports.rendering import from_json, to_html, to_json, to_text
from reports.rendering.numbering import placed
from reports.rendering.text import article_text

PUBLISHED = Path(__file__).parent / "published"
ALL = sorted(PUBLISHED.glob("*.txt"))


class _Page(HTMLParser):
    """The words of a page, its tags and its addresses."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words = ""
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.feed(html)

    def handle_data(self, data):
        self.words += data

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        self.tags.append(tag)
        self.ids += [values["id"]] if "id" in values else []
        self.links += [values["href"]] if "href" in values else []


def solid(text: str) -> str:
    return re.sub(r"\s", "", text)


def document_of(path: Path) -> Document:
    return read_file(path.read_bytes(), name=path.name).document


def numbers(text: str) -> list[tuple[str, str]]:
    """Anchors and numbers of the problems as set."""
    return [
        (place.anchor, place.marker)
        for place in placed(read_text(text).document)
        if place.section.kind == SectionKind.PROBLEM
    ]


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.stem)
def test_page_and_text_have_the_same_words(path):
    document = document_of(path)

    assert solid(_Page(to_html(document)).words) == solid(article_text(document))


@pytest.mark.parametrize("between", ["", " ", "　　"])
@pytest.mark.parametrize("path", [p for p in ALL if "无编号" not in p.stem], ids=lambda p: p.stem)
def test_a_page_squeezed_into_one_line_loses_nothing(path, between):
    source = path.read_text(encoding="utf-8").replace("\n", between)

    found = differences(source, to_text(read_text(source).document))

    assert [d for d in found if d.kind == DifferenceKind.TEXT] == []


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.stem)
def test_json_gives_the_document_back(path):
    document = document_of(path)

    assert from_json(to_json(document)) == document


def test_page_and_text_of_the_real_report_have_the_same_words(shared):
    document = document_of(shared / "seed" / "report.txt")
    page = _Page(to_html(document))

    assert solid(page.words) == solid(article_text(document))
    assert [i for i in page.ids if i.startswith("p-1-")] == [f"p-1-{n:02d}" for n in range(1, 17)]
    assert [i for i in page.ids if i.startswith("p-2-")] == [f"p-2-{n:02d}" for n in range(1, 33)]
    assert page.links == [f"#{anchor}" for anchor in page.ids if anchor.startswith("p-")]


def test_header_facts_are_left_to_the_shell_of_the_page():
    document = document_of(next(PUBLISHED.glob("水务局*")))

    assert "信息来源" in to_text(document)
    assert "信息来源" not in to_html(document)


def test_headings_go_down_without_a_hole():
    page = _Page(to_html(document_of(next(PUBLISHED.glob("水务局*")))))
    headings = [tag for tag in page.tags if re.fullmatch("h[1-6]", tag)]

    assert headings == ["h1", "h2", "h2", "h3", "h3", "h2", "h3", "h2"]


def test_whatever_the_report_says_is_text_on_the_page():
    evil = "<script>alert(1)</script>{{ 7|add:7 }}&amp;\" onclick='x'"
    html = to_html(
        read_text(
            f"关于巡察整改的通报\n一、整改情况\n1.关于“{evil}”问题的整改。\n一是{evil}"
        ).document
    )

    page = _Page(html)
    assert "script" not in page.tags
    assert page.words.count(evil) == 2


def test_a_title_given_later_heads_the_page_alone():
    document = Document(
        title="后补的标题", sections=(Section(kind=SectionKind.PROSE, text="正文。"),)
    )

    assert solid(_Page(to_html(document)).words) == "后补的标题正文。"
    assert to_text(document) == "正文。"


def test_numbers_begin_again_below_a_heading_and_go_on_where_they_did():
    again = (
        "关于巡察整改的通报\n（一）已完成的问题\n1.关于“甲”问题。\n办。\n"
        "（二）推进的问题\n{}.关于“乙”问题。\n办。"
    )

    assert numbers(again.format(1)) == [("p-1-01", "1."), ("p-2-01", "1.")]
    assert numbers(again.format(2)) == [("p-1-01", "1."), ("p-2-02", "2.")]


@pytest.mark.parametrize(
    ("marker", "tenth"),
    [
        ("一是", "十是"),
        ("（1）", "（10）"),
        ("①", "⑩"),
        ("第一，", "第十，"),
        ("１．", "１０．"),
    ],
)
def test_items_are_numbered_in_their_own_style(marker, tenth):
    items = tuple(Item(text="办。", marker=marker) for _ in range(10))
    problem = Section(kind=SectionKind.PROBLEM, items=items)

    assert to_text(Document(sections=(problem,))).endswith(f"{tenth}办。")


# Generated reports: any shape, any words ---------------------------------------------------------

WORDS = st.text(
    alphabet="甲乙丙丁修建改办查验收，；“”《》（）0123456789%是一下步 ", min_size=1, max_size=30
)
BODY = st.lists(WORDS, min_size=1, max_size=14)
STYLES = ["{}是", "（{}）", "第{}，"]
CHINESE = [*"一二三四五六七八九十", "十一", "十二", "十三", "十四"]


@st.composite
def reports(draw) -> str:
    lines = ["关于巡察整改情况的通报", "一、整改落实情况"]
    for part, name in enumerate(["已整改完成的问题", "持续推进的问题"]):
        lines.append(f"（{CHINESE[part]}）{name}")
        for number, body in enumerate(draw(st.lists(BODY, max_size=4)), start=1):
            style = draw(st.sampled_from(STYLES))
            lines.append(f"{number}.关于“{draw(WORDS)}”问题的整改。")
            items = [style.format(n) + words for n, words in zip(CHINESE, body, strict=False)]
            lines.append("。".join(items) + "。" + draw(st.sampled_from(["", "下一步，继续办。"])))
    return draw(st.sampled_from(["\n", "\n　　", "\n\n"])).join(lines)


@given(reports())
def test_no_sign_of_a_generated_report_is_lost(source):
    printed = to_text(read_text(source).document)

    number = "[一二三四五六七八九十百零0-9]"
    assert re.sub(f"{number}|\\s", "", printed) == re.sub(f"{number}|\\s", "", source)


@given(
    st.lists(
        st.sampled_from(
            [
                "一、整改情况",
                "（一）已完成",
                "1.",
                "关于“甲”问题。",
                "一是",
                "①",
                "。",
                "下一步，",
                "\n",
                "\n\n",
                " ",
                "　",
                "甲乙丙",
                "“",
                "”",
                "《",
                "》",
                "2024年3月1日",
                "欢迎监督。",
                "信息来源：",
                "整改情况：",
                "\t",
                "\u200b",
            ]
        ),
        max_size=40,
    ).map("".join)
)
def test_no_sign_of_any_text_is_lost(body):
    source = "关于巡察整改情况的通报\n一、总体情况\n" + body

    printed = to_text(read_text(source).document)

    kept = "[一二三四五六七八九十百零0-9①-⑳]|[\\s\u200b]"
    assert re.sub(kept, "", printed) == re.sub(kept, "", source)
