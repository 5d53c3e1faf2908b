"""What every Word file of the house has in common: fonts by name, page numbers, no unprintables.

The licensed fonts are named and not shipped: whoever has them sees them.
"""

import re
from typing import Any

from docx.oxml import OxmlElement
from docx.oxml.ns import qn

XIAOBIAOSONG, HEITI, SONG = "方正小标宋简体", "黑体", "宋体"
LATIN = "Times New Roman"
_UNPRINTABLE = re.compile(r"[^\t\n\x20-\x7e\x80-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def printable(text: str) -> str:
    """Without what no XML may hold; each line ends with a line feed."""
    return _UNPRINTABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def name_font(properties: Any, name: str) -> None:
    """The east Asian font needs an attribute of its own, which python-docx does not write."""
    fonts = properties.get_or_add_rFonts()
    for script, font in (("ascii", LATIN), ("hAnsi", LATIN), ("cs", LATIN), ("eastAsia", name)):
        fonts.set(qn(f"w:{script}"), font)
    fonts.set(qn("w:hint"), "eastAsia")  # “” are of both scripts


def page_number(run: Any) -> None:
    """What Word fills in itself."""
    for kind in ("begin", None, "end"):
        if kind:
            run._r.append(element("w:fldChar", fldCharType=kind))
        else:
            code = OxmlElement("w:instrText")
            code.text = "PAGE"
            run._r.append(code)


def element(name: str, **attributes: str) -> Any:
    made = OxmlElement(name)
    for key, value in attributes.items():
        made.set(qn(f"w:{key}"), value)
    return made
