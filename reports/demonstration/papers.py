"""Real files for the invented evidence: a picture, a scanned document, a text. None has a date."""

import io
from collections.abc import Sequence

import docx
from PIL import Image, ImageDraw

PAPER = (620, 877)  # A4 at 75 dots an inch
SCENE = (960, 640)


def made(name: str, *, title: str, says: Sequence[str]) -> bytes:
    """The bytes of a file of this name; `says` is what a text says, or a page of a scan each."""
    makers = {"png": _photograph, "pdf": _scan, "docx": _text}
    return makers[name.rpartition(".")[2]](title, says)


def _photograph(title: str, says: Sequence[str]) -> bytes:
    """Hills behind a river with a pumping station; the hour of the day differs by the title."""
    light = sum(map(ord, title)) % 60
    image = Image.new("RGB", SCENE, (150 + light, 190 + light // 2, 225))
    draw = ImageDraw.Draw(image)
    draw.polygon([(0, 340), (260, 180), (520, 340)], fill=(96, 128, 110))
    draw.polygon([(380, 340), (700, 140), (960, 340)], fill=(78, 112, 96))
    draw.rectangle((0, 340, 960, 420), fill=(140, 156, 108))
    draw.rectangle((0, 420, 960, 640), fill=(92, 138 + light // 2, 160))
    draw.rectangle((600, 280, 760, 420), fill=(222, 216, 204))
    draw.polygon([(580, 280), (680, 220), (780, 280)], fill=(150, 78, 66))
    draw.rectangle((660, 340, 700, 420), fill=(90, 96, 104))
    for top in range(440, 640, 28):
        draw.line((40 + top % 90, top, 900 - top % 70, top), fill=(120, 168, 186), width=3)
    return _saved(image, "PNG")


def _scan(title: str, says: Sequence[str]) -> bytes:
    """Pages with a red heading, grey lines where the words are, and a seal on the last one."""
    pages = [_page(len(line)) for line in says or ("",)]
    draw = ImageDraw.Draw(pages[-1])
    draw.ellipse((390, 640, 520, 770), outline=(200, 40, 40), width=5)
    draw.regular_polygon((455, 705, 26), 5, fill=(200, 40, 40))
    buffer = io.BytesIO()
    pages[0].save(buffer, "PDF", save_all=True, append_images=pages[1:], resolution=75)
    return buffer.getvalue()


def _page(length: int) -> Image.Image:
    page = Image.new("RGB", PAPER, "white")
    draw = ImageDraw.Draw(page)
    draw.rectangle((150, 90, 470, 116), fill=(200, 40, 40))
    draw.line((70, 150, 550, 150), fill=(200, 40, 40), width=3)
    for number in range(14 + length % 5):
        end = 550 - (number * 37 + length * 11) % 160 if number % 4 == 3 else 550
        draw.rectangle((70, 190 + number * 27, end, 200 + number * 27), fill=(176, 176, 176))
    return page


def _text(title: str, says: Sequence[str]) -> bytes:
    document = docx.Document()
    document.core_properties.author = ""
    document.core_properties.comments = ""
    document.add_heading(title, level=1)
    for paragraph in says:
        document.add_paragraph(paragraph)
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def _saved(image: Image.Image, kind: str) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind)
    return buffer.getvalue()
