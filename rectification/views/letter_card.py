"""A letter in a list, with the time that is left for its answer, in words."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.http import urlencode

from rectification import clock, letterbook, permissions, supervising
from rectification.models import Light, SupervisionAction, come_to
from rectification.states import LETTER_OPEN, LetterState

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
    """`light` is the colour of components/light.html, `due` its reason or empty; `rung` is the
    light of the rung that gave an unsettled letter, or None. `about` names what it is about, which
    tells it from others of its kind; `late` says how late the measure of a proposal is, or nothing.
    """

    letter: SupervisionAction
    light: str
    due: str
    tone: str
    rung: Light | None
    about: str
    late: str


def lines_of(user, rows, *, on):
    """The lines of a list. What a measure says is for those who see the measure."""
    seen = letterbook.measures_seen(user, rows)
    return [line_of(each, on=on, names_measure=each.measure_id in seen) for each in rows]


def waiting_lines(user, waiting, *, on):
    """The lines of the desk, by what the letters wait for."""
    groups = vars(waiting)
    seen = letterbook.measures_seen(user, [each for rows in groups.values() for each in rows])
    return {
        name: [line_of(each, on=on, names_measure=each.measure_id in seen) for each in rows]
        for name, rows in groups.items()
    }


def line_of(letter, *, on, names_measure=False):
    due = letter.due_phrase(on=on)
    late = letter.is_late(on=on)
    near = bool(due) and clock.days_left(letter.due_on, on=on) <= FEW_DAYS
    colour, word = ("red", "红：") if late else ("yellow", "黄：") if near else ("green", "绿：")
    tone = TONES.get(LetterState(letter.state), "plain")
    waits = letter.is_proposed or letter.state in LETTER_OPEN
    rung = letter.rung.light if letter.rung and waits else None
    return LetterLine(
        letter,
        colour,
        f"{word}{due}" if due else "",
        tone,
        rung,
        about=_about(letter, names_measure=names_measure),
        late=_late(letter, on=on) if letter.is_proposed else "",
    )


def _about(letter, *, names_measure):
    if letter.measure is None:
        return letter.title
    return str(letter.measure) if names_measure else f"{letter.measure.code} {letter.title}"


def _late(letter, *, on):
    """How late the measure is, in the colour of the rung where that has one."""
    deadline = letter.measure.deadline if letter.measure else None
    if deadline is None or deadline >= on:
        return ""
    colour = f"{letter.rung.get_colour_display()}：" if letter.rung and letter.rung.light else ""
    return f"{colour}措施超期{clock.days_overdue(deadline, on=on)}天"


def letters_of_measure(user, measure, *, on):
    """The lines of the card on a measure's page."""
    return [line_of(each, on=on) for each in letterbook.of_measure(user, measure)]


def rung_light(measure, *, on):
    """The light of the highest rung that the measure has come to; None where the ladder is quiet,
    or where that rung has no colour."""
    if measure.deadline is None or measure.status in supervising.QUIET:
        return None
    rungs = list(measure.inspection.rungs.standing().lowest_first())
    rung = come_to(rungs, since=supervising.counted_from(measure), on=on)
    return rung.light if rung else None


def letter_url(user, measure):
    """Where the office writes a letter about a measure; empty for everybody else."""
    if not permissions.may_run(user, measure.inspection):
        return ""
    new = reverse("rectification:letter_new", args=[measure.inspection.code])
    return f"{new}?{urlencode({'measure': measure.code})}"
