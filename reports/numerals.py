"""Numbers as Chinese reports write them: 一 十一 二十 · 1 · １ · ①. To read and to set them."""

import re
from functools import lru_cache

DIGITS = "零一二三四五六七八九"
CIRCLED = "".join(chr(0x2460 + n) for n in range(20)) + "".join(chr(0x3251 + n) for n in range(15))
FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")
TOKEN = re.compile(f"[一二三四五六七八九十百零]+|[0-9]+|[０-９]+|[{CIRCLED}]")


def chinese(number: int) -> str:
    """1 → 一, 12 → 十二, 120 → 一百二十. For 1 to 999; larger numbers come back as digits."""
    if not 0 < number < 1000:
        return str(number)
    hundreds, rest = divmod(number, 100)
    tens, ones = divmod(rest, 10)
    text = f"{DIGITS[hundreds]}百" if hundreds else ""
    if tens:
        text += ("十" if tens == 1 and not hundreds else f"{DIGITS[tens]}十") + DIGITS[ones]
    elif ones:
        text += ("零" if hundreds else "") + DIGITS[ones]
    return text.removesuffix("零")


@lru_cache(maxsize=1024)
def value(token: str) -> int:
    """The number that a token of `TOKEN` says; 0 for what says none (十百, ０)."""
    if token in CIRCLED and len(token) == 1:
        return CIRCLED.index(token) + 1
    if token.isdigit():
        return int(token[:9])
    total = digit = 0
    for char in token[:9]:
        if char in DIGITS:
            digit = DIGITS.index(char)
        else:
            total += (digit or 1) * (100 if char == "百" else 10)
            digit = 0
    return total + digit


def written_like(token: str, *, number: int) -> str:
    """`number` in the style of `token`: (“一”, 4) → 四, (“1”, 4) → 4, (“①”, 4) → ④."""
    if token in CIRCLED:
        return CIRCLED[number - 1] if number <= len(CIRCLED) else f"({number})"
    if token[0] in "0123456789":
        return str(number)
    if token[0] in "０１２３４５６７８９":
        return str(number).translate(FULL_WIDTH)
    return chinese(number)


@lru_cache(maxsize=1024)
def numbered(marker: str, *, number: int) -> str:
    """A marker with its number set: (“（一）”, 3) → （三）. Without a number it stays as it is."""
    found = TOKEN.search(marker)
    if found is None:
        return marker
    return marker[: found.start()] + written_like(found[0], number=number) + marker[found.end() :]


def styled(marker: str) -> str:
    """The style of a marker as found in a text: （三） → （一）, 17. → 1."""
    return numbered(marker, number=1)
