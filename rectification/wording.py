"""What no text may hold, whichever door it comes through: a form, a workbook.

Each rule raises ValidationError with a sentence that says what to do.
"""

import re
import unicodedata

from django.core.exceptions import ValidationError

# Rules of the house (domain, section 6): marked text stays outside. The words alone are ordinary
# ones (保密工作, 商业秘密), so that only a mark counts: with a star, a term, in brackets, or alone.
_SECRECY_MARK = re.compile(
    r"(绝密|机密|秘密)\s*(★|☆|[级件]?\s*\d+\s*[年月])"
    r"|密级\s*[:：]\s*(绝密|机密|秘密)"
    r"|^\s*[【\[(（](绝密|机密|秘密)[】\])）]"
    r"|^\s*(绝密|机密|秘密)\s*$",
    re.MULTILINE,
)
_IDENTITY_NUMBER = re.compile(r"(?<![0-9A-Za-z])\d{17}[\dXx](?![0-9A-Za-z])")
_DIRECTION = re.compile(r"[\u202a-\u202e\u2066-\u2069]")
_CONTROL = re.compile(r"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
SECRECY = "secrecy_mark"  # the code of that refusal: it is recorded
_MARKS_MOST = 8  # more marks on one letter than any script needs


def no_secrecy_mark(text: str) -> None:
    """Raises ValidationError where the text carries a mark of secrecy."""
    if found := _SECRECY_MARK.search(text):
        raise ValidationError(
            f"文字中有密级标志“{found.group().strip()}”。本系统为非涉密系统，严禁填报涉密内容，没有保存。",
            code=SECRECY,
        )


def no_identity_number(text: str) -> None:
    if _IDENTITY_NUMBER.search(text):
        raise ValidationError("文字中有身份证号码。请删去个人信息后再提交。")


def no_hidden_characters(text: str) -> None:
    """Raises ValidationError for what a reader cannot see: control, direction, piled-up marks."""
    if _CONTROL.search(text) or _DIRECTION.search(text):
        raise ValidationError("文字中有看不见的控制字符，请重新输入，不要从其他软件直接粘贴。")
    marks = 0
    for letter in text:
        marks = marks + 1 if unicodedata.combining(letter) else 0
        if marks > _MARKS_MOST:
            raise ValidationError("文字中有异常的组合符号，请重新输入。")


def check(text: str) -> None:
    """All the rules on one text. Raises ValidationError for the first that it breaks."""
    for rule in (no_hidden_characters, no_secrecy_mark, no_identity_number):
        rule(text)
