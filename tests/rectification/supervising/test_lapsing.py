"""What quiets the ladder, what ends a proposal, and what brings the next rung early."""

from datetime import date, timedelta

import pytest

from rectification import closing, exempting, extending, supervising
from rectification.models import Exemption, LetterStep, Measure, Rung, SupervisionAction
from tests.factories import NOON
from tests.rectification.extending import ask, grant
from tests.rectification.supervising.conftest import (
    ISSUED,
    LAPSED,
    ORDER,
    PROPOSED,
    REMINDER,
    after,
    climb,
    kinds,
    late_by,
)

# Answers that are late ----------------------------------------------------------------------------


def test_a_letter_that_is_not_answered_in_time_brings_the_next_rung_early(ladder):
    Rung.objects.filter(letter=REMINDER).update(answer_days=1)
    late_by(ladder, 1)
    climb()
    due = SupervisionAction.objects.get().due_on
    days = (due - NOON.date()).days

    assert climb(after(days)) == (0, 0, 0)
    assert climb(after(days + 1)) == (1, 0, 0)
    assert kinds() == [(REMINDER, ISSUED), (ORDER, PROPOSED)]
    assert climb(after(days + 2)) == (0, 0, 0)


def test_a_letter_that_was_answered_in_time_waits_for_the_day_of_the_next_rung(ladder):
    Rung.objects.filter(letter=REMINDER).update(answer_days=1)
    late_by(ladder, 1)
    climb()
    letter = SupervisionAction.objects.get()
    supervising.acknowledge(letter, by=ladder.liaison, at=NOON, version=1)
    supervising.answer(letter, text="已在推进。", by=ladder.liaison, at=NOON, version=2)

    assert climb(after(5)) == (0, 0, 0)
    assert climb(after(6)) == (1, 0, 0)


# Extensions ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("asked_on", [-5, -1])
def test_an_extension_that_was_granted_quiets_the_ladder(ladder, asked_on):
    late_by(ladder, 0)
    extension = ask(ladder.measure, ladder, on=after(asked_on))
    climb(after(8))
    assert kinds() == [(ORDER, PROPOSED)]
    grant(extension, ladder, on=after(8))

    assert climb(after(9)) == (0, 0, 1)

    (letter,) = SupervisionAction.objects.all()
    assert letter.state == LAPSED
    step = letter.steps.last()
    assert step.by is None
    assert step.text == "整改时限已由2025年7月31日改为2025年8月30日前。"
    assert climb(after(20)) == (0, 0, 0)


def test_under_the_new_deadline_the_ladder_begins_again(ladder):
    deadline = late_by(ladder, 0)
    extension = ask(ladder.measure, ladder, on=NOON)
    climb(after(2))
    grant(extension, ladder, on=after(3))

    climb(after(30 + 1))

    assert kinds() == [(REMINDER, ISSUED), (REMINDER, ISSUED)]
    assert list(
        SupervisionAction.objects.order_by("number").values_list("for_deadline", flat=True)
    ) == [deadline, deadline + timedelta(30)]


@pytest.mark.parametrize("how", ["waits", "refused", "withdrawn"])
def test_an_extension_that_was_not_granted_quiets_nothing(ladder, how):
    late_by(ladder, 0)
    extension = ask(ladder.measure, ladder, on=NOON)
    if how == "refused":
        extending.decide(
            extension, "refuse", opinion="不属实", by=ladder.office, at=NOON, version=1
        )
    if how == "withdrawn":
        extending.withdraw(extension, why="不用了", by=ladder.liaison, at=NOON, version=1)

    assert climb(after(7)) == (1, 0, 0)
    assert climb(after(8)) == (0, 0, 0)


# What ends a proposal -----------------------------------------------------------------------------


def apply_for_close_out(ladder):
    closing.submit(
        ladder.measure,
        statement="完成",
        evidence_note="见档案",
        by=ladder.liaison,
        at=NOON,
        version=ladder.measure.version,
    )


def test_a_proposal_lapses_when_the_unit_applies_for_close_out_and_comes_again_when_it_fails(
    ladder,
):
    late_by(ladder, 7)
    climb()
    apply_for_close_out(ladder)

    assert climb() == (0, 0, 1)

    Measure.objects.filter(pk=ladder.measure.pk).update(status="sent_back")
    assert climb(after(1)) == (1, 0, 0)
    (letter,) = SupervisionAction.objects.all()
    assert (letter.state, letter.proposed_on) == (PROPOSED, date(2025, 8, 1))
    assert "已超期8天" in letter.matter
    assert [step.verb for step in letter.steps.all()] == ["propose", "lapse", "propose"]


def test_a_proposal_lapses_when_the_measure_is_exempted(ladder):
    late_by(ladder, 7)
    climb()
    exempting.request(ladder.measure, reason="已撤并", by=ladder.liaison, at=NOON, version=1)
    exempting.grant(
        Exemption.objects.get(), opinion="属实", by=ladder.executive, at=NOON, version=1
    )

    assert climb() == (0, 0, 1)
    assert LetterStep.objects.last().text == "措施现在是“不再适用”。"


def test_a_letter_that_is_out_does_not_lapse(ladder):
    late_by(ladder, 1)
    climb()
    apply_for_close_out(ladder)

    assert climb() == (0, 0, 0)
    assert kinds() == [(REMINDER, ISSUED)]


def test_what_the_office_has_withdrawn_is_not_proposed_again(ladder):
    late_by(ladder, 7)
    climb()
    letter = SupervisionAction.objects.get()
    supervising.withdraw(letter, why="已当面督促", by=ladder.office, at=NOON, version=1)

    assert climb(after(1)) == (0, 0, 0)
    assert climb(after(8)) == (1, 0, 0)
