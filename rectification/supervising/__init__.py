"""督办: letters of supervision, and the ladder that proposes them.

drafting (what a letter says) · telling (who hears of it) · corresponding (the verbs of a letter) ·
climbing (what is due by now) · ladder (the verbs of its settings)
"""

from rectification.supervising.climbing import QUIET, Climbed, climb
from rectification.supervising.corresponding import (
    acknowledge,
    answer,
    issue,
    propose,
    reword,
    settle,
    withdraw,
)
from rectification.supervising.drafting import (
    LetterDamaged,
    Wording,
    counted_from,
    letter_as_issued,
    usual_wording,
)

__all__ = [
    "QUIET",
    "Climbed",
    "LetterDamaged",
    "Wording",
    "acknowledge",
    "answer",
    "climb",
    "counted_from",
    "issue",
    "letter_as_issued",
    "propose",
    "reword",
    "settle",
    "usual_wording",
    "withdraw",
]
