"""How much two wordings of problems resemble each other, in per cent.

The scorer is rapidfuzz's `ratio` over the sorted pairs of neighbouring characters, which is the
Sørensen–Dice share of common pairs. Why this one (ten matters reworded by hand, which are in the
tests, and 1,423 pairs of different matters out of a real report of 43 problems):

- Chinese has no spaces, so rapidfuzz's token scorers see one word; pairs of characters stand for
  words without a dictionary to be kept.
- The same matter comes back with its clauses in another order: `ratio` over characters fell to 35
  for true pairs while different ones reached 45, `partial_ratio` 48 against 62. Sorted, order is
  out of it.
- Phrases that every problem holds (不到位, 存在…问题) are left out first: they lifted different
  matters. Then true pairs begin at 50 and different ones end at 33; THRESHOLD stands between.

Known limit: a heading against a text more than four times its length cannot reach THRESHOLD.
"""

import re
import unicodedata
from collections.abc import Mapping

from rapidfuzz import fuzz, process

THRESHOLD = 40
MOST = 5

_STOCK = re.compile(
    "不到位|不够|不力|不足|不严格|不严|不规范|不及时|存在|情况|问题|现象|部分|个别|落实|执行|仍有|有的|没有|工作|管理"
    "|进一步|加强|较大|薄弱|缓慢|方面|有差距|差距|责任制|责任|制度|环节"
)
_NOT_WORDS = re.compile(r"[\W_]+")


def score(one: str, other: str) -> int:
    """How alike the two wordings are, 0 to 100. The same either way round."""
    first, second = _pairs(one), _pairs(other)
    # Of two that say nothing rapidfuzz finds that they say the same.
    return round(fuzz.ratio(first, second)) if first and second else 0


def likely(wording: str, others: Mapping[int, str]) -> tuple[tuple[int, int], ...]:
    """The keys of the most alike of the others with their scores, best first.

    At most MOST of them, none below THRESHOLD.
    """
    asked = _pairs(wording)
    choices = {key: pairs for key, text in others.items() if (pairs := _pairs(text))}
    if not asked or not choices:
        return ()
    found = process.extract(asked, choices, scorer=fuzz.ratio, limit=MOST, score_cutoff=THRESHOLD)
    return tuple((int(key), round(alike)) for _, alike, key in found)


def _pairs(wording: str) -> list[str]:
    """The pairs of neighbouring characters, sorted; stock phrases and punctuation part them."""
    parts = _STOCK.sub(" ", _NOT_WORDS.sub(" ", _plain(wording))).split()
    return sorted(part[at : at + 2] for part in parts for at in range(len(part) - 1))


def _plain(wording: str) -> str:
    """ＥＰＣ, EPC and epc are one word."""
    return unicodedata.normalize("NFKC", wording).casefold()
