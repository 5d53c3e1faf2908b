"""Letters of supervision: who writes, signs, answers and settles them."""

from django.db.models import Exists, OuterRef

from accounts.models import Role, User
from accounts.rights import rights_of
from rectification.models import (
    LetterStep,
    SupervisionAction,
    SupervisionActionQuerySet,
)
from rectification.permissions.hands import done_by
from rectification.permissions.scope import OVERVIEW, may_run, scope_of
from rectification.states import (
    LETTER_MOVES,
)


def letters_of(user: User) -> SupervisionActionQuerySet:
    """The letters that this person may see: their units' own, and all of what they oversee."""
    overseen = rights_of(user).paths(*OVERVIEW)
    return SupervisionAction.objects.visible_within(scope_of(user), whole=overseen)


def may_issue(user: User, letter: SupervisionAction) -> bool:
    return may_run(user, letter.inspection) and letter.is_proposed


def may_acknowledge(user: User, letter: SupervisionAction) -> bool:
    """Sign for a letter: the liaison or the head of the unit that it went to."""
    return _writes_for(user, letter) and _letter_can(letter, "acknowledge")


def may_answer(user: User, letter: SupervisionAction) -> bool:
    """Answer, also once more: the liaison or the head of the unit."""
    return _writes_for(user, letter) and _letter_can(letter, "answer")


def may_settle(user: User, letter: SupervisionAction) -> bool:
    """Say that it is done with: the office, being nobody who answered it."""
    if not may_run(user, letter.inspection) or not _letter_can(letter, "settle"):
        return False
    return not SupervisionAction.objects.filter(signed_by(user), pk=letter.pk).exists()


def may_withdraw_letter(user: User, letter: SupervisionAction) -> bool:
    return may_run(user, letter.inspection) and _letter_can(letter, "withdraw")


def signed_by(user: User) -> Exists:
    """Of letters: the person signed for it or answered it, or had that done."""
    steps = LetterStep.objects.filter(done_by(user), letter=OuterRef("pk"))
    return Exists(steps.filter(verb__in=["acknowledge", "answer"]))


def _writes_for(user: User, letter: SupervisionAction) -> bool:
    return rights_of(user).covers(letter.unit, Role.LIAISON, Role.UNIT_HEAD)


def _letter_can(letter: SupervisionAction, move: str) -> bool:
    return letter.state in LETTER_MOVES[move].sources
