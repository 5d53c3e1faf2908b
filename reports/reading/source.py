"""Bytes into text: what kind of file it is, in which encoding, and whether it may come in."""

from contextlib import suppress

from reports.reading.notes import ReportRefused
from reports.reading.word import word_text

MOST_BYTES = 50 * 1024 * 1024
MOST_CHARACTERS = 300_000  # the longest published reports have about a fifth of this
MOST_LINES = 20_000
COMMON_LEAST = 0.8  # share of common characters below which a text is in another encoding
SIGNATURES = (
    (b"\x89PNG", "PNG 图片"),
    (b"\xff\xd8\xff", "JPEG 图片"),
    (b"GIF8", "GIF 图片"),
    (b"BM", "BMP 图片"),
    (b"II*\x00", "TIFF 图片"),
    (b"MM\x00*", "TIFF 图片"),
    (b"%PDF", "PDF 文件"),
    (b"{\\rtf", "RTF 文档"),
    (b"Rar!", "RAR 压缩包"),
    (b"7z\xbc\xaf", "7z 压缩包"),
    (b"\x1f\x8b", "gzip 压缩包"),
)
COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # an old .doc, or an encrypted .docx


def source_text(data: bytes, *, name: str, most_bytes: int = MOST_BYTES) -> str:
    """The text of a .txt or .docx file, lines parted by \\n. Raises ReportRefused."""
    if len(data) > most_bytes:
        raise ReportRefused(
            f"文件超过 {most_bytes / 1024 / 1024:.0f} MB 的上限，没有读取。请删去图片后再导入。"
        )
    if not data.strip():
        raise ReportRefused("文件是空的，没有可读的内容。")
    _refuse_foreign(data)
    if data.startswith(b"PK\x03\x04") or name.lower().endswith(".docx"):
        return plain(word_text(data, most_bytes=most_bytes))
    return plain(_decoded(data))


def plain(text: str) -> str:
    """Pasted or decoded text with uniform line ends. Raises ReportRefused."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise ReportRefused("文件里没有文字。如果内容是扫描图片，请先识别成文字再导入。")
    if "\x00" in text:
        line = text.count("\n", 0, text.index("\x00")) + 1
        raise ReportRefused(
            f"第 {line} 行含有空字符（NUL），不是正常的文本，请另存为 UTF-8 文本后再导入。"
        )
    if len(text) > MOST_CHARACTERS or text.count("\n") > MOST_LINES:
        most = f"{MOST_CHARACTERS // 10_000} 万字或 {MOST_LINES // 10_000} 万行"
        raise ReportRefused(f"文字超过 {most}，不像一份通报，没有读取。")
    if any("\ud800" <= char <= "\udfff" for char in text):
        raise ReportRefused("文字中有残缺的字符（半个代理对），请从原文重新复制。")
    return text


def _refuse_foreign(data: bytes) -> None:
    for signature, what in SIGNATURES:
        if data.startswith(signature) and not _is_text(data[:64]):
            raise ReportRefused(
                f"这是{what}，不是通报文本。请上传 .docx 或 .txt 文件，或直接粘贴文字。"
            )
    if data.startswith(COMPOUND):
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise ReportRefused("Word 文档设有打开密码，无法读取。请取消密码后再导入。")
        raise ReportRefused(
            "这是旧版 Office 文件（.doc 等）。请用 Word 或 WPS 另存为 .docx 后再导入。"
        )


def _is_text(start: bytes) -> bool:
    """“BM 2025…” is a text that only begins like a picture."""
    return start[:2] == b"BM" and not any(byte < 9 for byte in start)


def _decoded(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ReportRefused("文件是 UTF-16 编码。请另存为 UTF-8 或 GB 18030（ANSI）编码后再导入。")
    with suppress(UnicodeDecodeError):
        return data.decode("utf-8-sig")
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ReportRefused(
            f"无法识别文件的编码（第 {line} 行附近）。请另存为 UTF-8 或 GB 18030 编码后再导入。"
        ) from error
    if _common_share(text) < COMMON_LEAST:
        raise ReportRefused("文件不是 UTF-8 或 GB 18030 编码的文本。请另存为 UTF-8 编码后再导入。")
    return text


def _common_share(text: str) -> float:
    """Of the characters beyond ASCII, the share of the signs and common characters of GB 2312."""
    foreign = [char for char in text[:200_000] if char > "\x7f"]
    if not foreign:
        return 1.0
    return sum(_is_common(char) for char in foreign) / len(foreign)


def _is_common(char: str) -> bool:
    try:
        lead = char.encode("gb2312")[0]
    except UnicodeEncodeError:
        return char in "—·…"
    return 0xB0 <= lead <= 0xD7 or 0xA1 <= lead <= 0xA3
