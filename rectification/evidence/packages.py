"""Word, Excel, PowerPoint and OFD: XML in a ZIP, which may carry far more than a text."""

import io
import re
import stat
import zipfile
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import IO
from zipfile import ZipFile, ZipInfo

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, iterparse

from rectification.evidence.naming import RUNNABLE, FileRefused, extension_of, refuse_secret

MOST_MEMBERS = 5_000
MOST_UNPACKED = 200 * 1024 * 1024  # bytes, all members together
MOST_RATIO = 500  # a real sheet stays below 100
MOST_XML = 60 * 1024 * 1024  # bytes of one part: more is not parsed in the time allowed
MAIN_TYPES = {
    "docx": "wordprocessingml.document.main+xml",
    "xlsx": "spreadsheetml.sheet.main+xml",
    "pptx": "presentationml.presentation.main+xml",
}
OFFICE = frozenset(MAIN_TYPES)
XML_WITHIN = RUNNABLE - {"xml"} | {"zip", "rar", "7z", "gz", "tar", "iso", "bin"}
OF_OFFICE = {"printersettings", "vmldrawing"}  # .bin that Office itself writes
_HIDDEN = "文件内部的结构不正常，请重新另存后再上传。"
_DDE = "文件里有自动运行的域（DDE），请删去后再上传。"
TRACKED = "文件里有修订痕迹和修订人姓名，不能标为可以公开。请接受全部修订，或者不选“可以公开”。"
_WORDS = {"t", "TextCode"}
_LINES = {"p", "si", "c", "TextObject", "property", "title", "subject", "keywords", "category"}
_MARKS = {"ins", "del", "moveFrom", "moveTo"}
_XML_NAMES = frozenset({"xml", "rels", "vml"})
_TAKEN_IN = ("/afchunk", "/oleobject", "/control", "/vbaproject", "/subdocument", "/frame")
_WORD_NAMESPACES = (
    "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}",
    "{http://purl.oclc.org/ooxml/wordprocessingml/main}",  # of a "strict" document
)
_RUNS_BY_ITSELF = re.compile(r"(?<![A-Z0-9])DDE(AUTO)?(?![A-Z0-9])", re.IGNORECASE)


def inspect(file: IO[bytes], extension: str, *, depth: int = 0) -> str:
    """Why the file may not be public, or nothing. Raises FileRefused, SecretRefused."""
    try:
        with ZipFile(file) as archive:
            members = archive.infolist()
            _refuse_bomb(members, extension)
            for member in members:
                _refuse_member(member)
            _refuse_other_kind(archive, extension)
            texts = [_read(archive, member, extension) for member in members if _is_xml(member)]
            _inspect_within(archive, members, depth)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise _broken(extension) from error
    except (DefusedXmlException, ParseError) as error:
        raise _broken(extension) from error
    for words, _ in texts:
        refuse_secret(words, where="文件内容")
    return TRACKED if any(tracked for _, tracked in texts) else ""


def _refuse_bomb(members: list[ZipInfo], extension: str) -> None:
    total = sum(member.file_size for member in members)
    squeezed = any(
        member.file_size > MOST_RATIO * max(member.compress_size, 1) and member.file_size > 2**20
        for member in members
    )
    xml = any(_is_xml(member) and member.file_size > MOST_XML for member in members)
    if len(members) > MOST_MEMBERS or total > MOST_UNPACKED or squeezed or xml:
        raise FileRefused(f"{extension.upper()} 文件解开后太大，请拆分后再上传。")
    names = [member.filename.lower() for member in members]
    if len(names) != len(set(names)):
        raise _broken(extension)


def _refuse_member(member: ZipInfo) -> None:
    path = PurePosixPath(member.filename)
    if (
        path.is_absolute()
        or ".." in path.parts
        or "\\" in member.filename
        or "\0" in member.filename
    ):
        raise FileRefused("文件内部的路径不正常，请重新另存后再上传。")
    if stat.S_ISLNK(member.external_attr >> 16):
        raise FileRefused("文件内部有符号链接，请重新另存后再上传。")
    if member.flag_bits & 1:
        raise FileRefused("文件有密码，请去掉密码后再上传。")
    name = member.filename.lower()
    if "vbaproject" in name or "activex" in name or "macrosheets" in name:
        raise FileRefused("文件带有宏或控件，请另存为不带宏的文件后再上传。")
    harmless = any(word in name for word in OF_OFFICE)
    if extension_of(name) in XML_WITHIN and not harmless:
        raise FileRefused("文件里嵌有程序、压缩包或其他对象，请去掉后再上传。")


