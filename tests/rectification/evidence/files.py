"""Files made in the test: sound ones of every kind that is taken, and those made to harm."""

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping

import docx
import pypdfium2
import xlsxwriter
from PIL import Image
from pypdf import PdfReader, PdfWriter
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, TextStringObject

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
OPENXML = "application/vnd.openxmlformats-officedocument"
OFD = "http://www.ofdspec.org/2016"


def pdf(pages: int = 1) -> bytes:
    document = pypdfium2.PdfDocument.new()
    for _ in range(pages):
        document.new_page(595, 842)
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def pdf_saying(text: str) -> bytes:
    """A page with words that only the file's own table of characters can read."""
    codes = {letter: number for number, letter in enumerate(dict.fromkeys(text), 1)}
    shown = "".join(f"{codes[letter]:02x}" for letter in text)
    pairs = "\n".join(f"<{n:02x}> <{ord(letter):04x}>" for letter, n in codes.items())
    table = (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /X def\n"
        f"1 begincodespacerange <00> <ff> endcodespacerange\n{len(codes)} beginbfchar\n{pairs}\n"
        "endbfchar endcmap CMapName currentdict /CMap defineresource pop end end"
    )
    page = f"BT /F 20 Tf 50 700 Td <{shown}> Tj ET"
    objects = [
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R"
        "/Resources<</Font<</F 5 0 R>>>>>>",
        f"<</Length {len(page)}>>\nstream\n{page}\nendstream",
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/ToUnicode 6 0 R>>",
        f"<</Length {len(table)}>>\nstream\n{table}\nendstream",
    ]
    return _pdf_of(objects)


def _pdf_of(objects: list[str]) -> bytes:
    body, places = "%PDF-1.4\n", []
    for number, text in enumerate(objects, 1):
        places.append(len(body))
        body += f"{number} 0 obj\n{text}\nendobj\n"
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    size = len(objects) + 1
    end = f"xref\n0 {size}\n0000000000 65535 f \n{table}trailer\n<</Size {size}/Root 1 0 R>>\n"
    return f"{body}{end}startxref\n{len(body)}\n%%EOF\n".encode("latin-1")


def pdf_with(*, launch: bool = False, script: bool = False, attachment: str = "") -> bytes:
    writer = PdfWriter(PdfReader(io.BytesIO(pdf())))
    if launch or script:
        kind, what = ("/Launch", "/F") if launch else ("/JavaScript", "/JS")
        action = {NameObject("/S"): NameObject(kind), NameObject(what): TextStringObject("x")}
        writer.root_object[NameObject("/OpenAction")] = DictionaryObject(action)
    if attachment:
        writer.add_attachment(attachment, b"MZ")
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def pdf_hidden_launch() -> bytes:
    """An action that no page leads to, in a name written with escapes, inside a packed stream."""
    writer = PdfWriter(PdfReader(io.BytesIO(pdf())))
    action = DictionaryObject({NameObject("/S"): NameObject("/Launch")})
    writer._add_object(ArrayObject([action]))
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue().replace(b"/Launch", b"/L#61unch")


def locked_pdf() -> bytes:
    writer = PdfWriter(PdfReader(io.BytesIO(pdf())))
    writer.encrypt("x", algorithm="RC4-128")
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def picture(kind: str = "PNG", *, size: tuple[int, int] = (64, 48), gps: bool = False) -> bytes:
    image = Image.new("RGB", size, "navy")
    exif = Image.Exif()
    exif[0x0131] = "secret camera"
    if gps:
        exif.get_ifd(0x8825)[1] = "N"
        exif.get_ifd(0x8825)[2] = (30.0, 15.0, 1.0)
    buffer = io.BytesIO()
    image.save(buffer, kind, exif=exif)
    return buffer.getvalue()


