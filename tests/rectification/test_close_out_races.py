"""What changes beneath an application while somebody decides on it: one of the two waits."""

import hashlib
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import OperationalError, connection

from accounts import journal
from rectification import closing, handing_over, moving, permissions, shelf, workflow
from rectification.evidence import keeping
from rectification.models import (
    Evidence,
    EvidenceUse,
    EvidenceVersion,
    Measure,
    RequestEvidence,
    Review,
)
from tests.factories import NOON, MeasureFactory

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("connection.vendor != 'postgresql'", reason="a race needs PostgreSQL"),
]


@pytest.fixture
def piece(cast, settings, tmp_path):
    """A piece that serves the measure, and an application that rests on it."""
    settings.MEDIA_ROOT = tmp_path / "files"
    path = shelf.path_of("0" * 32)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"proof")
    piece = Evidence.objects.create(
        inspection=cast.inspection,
        number=1,
        title="制度",
        kind="document",
        dated_on=NOON.date(),
        unit=cast.division,
    )
    EvidenceVersion.objects.create(
        evidence=piece,
        number=1,
        name="a.pdf",
        media_type="application/pdf",
        size=1,
        sha256=hashlib.sha256(b"proof").hexdigest(),
        key="0" * 32,
        by=cast.liaison,
        at=NOON,
    )
    EvidenceUse.objects.create(evidence=piece, measure=cast.measure, by=cast.liaison, at=NOON)
    closing.submit(
        cast.measure, statement="完成", evidence_note="", by=cast.liaison, at=NOON, version=1
    )
    return piece


@pytest.fixture
def _slowly(monkeypatch):
    """Whoever has decided holds what they hold for a moment."""
    settle, advance = closing._settle, closing._advance

    def slow(verb):
        def act(*given, **rest):
            verb(*given, **rest)
            time.sleep(0.4)

        return act

    monkeypatch.setattr(closing, "_settle", slow(settle))
    monkeypatch.setattr(closing, "_advance", slow(advance))


def attempt(verb):
    try:
        verb()
    except (moving.StaleSave, moving.MoveRefused):
        return "refused"
    finally:
        connection.close()
    return "done"


def application(cast):
    return permissions.pending_request(Measure.objects.get(pk=cast.measure.pk))


def approve(cast):
    closing.approve(application(cast), by=cast.head, at=NOON, opinion="", version=2)


def approve_finally(cast):
    closing.approve(application(cast), by=cast.office, at=NOON, opinion="", version=3)


def withdraw(cast):
    closing.withdraw(application(cast), by=cast.liaison, at=NOON, why="补充", version=2)


def send_back(cast):
    measure = Measure.objects.get(pk=cast.measure.pk)
    returned = workflow.Return("late", "缺照片", NOON.date())
    workflow.send_back(measure, returned, by=cast.head, at=NOON, version=2)


def unlink(cast):
    piece, measure = Evidence.objects.get(), Measure.objects.get(pk=cast.measure.pk)
    keeping.unlink(piece, measure, by=cast.liaison, at=NOON, why="不对")


def withdraw_piece(cast):
    piece = Evidence.objects.get()
    keeping.withdraw(piece, by=cast.liaison, at=NOON, why="不对", version=1)


@pytest.mark.parametrize("first", [approve, withdraw, send_back])
@pytest.mark.parametrize("second", [unlink, withdraw_piece])
@pytest.mark.usefixtures("_slowly")
def test_neither_of_a_decision_and_a_change_of_evidence_stops_the_other(cast, piece, first, second):
    def late(_):
        time.sleep(0.15)
        return attempt(lambda: second(cast))

    with ThreadPoolExecutor(2) as pool:
        change = pool.submit(late, 0)
        decision = pool.submit(lambda: attempt(lambda: first(cast)))
        answers = (decision.result(), change.result())

    assert answers == ("done", "done")
    assert journal.first_fault() is None
    assert application(cast) is None or RequestEvidence.objects.exists()
    assert not Review.objects.standing().filter(request__outcome="lapsed").exists()


@pytest.mark.usefixtures("_slowly")
def test_without_holding_the_measure_first_one_of_the_two_would_be_an_error(
    cast, piece, monkeypatch
):
    """Sabotage."""

    def unheld(measure, version):
        measure.version = version

    approve(cast)
    monkeypatch.setattr(moving, "require_seen", unheld)

    with ThreadPoolExecutor(2) as pool:
        decision = pool.submit(lambda: attempt(lambda: approve_finally(cast)))
        time.sleep(0.15)
        change = pool.submit(lambda: attempt(lambda: unlink(cast)))
        errors = [each.exception() for each in (decision, change)]

    assert [type(error) for error in errors if error] == [OperationalError]


def test_everything_of_a_person_passes_on_while_one_of_it_is_reported_on(cast, monkeypatch):
    """Many rows and one journal: whoever takes many holds them all before the journal."""
    last = MeasureFactory(problem=cast.problem, code="M-900-9", lead_unit=cast.division)
    Measure.objects.update(person_in_charge=cast.head)
    pass_on = handing_over._pass_on

    def slowly(*given, **rest):
        done = pass_on(*given, **rest)
        time.sleep(0.4)
        return done

    monkeypatch.setattr(handing_over, "_pass_on", slowly)
    holdings = handing_over.everything_of(cast.head, cast.inspection)

    def hand_over():
        handing_over.hand_over_everything(
            handing_over.Succession(cast.head, cast.liaison, cast.inspection),
            terms=handing_over.Terms(NOON.date(), "调岗"),
            seen=handing_over.seal(holdings),
            by=cast.office,
            at=NOON,
        )

    def report():
        time.sleep(0.15)
        told = workflow.Told("进展")
        workflow.report(last, told, unit=last.lead_unit, by=cast.liaison, at=NOON, version=1)

    with ThreadPoolExecutor(2) as pool:
        late = pool.submit(lambda: attempt(report))
        assert pool.submit(lambda: attempt(hand_over)).result() == "done"
        assert late.result() == "refused"  # it had been opened before the name changed
    assert journal.first_fault() is None
