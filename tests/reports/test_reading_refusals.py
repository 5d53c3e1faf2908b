"""What is no report is refused with a sentence; what is hostile costs nothing."""

import time
import zipfile
from contextlib import suppress
from io import BytesIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from docx import Document as new_word

from reports.reading import ReportRefused, read_file, read_text

PUBLISHED = Path(__file__).parent / "published"
REPORT = (PUBLISHED / "水务局_无一级标题.txt").read_text(encoding="utf-8")
NOVEL = "那年夏天，镇上来了一个修钟的人。\n他不说话，只在桥头摆摊。孩子们围着他看齿轮。\n" * 50


def word(text: str) -> bytes:
    document = new_word()
    for line in text.split("\n"):
        document.add_paragraph(line)
    buffer = BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def package(members: dict[str, bytes]) -> bytes:
    """A .docx of an ordinary report with members added or replaced."""
    buffer = BytesIO()
    with (
        zipfile.ZipFile(BytesIO(word(REPORT))) as old,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            if name not in members:
                new.writestr(name, old.read(name))
        for name, content in members.items():
            new.writestr(name, content)
    return buffer.getvalue()


def plain_zip() -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as new:
        new.writestr("a.txt", "甲")
    return buffer.getvalue()


def encrypted_zip() -> bytes:
    """The ordinary report with the encryption bit set on every member."""
    data = bytearray(word(REPORT))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.find(signature)
        while at >= 0:
            data[at + offset] |= 1
            at = data.find(signature, at + 4)
    return bytes(data)


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
DTD = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><x/>'
REFUSED = {
    "a picture renamed": (b"\x89PNG\r\n\x1a\n" + bytes(200), "a.docx", "PNG 图片"),
    "a photograph renamed": (b"\xff\xd8\xff\xe0" + bytes(200), "a.docx", "JPEG 图片"),
    "a PDF": (b"%PDF-1.7\n" + bytes(200), "a.txt", "PDF"),
    "a classified text": (("机密★5年\n" + REPORT).encode(), "a.txt", "第 1 行标有密级"),
    "a mark on its own line": ((REPORT + "\n 秘密 \n").encode(), "a.txt", "标有密级"),
    "a whole library": (REPORT.encode() * 700, "a.txt", "30 万字"),
    "too many lines": (("甲\n" * 20_001).encode(), "a.txt", "2 万行"),
    "an empty file": (b"", "a.txt", "空的"),
    "white space": ("　 \n\n".encode(), "a.txt", "没有文字"),
    "an old .doc": (OLE + bytes(600), "a.doc", "另存为 .docx"),
    "a password": (OLE + "EncryptedPackage".encode("utf-16-le"), "a.docx", "打开密码"),
    "UTF-16": (REPORT.encode("utf-16"), "a.txt", "UTF-16"),
    "UTF-16 without a mark": (REPORT.encode("utf-16-le"), "a.txt", "编码"),
    "Big5": (("關於巡察整改進展情況的通報。一、整改情況" * 20).encode("big5"), "a.txt", "编码"),
    "random bytes": (bytes(range(128, 256)) * 20, "a.txt", "编码"),
    "NULs": (REPORT.replace("水", "\x00").encode(), "a.txt", "第 1 行"),
    "a novel": (NOVEL.encode(), "a.txt", "没有找到通报的结构"),
    "a list about something else": ("一、买菜\n二、做饭\n".encode(), "a.txt", "不像巡察整改"),
    "a zip that is no document": (plain_zip(), "a.docx", "缺少正文"),
    "a broken zip": (word(REPORT)[:3000], "a.docx", "已损坏"),
    "text called .docx": (REPORT.encode(), "a.docx", "不是 Word 文档"),
    "a zip with a password": (encrypted_zip(), "a.docx", "加了密码"),
    "a zip bomb": (package({"word/media/a.bin": bytes(20_000_000)}), "a.docx", "异常庞大"),
    "an entity bomb": (package({"word/document.xml": DTD}), "a.docx", "DTD"),
    "broken XML": (package({"word/document.xml": b"<w:document"}), "a.docx", "已损坏"),
    "macros": (package({"word/vbaProject.bin": b"x"}), "a.docx", "含有宏"),
    "no text": (word(""), "a.docx", "没有文字"),
}


@pytest.mark.parametrize(("data", "name", "says"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_no_report_is_refused_with_a_sentence(data, name, says):
    with pytest.raises(ReportRefused, match=says) as refusal:
        read_file(data, name=name)

    assert str(refusal.value).endswith("。")


def test_a_file_above_the_limit_is_refused_by_its_size_alone():
    with pytest.raises(ReportRefused, match="1 MB 的上限"):
        read_file(b"x" * (1024 * 1024 + 1), name="a.txt", most_bytes=1024 * 1024)


def test_words_that_only_speak_of_secrets_are_no_mark():
    text = REPORT + "\n保护商业秘密，未发生机密泄露。"

    assert len(read_text(text).document.problems) == 3


def test_half_a_character_in_pasted_text_is_refused():
    with pytest.raises(ReportRefused, match="残缺的字符"):
        read_text(REPORT + "\ud800")


@pytest.mark.parametrize("name", ["absent.txt", "."])
def test_the_command_refuses_a_file_that_cannot_be_read(name):
    with pytest.raises(CommandError, match="文件") as refusal:
        call_command("import_report", name)

    assert refusal.value.returncode == 2


def test_the_command_names_the_file_that_it_refuses(tmp_path, capsys):
    path = tmp_path / "小说.txt"
    path.write_text(NOVEL, encoding="utf-8")

    with pytest.raises(CommandError, match="小说.txt：没有找到") as refusal:
        call_command("import_report", str(path), "--json")

    assert refusal.value.returncode == 2
    assert capsys.readouterr().out == ""


HEAD = "关于巡察整改情况的通报\n一、整改落实情况\n（一）已完成的问题\n1.关于“甲”问题的整改。\n"
HOSTILE = {
    "one long line": "整改" * 100_000,
    "ordinals": "一是" * 100_000,
    "ordinals that open": HEAD + "。一是" * 70_000,
    "ordinals that count": HEAD + "".join(f"。{n}是" for n in "一二三四五六七八九") * 10_000,
    "opening quotation marks": HEAD + "2.关于" + "“" * 200_000,
    "nested quotation marks": HEAD + "2.关于" + "“" * 50_000 + "”" * 50_000 + "问题的整改。",
    "closing marks before 问题": HEAD + "2.关于“" + "”的问题" * 50_000,
    "opening title marks": HEAD + "《" * 200_000,
    "nested title marks": HEAD + "《" * 100_000 + "》" * 100_000,
    "next steps": HEAD + "。下一步，二是" * 30_000,
    "next steps in items": HEAD + "一是。" + "。下一步，三是。二是" * 20_000,
    "digits": HEAD + "1" * 200_000,
    "digits with units": "一、整改\n" + "反馈1个" * 50_000,
    "Chinese digits": HEAD + "十" * 200_000,
    "brackets": HEAD + "（一）" * 70_000,
    "packed numbers": "关于巡察整改的通报" + "。一、整改情况（一）1.关于" * 20_000,
    "white space": HEAD + "2." + " " * 200_000 + "关于",
    "white space in brackets": HEAD + "( " * 100_000,
    "white space lines": HEAD + "\n" * 19_000 + "。",
    "short lines": HEAD + "甲\n" * 15_000,
    "numbered lines": HEAD + "1.\n" * 10_000,
    "problem lines": HEAD + "1.关于“甲”问题的整改。\n" * 6_000,
    "labels": HEAD + "信息来源:" * 40_000,
    "labels first": "信息来源:" * 40_000 + "\n" + HEAD,
    "title lines": "通报\n" * 10_000 + HEAD,
    "dates": "一、整改\n" + "2024年1月1日至" * 20_000 + "反馈",
    "as-of phrases": "一、整改\n" + "截至7月" * 50_000,
    "full stops": HEAD + "。" * 200_000,
    "percentages": HEAD + "整改完成率100%" * 20_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_text_is_read_or_refused_at_once(text):
    start = time.process_time()

    with suppress(ReportRefused):
        read_text(text)

    # Linear reading takes half a second, quadratic minutes; between them is room for any machine.
    assert time.process_time() - start < 20
