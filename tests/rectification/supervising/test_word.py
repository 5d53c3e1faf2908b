"""The Word file of a letter: official layout, hostile text, frozen content."""

import re
import zipfile
from dataclasses import replace
from datetime import date
from io import BytesIO

import pytest
from docx import Document

from accounts.models import JournalEntry
from rectification import letters, supervising
from rectification.models import SupervisionAction
from tests.rectification.supervising.conftest import lettered

LETTER = letters.Letter(
    sender="云州市水务局巡察整改办公室",
    reference="整督〔2025〕3号",
    title="关于限期落实整改措施的督办函",
    addressee="河湖管理处",
    matter="整改措施M-001-3已超期。",
    demand="请限期整改到位。",
    issued_on=date(2025, 8, 1),
    due_on=date(2025, 8, 8),
)


def parts(letter: letters.Letter) -> dict[str, str]:
    with zipfile.ZipFile(BytesIO(letters.to_word(letter))) as file:
        return {name: file.read(name).decode() for name in file.namelist() if "xml" in name}


def lines(letter: letters.Letter) -> list[str]:
    document = Document(BytesIO(letters.to_word(letter)))
    return [each.text for each in document.paragraphs if each.text]


def test_it_says_everything_in_the_order_of_a_letter():
    document = Document(BytesIO(letters.to_word(LETTER)))

    assert document.sections[0].first_page_header.paragraphs[0].text == LETTER.sender
    assert lines(LETTER) == [
        "整督〔2025〕3号",
        "关于限期落实整改措施的督办函",
        "河湖管理处：",
        "整改措施M-001-3已超期。",
        "请限期整改到位。",
        "请于2025年8月8日前在巡察整改系统中签收并书面回复。",
        "云州市水务局巡察整改办公室",
        "2025年8月1日",
    ]


def test_a_letter_without_a_deadline_asks_for_no_answer():
    assert not any("回复" in line for line in lines(replace(LETTER, due_on=None)))


def test_it_follows_the_letter_form_of_the_standard():
    found = parts(LETTER)
    body, styles = found["word/document.xml"], found["word/styles.xml"]
    section = re.search(r"<w:sectPr.*</w:sectPr>", body, re.DOTALL)

    assert section
    for width in ('w:top="2098"', 'w:left="1587"', 'w:right="1474"', 'w:bottom="1984"'):
        assert width in section.group()
    assert 'w:type="lines"' in section.group()
    assert "titlePg" in section.group()
    assert 'w:eastAsia="仿宋"' in body
    assert 'w:eastAsia="方正小标宋简体"' in body
    assert 'w:eastAsia="zh-CN"' in styles
    red = [text for name, text in found.items() if "header" in name and "E60012" in text]
    assert any("thickThinSmallGap" in text for text in red)
    assert any("PAGE" in text for name, text in found.items() if "footer" in name)


@pytest.mark.parametrize(
    "hostile",
    [
        "</w:t></w:r><w:r><w:t>插入",
        "& < > \" '",
        "\x00\x08\x1b终端",
        "{{ title }} {% now %}",
        '=HYPERLINK("http://evil")',
        "\ud800孤立",
        "一" * 2000,
    ],
)
def test_hostile_text_is_text_and_nothing_else(hostile):
    letter = replace(LETTER, matter=hostile, title=hostile[:100], sender=hostile[:60] or "局")

    said = lines(letter)

    printable = re.sub(r"[\x00-\x08\x1b\ud800]", "", hostile)
    assert printable in said
    assert "word/vbaProject.bin" not in parts(letter)
    assert "Relationship " not in "".join(
        text for name, text in parts(letter).items() if "evil" in text and name.endswith(".rels")
    )


def test_two_letters_that_differ_in_anything_have_different_digests():
    others = [
        replace(LETTER, **{name: "另"})
        for name in ("sender", "reference", "title", "addressee", "matter", "demand")
    ]
    others += [replace(LETTER, issued_on=date(2025, 8, 2)), replace(LETTER, due_on=None)]

    assert len({letters.digest_of(each) for each in [LETTER, *others]}) == 9


def test_the_download_is_recorded_and_a_head_request_is_not(ladder, client):
    letter = lettered(ladder, "issued")
    client.force_login(ladder.head)
    before = JournalEntry.objects.count()

    client.head(f"{ladder.base}supervision/1/word/")
    assert JournalEntry.objects.count() == before
    answer = client.get(f"{ladder.base}supervision/1/word/")

    entry = JournalEntry.objects.latest("sequence")
    assert answer.content.startswith(b"PK")
    assert "attachment" in answer.headers["Content-Disposition"]
    assert (entry.verb, entry.subject_code, entry.by) == ("download", "x25/1", ladder.head)
    assert entry.after == {"reference": letter.reference, "digest": letter.digest}


@pytest.mark.parametrize("column", ["matter", "demand", "title", "addressee", "sender"])
def test_a_letter_that_was_changed_behind_the_house_is_not_handed_out(ladder, client, column):
    lettered(ladder, "issued")
    SupervisionAction.objects.update(**{column: "改过"})
    client.force_login(ladder.head)

    answer = client.get(f"{ladder.base}supervision/1/word/")

    assert answer.status_code == 409
    assert "校验码不一致" in answer.content.decode()


def test_what_was_issued_stays_when_the_unit_and_the_settings_get_other_names(ladder):
    letter = lettered(ladder, "issued")
    ladder.division.name = "河湖中心"
    ladder.division.save()
    ladder.inspection.letter_sender = "另一个单位"
    ladder.inspection.save()

    said = supervising.letter_as_issued(SupervisionAction.objects.get(pk=letter.pk))

    assert (said.addressee, said.sender) == ("河湖管理处", "云州市水务局巡察整改办公室")


def test_a_proposal_has_no_file(ladder, client):
    lettered(ladder, "proposed")
    client.force_login(ladder.office)

    assert client.get(f"{ladder.base}supervision/1/word/").status_code == 404