def _refuse_other_kind(archive: ZipFile, extension: str) -> None:
    """The content must be what the name says: a workbook named .docx is refused."""
    if extension == "ofd":
        if "OFD.xml" not in archive.namelist() or b"ofdspec.org" not in archive.read("OFD.xml"):
            raise _broken(extension)
        for member in archive.infolist():
            if not _is_xml(member) and _begins_like_xml(archive, member):
                raise FileRefused(_HIDDEN)
        return
    if "[Content_Types].xml" not in archive.namelist():
        raise _broken(extension)
    declared = archive.read("[Content_Types].xml").decode("utf-8", "replace")
    if "macroenabled" in declared.lower():
        raise FileRefused("文件带有宏，请另存为不带宏的文件后再上传。")
    _refuse_hidden_parts(archive)
    if MAIN_TYPES[extension] not in declared:
        raise FileRefused(f"文件内容不是 {extension.upper()}，与扩展名不符，请重新另存后再上传。")


def _refuse_hidden_parts(archive: ZipFile) -> None:
    """Every part that is read as XML bears its name, so that none is left unread here."""
    with archive.open("[Content_Types].xml") as part:
        for _, _, attributes in _elements(part):
            name = attributes.get("PartName") or f".{attributes.get('Extension', 'xml')}"
            is_xml = attributes.get("ContentType", "").lower().split(";")[0].endswith("xml")
            if is_xml and extension_of(f"x{name}") not in _XML_NAMES:
                raise FileRefused(_HIDDEN)


def _begins_like_xml(archive: ZipFile, member: ZipInfo) -> bool:
    with archive.open(member) as part:
        start = part.read(64)
    return start.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xfe\xff \t\r\n").startswith(b"<")


def _inspect_within(archive: ZipFile, members: list[ZipInfo], depth: int) -> None:
    """A chart carries its workbook: looked at in the same way, but nothing deeper."""
    for member in members:
        if extension_of(member.filename) in OFFICE:
            if depth:
                raise FileRefused("文件里层层嵌套其他文件，请去掉嵌入的对象后再上传。")
            content = io.BytesIO(archive.read(member))
            inspect(content, extension_of(member.filename), depth=1)
        elif "embeddings/" in member.filename.lower() and not member.is_dir():
            raise FileRefused("文件里嵌有其他文件，请去掉嵌入的对象后再上传。")


def _is_xml(member: ZipInfo) -> bool:
    return extension_of(member.filename) in _XML_NAMES


def _read(archive: ZipFile, member: ZipInfo, extension: str) -> tuple[str, bool]:
    """The words of a part, and whether it has tracked changes; its links are looked at."""
    words: list[str] = []
    fields: list[str] = []
    tracked = False
    with archive.open(member) as part:
        for tag, text, attributes in _elements(part):
            local = tag.rpartition("}")[2]
            if local == "Relationship":
                _refuse_link(attributes)
            elif local == "ddeLink":
                raise FileRefused(_DDE)
            fields.append(_instruction(local, text, attributes))
            tracked = tracked or (local in _MARKS and tag.startswith(_WORD_NAMESPACES))
            if local in _WORDS or member.filename.startswith("docProps/"):
                words.append(text)
            if local in _LINES:
                words.append("\n")
    if _RUNS_BY_ITSELF.search("".join(fields)):
        raise FileRefused(_DDE)
    return "".join(words), tracked


def _instruction(local: str, text: str, attributes: dict[str, str]) -> str:
    """What an element tells a field to do: one instruction may be cut into many runs."""
    if local == "instrText":
        return text
    if local == "fldChar":  # where a field begins or ends
        return " "
    simple = [value for name, value in attributes.items() if name.rpartition("}")[2] == "instr"]
    return f" {simple[0]} " if simple else ""


def _elements(part: IO[bytes]) -> Iterator[tuple[str, str, dict[str, str]]]:
    for _, element in iterparse(part, events=("end",), forbid_dtd=True):
        yield element.tag, element.text or "", dict(element.attrib)
        element.clear()


def _refuse_link(attributes: dict[str, str]) -> None:
    """What is fetched when the file is opened: a template, a picture, a film from elsewhere."""
    kind = attributes.get("Type", "").lower()
    outside = attributes.get("TargetMode", "").lower() == "external"
    if kind.endswith(_TAKEN_IN):
        raise FileRefused("文件里嵌有其他文件或控件，请去掉嵌入的对象后再上传。")
    if "attachedtemplate" in kind and outside:
        raise FileRefused("文件套用了外部模板，请在 Word 里去掉模板后再上传。")
    if outside and not kind.endswith("/hyperlink"):
        raise FileRefused("文件引用了外部的图片、视频或数据，请改为嵌入或删去后再上传。")


def _broken(extension: str) -> FileRefused:
    return FileRefused(f"{extension.upper()} 文件打不开或者不完整，请重新另存后再上传。")
