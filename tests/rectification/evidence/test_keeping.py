"""The verbs of a piece of evidence, through its page: who may, what stays, what is recorded."""

import pytest

from accounts.models import JournalEntry, RoleAssignment
from rectification import closing
from rectification.models import (
    CloseoutRequest,
    Evidence,
    EvidenceUse,
    Measure,
    RequestEvidence,
    ReviewStage,
)
from rectification.states import RequestOutcome, WorkStatus
from tests.factories import NOON, MeasureFactory
from tests.rectification.evidence import files
from tests.rectification.evidence.conftest import SAID, address, on_disk, planted, sent


@pytest.fixture
def changes(monkeypatch):
    """What `closing.evidence_changed` was told: codes of measures and reasons."""
    told = []

    def note(measures, *, why, by, at):
        told.append(([measure.code for measure in measures], why))

    monkeypatch.setattr(closing, "evidence_changed", note)
    return told


@pytest.fixture
def piece(client, cast, changes) -> Evidence:
    piece = planted(client, cast, "制度.pdf")
    changes.clear()
    return piece


def do(client, cast, piece, verb: str, **typed):
    piece.refresh_from_db()
    return client.post(f"{address(cast, piece)}{verb}/", {"version": piece.version, **typed})


def verbs() -> list[str]:
    quiet = ("view", "download", "preview")
    return list(JournalEntry.objects.exclude(verb__in=quiet).values_list("verb", flat=True))


def test_a_new_version_stands_beside_the_old_one(client, cast, piece, changes):
    answer = do(client, cast, piece, "version", file=sent("制度 新.docx", files.word()))

    assert answer.status_code == 302
    assert list(piece.versions.values_list("number", "name")) == [
        (1, "制度.pdf"),
        (2, "制度 新.docx"),
    ]
    assert len(on_disk()) == 2
    assert changes == [([cast.measure.code], f"佐证材料“{piece}”换成第2版")]
    assert "佐证材料换成第2版" in client.get(cast.page).content.decode()
    entry = JournalEntry.objects.get(verb="add_version")
    assert (entry.before["version"], entry.after["version"]) == (1, 2)


def test_a_refused_new_version_leaves_nothing(client, cast, piece, changes):
    answer = do(client, cast, piece, "version", file=sent("a.pdf", b"<html>"))

    assert answer.status_code == 422
    assert "只收" in answer.content.decode()
    assert (piece.versions.count(), len(on_disk()), changes) == (1, 1, [])


def test_a_new_version_on_a_page_that_is_stale_is_refused(client, cast, piece):
    do(client, cast, piece, "version", file=sent("二.pdf", files.pdf()))

    answer = client.post(
        f"{address(cast, piece)}version/", {"version": 1, "file": sent("三.pdf", files.pdf())}
    )

    assert answer.status_code == 409
    assert (piece.versions.count(), len(on_disk())) == (2, 2)


def test_withdrawing_needs_a_reason_and_deletes_nothing(client, cast, piece, changes):
    assert do(client, cast, piece, "withdraw", why="").status_code == 200
    assert do(client, cast, piece, "withdraw", why="传错了文件").status_code == 302

    piece.refresh_from_db()
    assert (piece.is_withdrawn, piece.withdrawn_by) == (True, cast.liaison)
    assert len(on_disk()) == 1
    assert changes == [([cast.measure.code], f"撤下了佐证材料“{piece}”：传错了文件")]
    page = client.get(address(cast, piece)).content.decode()
    assert "传错了文件" in page
    story = client.get(cast.page).content.decode()
    assert "撤下佐证材料" in story


def test_nothing_is_changed_after_withdrawing(client, cast, piece):
    do(client, cast, piece, "withdraw", why="传错了文件")

    for verb, typed in (
        ("version", {"file": sent("二.pdf", files.pdf())}),
        ("withdraw", {"why": "再撤"}),
        ("amend", {**SAID, "title": "改名"}),
        ("link", {"code": cast.measure.code}),
    ):
        assert do(client, cast, piece, verb, **typed).status_code == 409, verb
    assert verbs() == ["add_evidence", "withdraw_evidence"]


def test_a_piece_serves_many_measures_and_leaves_one_with_a_reason(client, cast, piece, changes):
    other = MeasureFactory(problem=cast.problem, code="M-900-2", lead_unit=cast.division)

    assert do(client, cast, piece, "link", code=other.code).status_code == 302
    assert do(client, cast, piece, "link", code=other.code).status_code == 409
    assert do(client, cast, piece, f"unlink/{other.code}", why="不相干").status_code == 302

    assert changes == [
        ([other.code], f"关联了佐证材料“{piece}”"),
        ([other.code], f"解除了佐证材料“{piece}”：不相干"),
    ]
    use = EvidenceUse.objects.get(measure=other)
    assert (use.ended_by, use.ended_why) == (cast.liaison, "不相干")
    assert verbs() == ["add_evidence", "link_evidence", "unlink_evidence"]


