"""A letter in a list, with the time that is left for its answer, in words."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.http import urlencode

from rectification import clock, letterbook, permissions
from rectification.models import SupervisionAction
from rectification.states import LetterState

FEW_DAYS = 2  # left for an answer: amber
TONES = {
    LetterState.PROPOSED: "near",
    LetterState.ISSUED: "run",
    LetterState.ACKNOWLEDGED: "run",
    LetterState.ANSWERED: "near",
    LetterState.SETTLED: "done",
}


@dataclass(frozen=True)
class LetterLine:
    """`light` is the colour of components/light.html, `due` its reason or empty."""

    letter: SupervisionAction
    light: str
    due: str
    tone: str


def line_of(letter, *, on):
    due = letter.due_phrase(on=on)
    late = letter.is_late(on=on)
    near = bool(due) and clock.days_left(letter.due_on, on=on) <= FEW_DAYS
    colour, word = ("red", "红：") if late else ("yellow", "黄：") if near else ("green", "绿：")
    tone = TONES.get(LetterState(letter.state), "plain")
    return LetterLine(letter, colour, f"{word}{due}" if due else "", tone)


def letters_of_measure(user, measure, *, on):
    """The lines of the card on a measure's page."""
    return [line_of(each, on=on) for each in letterbook.of_measure(user, measure)]


def letter_url(user, measure):
    """Where the office writes a letter about a measure; empty for everybody else."""
    if not permissions.may_run(user, measure.inspection):
        return ""
    new = reverse("rectification:letter_new", args=[measure.inspection.code])
    return f"{new}?{urlencode({'measure': measure.code})}"
