"""Drawing a sample that anybody can draw again.

Every code is ranked by SHA-256 of the seed and the code; the first `size` are drawn. Nobody who
does not know the seed can tell what will be drawn, and whoever does gets the same sample, in
whatever order the codes come.
"""

import hashlib
from collections.abc import Iterable

RULE = (
    "把种子和措施编号首尾相接，按 UTF-8 计算 SHA-256，从小到大排列，取前若干条。"
    "总体校验码是全部编号按字符顺序排列、每行一个连成文本后的 SHA-256。"
)


def draw(codes: Iterable[str], *, size: int, seed: str) -> tuple[str, ...]:
    """The sample, in the order of its ranks; everything where `size` reaches the whole.

    Codes that occur twice count once. Raises ValueError for a size below 1 or an empty seed.
    """
    if size < 1 or not seed:
        raise ValueError("a sample has at least one member, and a seed")
    return tuple(sorted(set(codes), key=lambda code: (_rank(code, seed), code))[:size])


def digest(codes: Iterable[str]) -> str:
    """SHA-256 over the sorted codes, one a line: says of what the sample was drawn."""
    return hashlib.sha256("\n".join(sorted(set(codes))).encode()).hexdigest()


def _rank(code: str, seed: str) -> str:
    return hashlib.sha256(f"{seed}{code}".encode()).hexdigest()