def test_a_measure_that_one_does_not_see_cannot_be_linked_and_is_as_if_absent(client, cast, piece):
    MeasureFactory(problem=cast.problem, code="M-900-8", lead_unit=cast.elsewhere)

    foreign = do(client, cast, piece, "link", code="M-900-8").content.decode()
    absent = do(client, cast, piece, "link", code="M-900-7").content.decode()

    assert "没有编号为“M-900-8”的措施" in foreign
    assert "没有编号为“M-900-7”的措施" in absent


def test_an_amendment_keeps_what_it_replaced_in_the_journal(client, cast, piece, changes):
    typed = {**SAID, "title": "新名称", "document_number": "云水〔2025〕9号"}

    assert do(client, cast, piece, "amend", **typed).status_code == 302

    entry = JournalEntry.objects.get(verb="amend_evidence")
    assert (entry.before["title"], entry.after["title"]) == ("制度", "新名称")
    assert changes == []


def test_a_stale_amendment_shows_both_texts_and_keeps_what_was_typed(client, cast, piece):
    do(client, cast, piece, "amend", **SAID | {"title": "别人的名称"})

    answer = client.post(
        f"{address(cast, piece)}amend/", {**SAID, "title": "我的名称", "version": 1}
    )

    assert answer.status_code == 409
    page = answer.content.decode()
    assert "别人的名称" in page
    assert "我的名称" in page
    piece.refresh_from_db()
    assert piece.title == "别人的名称"


def test_a_mark_of_secrecy_in_an_amendment_is_recorded(client, cast, piece):
    do(client, cast, piece, "amend", **SAID | {"title": "机密★3年"})

    entry = JournalEntry.objects.get(verb="refuse_secret")
    assert (entry.subject_kind, entry.subject_code) == ("evidence", piece.subject_code)


def close(cast, *, resting_on: Evidence | None = None) -> None:
    Measure.objects.filter(pk=cast.measure.pk).update(
        status=WorkStatus.CLOSED, closed_on="2025-07-01"
    )
    if resting_on:
        request = CloseoutRequest.objects.create(
            measure=cast.measure,
            number=1,
            statement="完成",
            measure_version=1,
            stage=ReviewStage.objects.get(order=1),
            outcome=RequestOutcome.APPROVED,
            applied_by=cast.liaison,
            applied_at=NOON,
            applied_on=NOON.date(),
        )
        version = resting_on.latest
        RequestEvidence.objects.create(request=request, version=version, sha256=version.sha256)


def test_what_a_closed_measure_rests_on_stays_as_it_is(client, cast, piece, changes):
    close(cast, resting_on=piece)
    other = MeasureFactory(problem=cast.problem, code="M-900-2", lead_unit=cast.division)

    for verb, typed in (
        ("version", {"file": sent("二.pdf", files.pdf())}),
        ("withdraw", {"why": "传错了"}),
        (f"unlink/{cast.measure.code}", {"why": "传错了"}),
    ):
        answer = do(client, cast, piece, verb, **typed)
        assert answer.status_code == 409, verb
        assert "销号" in answer.content.decode()
    assert (len(on_disk()), changes) == (1, [])
    assert do(client, cast, piece, "link", code=other.code).status_code == 302


def test_a_closed_measure_takes_no_further_link(client, cast, piece):
    other = planted(client, cast, "另一份.pdf")
    EvidenceUse.objects.filter(evidence=other).update(
        ended_at=NOON, ended_by=cast.liaison, ended_why="不用"
    )
    close(cast)

    answer = do(client, cast, other, "link", code=cast.measure.code)

    assert answer.status_code == 409
    assert not other.uses.filter(ended_at=None).exists()


def test_whoever_only_sees_a_piece_changes_nothing(client, cast, piece):
    for user in (cast.supervisor, cast.head, cast.executive):
        client.force_login(user)
        for verb, typed in (
            ("version", {"file": sent("二.pdf", files.pdf())}),
            ("withdraw", {"why": "传错了"}),
            ("amend", {**SAID, "title": "改名"}),
            ("link", {"code": cast.measure.code}),
            (f"unlink/{cast.measure.code}", {"why": "传错了"}),
        ):
            assert do(client, cast, piece, verb, **typed).status_code == 409, (user.name, verb)
    assert verbs() == ["add_evidence"]


def test_another_unit_finds_no_piece_under_any_verb(client, cast, piece):
    client.force_login(cast.stranger)

    for verb in ("version", "withdraw", "amend", "link", f"unlink/{cast.measure.code}"):
        assert do(client, cast, piece, verb, why="x").status_code == 404, verb


def test_a_unit_that_borrows_a_piece_does_not_withdraw_it(client, cast, piece):
    cast.measure.supporting_units.add(cast.elsewhere)
    own = MeasureFactory(problem=cast.problem, code="M-900-8", lead_unit=cast.elsewhere)
    client.force_login(cast.stranger)
    assert do(client, cast, piece, "link", code=own.code).status_code == 302
    cast.measure.supporting_units.clear()

    assert do(client, cast, piece, "withdraw", why="不要了").status_code == 409


def test_a_person_removed_from_the_unit_finds_nothing(client, cast, piece):
    RoleAssignment.objects.filter(user=cast.liaison).update(ended_on="2025-07-01")

    assert client.get(address(cast, piece)).status_code == 404
    assert client.get(f"{address(cast, piece)}1/file/").status_code == 404
