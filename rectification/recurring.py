"""屡查屡犯: which earlier problems a problem resembles, and what a person decides about that.

The system proposes by `resemblance` of wordings; only a person links. Problems of inspections that
the person may not see are neither proposed nor shown.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.db import IntegrityError, transaction
from django.db.models import F

from accounts import journal
from accounts.journal import Act
from accounts.models import User
from rectification import permissions, resemblance
from rectification.models import (
    Problem,
    ProblemQuerySet,
    Recurrence,
    RecurrenceDecision,
    RecurrenceQuerySet,
)


class RecurrenceRefused(Exception):
    """These two problems cannot be decided so: the message says why. Nothing was written."""


class Pair(NamedTuple):
    """A problem, and one of an inspection with an earlier feedback."""

    problem: Problem
    earlier: Problem


@dataclass(frozen=True)
class Decided:
    """What a person decided on a pair (a RecurrenceDecision), and why."""

    decision: str
    why: str


@dataclass(frozen=True)
class Proposal:
    """An earlier problem that may be the same matter, and how alike the wordings are."""

    problem: Problem
    score: int


def proposals(problem: Problem, *, to: User) -> tuple[Proposal, ...]:
    """The most alike earlier problems that the person may see and nobody decided on, best first."""
    undecided = earlier_problems(problem, to=to).exclude(successor_links__problem=problem)
    wordings = dict(undecided.order_by().values_list("pk", "wording"))
    scores = resemblance.likely(problem.wording, wordings)
    rows = Problem.objects.select_related("inspection").in_bulk([pk for pk, _ in scores])
    return tuple(Proposal(rows[pk], score) for pk, score in scores)


def earlier_problems(problem: Problem, *, to: User) -> ProblemQuerySet:
    """The problems of inspections with an earlier feedback, as far as the person may see them."""
    visible = Problem.objects.visible_within(permissions.scope_of(to))
    return visible.filter(inspection__feedback_date__lt=problem.inspection.feedback_date)


@dataclass(frozen=True)
class Kin:
    """The linked problems that the person may see: earlier ones, and later ones of this one."""

    forebears: tuple[Recurrence, ...]
    successors: tuple[Recurrence, ...]


def kin_of(problem: Problem, *, to: User) -> Kin:
    """The forebears and the successors of the problem, as far as the person may see them."""
    linked = linked_within(to)
    return Kin(
        forebears=tuple(linked.filter(problem=problem).for_list()),
        successors=tuple(linked.filter(earlier=problem).for_list()),
    )


def linked_within(user: User) -> RecurrenceQuerySet:
    """The links of which the person may see both problems."""
    return Recurrence.objects.linked().visible_within(permissions.scope_of(user))


def dismissed(problem: Problem, *, to: User) -> tuple[Recurrence, ...]:
    """The pairs that somebody dismissed, as far as the person may see them."""
    pairs = Recurrence.objects.dismissed().visible_within(permissions.scope_of(to))
    return tuple(pairs.filter(problem=problem).for_list())


@transaction.atomic
def decide(pair: Pair, decided: Decided, *, by: User, at: datetime, version: int) -> Recurrence:
    """Link the problem with the earlier one, or dismiss the pair; a further decision replaces it.

    `version` is that of the decision which the person read, 0 where there was none.
    Raises RecurrenceRefused.
    """
    problem, earlier = pair
    _check(pair, decided, by=by)
    signed = {
        "decision": decided.decision,
        "score": resemblance.score(problem.wording, earlier.wording),
        "why": decided.why,
        "by": by,
        "on_behalf_of": by.acting_for,
        "at": at,
    }
    found = Recurrence.objects.filter(problem=problem, earlier=earlier).first()
    before = {"decision": found.decision, "why": found.why} if found else {}
    if version != (found.version if found else 0):
        raise RecurrenceRefused("这两个问题刚被别人认定过，请看现在的认定。")
    if found is None:
        found = _first(Recurrence(problem=problem, earlier=earlier, **signed))
    else:
        _replace(found, signed)
    after = {"decision": found.decision, "score": found.score}
    act = Act("decide", "recurrence", found.subject_code, before, after, found.why)
    journal.append(act, by=by, at=at)
    return found


def _check(pair: Pair, decided: Decided, *, by: User) -> None:
    problem, earlier = pair
    visible = Problem.objects.visible_within(permissions.scope_of(by))
    if not permissions.may_run(by, problem.inspection):
        raise RecurrenceRefused(f"{problem.code} 不能由您认定屡查屡犯。")
    if not visible.filter(pk=earlier.pk).exists():
        raise RecurrenceRefused("没有找到这个以往问题。")
    if earlier.inspection.feedback_date >= problem.inspection.feedback_date:
        raise RecurrenceRefused("以往问题的反馈日期要早于本问题的反馈日期。")
    if decided.decision not in RecurrenceDecision.values:
        raise RecurrenceRefused("请选择认定结果。")
    if not decided.why.strip():
        raise RecurrenceRefused("认定要写明理由。")


def _first(decided: Recurrence) -> Recurrence:
    try:
        with transaction.atomic():
            decided.save()
    except IntegrityError:
        raise RecurrenceRefused("这两个问题刚被别人认定过，请刷新页面查看。") from None
    return decided


def _replace(found: Recurrence, signed: dict[str, object]) -> None:
    if found.decision == signed["decision"]:
        raise RecurrenceRefused(f"这两个问题已经认定为“{found.get_decision_display()}”。")
    rows = Recurrence.objects.filter(pk=found.pk, version=found.version)
    if not rows.update(version=F("version") + 1, **signed):
        raise RecurrenceRefused("这两个问题刚被别人认定过，请刷新页面查看。")
    found.refresh_from_db()