def bomb_png(side: int = 50_000) -> bytes:
    """A few kilobytes that say that they are a picture of so many pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        checked = kind + data
        return struct.pack(">I", len(data)) + checked + struct.pack(">I", zlib.crc32(checked))

    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    data = zlib.compress(b"\0" * 4_000_000, 9)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    )


def word(text: str = "河湖巡查制度", *, author: str = "") -> bytes:
    document = docx.Document()
    document.add_paragraph(text)
    document.core_properties.author = author
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def workbook(text: str = "巡查台账") -> bytes:
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    book.add_worksheet().write_string(0, 0, text)
    book.close()
    return buffer.getvalue()


def slides(text: str = "专题会议", *, relations: str = "") -> bytes:
    main = f'ContentType="{OPENXML}.presentationml.presentation.main+xml"'
    drawing = "http://schemas.openxmlformats.org/drawingml/2006/main"
    return packed(
        {
            "[Content_Types].xml": f'<Types xmlns="{TYPES}"><Override {main}/></Types>',
            "_rels/.rels": f'<Relationships xmlns="{RELATIONS}"/>',
            "ppt/slides/slide1.xml": f'<s xmlns:a="{drawing}"><a:p><a:t>{text}</a:t></a:p></s>',
            "ppt/slides/_rels/slide1.xml.rels": f'<Relationships xmlns="{RELATIONS}">'
            f"{relations}</Relationships>",
        }
    )


def ofd(text: str = "电子公文") -> bytes:
    return ofd_with({}, text=text)


def ofd_with(parts: Mapping[str, str | bytes], *, text: str = "电子公文") -> bytes:
    return packed(
        {
            **parts,
            "OFD.xml": f'<o:OFD xmlns:o="{OFD}" DocType="OFD"/>',
            "Doc_0/Pages/Page_0/Content.xml": f'<o:Page xmlns:o="{OFD}"><o:TextObject>'
            f"<o:TextCode>{text}</o:TextCode></o:TextObject></o:Page>",
        }
    )


def packed(parts: Mapping[str, str | bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return buffer.getvalue()


def word_with(parts: Mapping[str, str | bytes]) -> bytes:
    """A sound .docx, with these parts put in or replaced."""
    with zipfile.ZipFile(io.BytesIO(word())) as archive:
        sound = {name: archive.read(name) for name in archive.namelist()}
    return packed({**sound, **parts})


def relation(kind: str, target: str) -> str:
    return f'<Relationship Id="r9" Type="{OFFICE}/{kind}" Target="{target}" TargetMode="External"/>'


def word_with_relation(kind: str, target: str) -> bytes:
    links = f'<Relationships xmlns="{RELATIONS}">{relation(kind, target)}</Relationships>'
    return word_with({"word/_rels/settings.xml.rels": links})


def inner_relation(kind: str, target: str) -> dict[str, str]:
    """A relation of the document to a part of its own."""
    link = f'<Relationship Id="r9" Type="{OFFICE}/{kind}" Target="{target}"/>'
    links = f'<Relationships xmlns="{RELATIONS}">{link}</Relationships>'
    return {"word/_rels/footer1.xml.rels": links}


def word_elsewhere(text: str = "机密★10年") -> bytes:
    """A document whose text lies in a part of a name that nobody takes for XML."""
    with zipfile.ZipFile(io.BytesIO(word(text))) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["word/document.dat"] = parts.pop("word/document.xml")
    for name in ("[Content_Types].xml", "_rels/.rels"):
        parts[name] = parts[name].replace(b"word/document.xml", b"word/document.dat")
    return packed(parts)


def word_with_changes() -> bytes:
    change = '<w:ins w:author="张三"><w:r><w:t>新增</w:t></w:r></w:ins>'
    return word_with(
        {"word/document.xml": f'<w:document xmlns:w="{WORD}"><w:p>{change}</w:p></w:document>'}
    )


def bomb_word() -> bytes:
    return word_with({"word/media/zeros.png": b"\0" * 150_000_000})


def word_with_symlink() -> bytes:
    buffer = io.BytesIO(word())
    with zipfile.ZipFile(buffer, "a") as archive:
        link = zipfile.ZipInfo("word/media/link.png")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    return buffer.getvalue()
