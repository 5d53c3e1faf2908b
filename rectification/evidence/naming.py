"""What a file may be called, and which kinds of file are taken at all."""

import re
import unicodedata
from pathlib import PurePath

from django.core.exceptions import ValidationError

from rectification import wording

LONGEST = 255
OOXML = "application/vnd.openxmlformats-officedocument"
MEDIA_TYPES = {
    "pdf": "application/pdf",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "docx": f"{OOXML}.wordprocessingml.document",
    "xlsx": f"{OOXML}.spreadsheetml.sheet",
    "pptx": f"{OOXML}.presentationml.presentation",
    "ofd": "application/ofd",
}
ALLOWED = "PDF、JPG、PNG、DOCX、XLSX、PPTX、OFD"
# What some system would run or show as a page: refused as any part of a name, and inside packages.
RUNNABLE = frozenset(
    ["exe", "com", "scr", "pif", "bat", "cmd", "ps1", "vbs", "vbe", "js", "jse", "wsf", "wsh"]
    + ["msi", "hta", "lnk", "jar", "dll", "cpl", "reg", "sh", "py", "pl", "php", "php5", "phtml"]
    + ["jsp", "asp", "aspx", "cgi", "htm", "html", "xhtml", "shtml", "svg", "xml", "xsl", "mht"]
    + ["eml", "app", "apk", "docm", "xlsm", "pptm"]
)
_DEVICE = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)
_RESERVED = re.compile(r'[/\\:*?"<>|]')


class FileRefused(Exception):
    """The file is not taken; the message says why, and what would be."""


class SecretRefused(FileRefused):
    """The file, or its name, carries a mark of secrecy. Recorded without what it says."""


def extension_of(name: str) -> str:
    return PurePath(name).suffix.lower().removeprefix(".")


def check(name: str) -> str:
    """The extension of a sound file name, in small letters. Raises FileRefused, SecretRefused."""
    if len(name) > LONGEST:
        raise FileRefused(f"文件名有{len(name)}字，最多{LONGEST}字，请改短后再上传。")
    if any(unicodedata.category(letter)[0] == "C" for letter in name):
        raise FileRefused("文件名里有看不见的控制字符，请重新命名后再上传。")
    if _RESERVED.search(name) or name != name.strip(" .") or not name:
        raise FileRefused(f"文件名“{name}”不规范，请去掉特殊符号和首尾的空格、句点后再上传。")
    if _DEVICE.match(name):
        raise FileRefused(f"文件名“{name}”是系统保留的名称，请改名后再上传。")
    refuse_secret(PurePath(name).stem, where="文件名")
    *_, extension = parts = name.lower().split(".")
    if len(parts) < 2 or extension not in MEDIA_TYPES:
        raise FileRefused(f"“{name}”的类型不能上传，只收 {ALLOWED}。")
    if RUNNABLE.intersection(parts[1:-1]):
        raise FileRefused(f"文件名“{name}”里有两个扩展名，请改名后再上传。只收 {ALLOWED}。")
    return extension


def carries_mark(text: str) -> bool:
    """Whether a mark of secrecy stands in the text, also with its letters spaced out."""
    squeezed = "\n".join("".join(line.split()) for line in text.splitlines())
    try:
        wording.no_secrecy_mark(text)
        wording.no_secrecy_mark(squeezed)
    except ValidationError:
        return True
    return False


def refuse_secret(text: str, *, where: str) -> None:
    """Raises SecretRefused; the sentence does not repeat the mark."""
    if carries_mark(text):
        raise SecretRefused(
            f"{where}里有密级标志。本系统为非涉密系统，严禁上传涉密文件，没有保存；这次拒收已记入日志。"
        )
