"""The verbs of a piece of evidence: add, a further version, withdraw, link, unlink, describe.

What a closed measure rests on stays as it is; whatever changes what another measure rests on is
told to `closing.evidence_changed`, in the same transaction.
"""

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import PurePath
from typing import Any

from django.db import transaction
from django.db.models import F, Max, Q

from accounts import journal
from accounts.journal import Act
from accounts.models import User
from rectification import closing, permissions
from rectification.evidence import confined, naming, storing
from rectification.evidence.inspecting import Found
from rectification.evidence.naming import FileRefused
from rectification.evidence.storing import Received
from rectification.models import Evidence, EvidenceUse, EvidenceVersion, Inspection, Measure
from rectification.moving import MoveRefused, StaleSave, stale
from rectification.states import RequestOutcome

DESCRIBED = ("title", "kind", "document_number", "dated_on", "is_public")


@dataclass(frozen=True)
class Description:
    """What is said of a piece. Without a title, a new piece is called as its file is."""

    title: str
    kind: str
    dated_on: date
    document_number: str = ""
    is_public: bool = False


def looked_into(file: Received, *, is_public: bool) -> Found:
    """What the received file is. Raises FileRefused with its name, SecretRefused."""
    if file.refused:
        raise FileRefused(f"{file.sent_name}：{file.refused}")
    naming.check(file.sent_name)
    try:
        found = confined.inspect(file.path, name=file.sent_name)
    except naming.SecretRefused:
        raise
    except FileRefused as refusal:
        raise FileRefused(f"{file.sent_name}：{refusal}") from refusal
    if is_public and found.not_public:
        raise FileRefused(f"{file.sent_name}：{found.not_public}")
    return found


def add(
    measure: Measure,
    files: Sequence[Received],
    description: Description,
    *,
    by: User,
    at: datetime,
) -> list[Evidence]:
    """Each file becomes a piece that serves the measure; all of them, or none.

    Raises MoveRefused, FileRefused, SecretRefused.
    """
    _require(
        permissions.may_add_evidence(by, measure), f"{measure.code} 现在不能由您上传佐证材料。"
    )
    looked = [(file, looked_into(file, is_public=description.is_public)) for file in files]
    with ExitStack() as stack:
        keys = [stack.enter_context(storing.kept(file)) for file in files]
        stack.enter_context(transaction.atomic())
        _open_to_evidence(measure)
        Inspection.objects.select_for_update(no_key=True).get(
            pk=measure.inspection_id
        )  # one number at a time
        pieces = []
        for key, (file, found) in zip(keys, looked, strict=True):
            title = description.title if len(files) == 1 else ""
            piece = _piece(measure, file, description, title=title, by=by)
            version = _version(piece, file, found, key=key, number=1, by=by, at=at)
            _use(piece, measure, by=by, at=at)
            after = {**content_of(piece), "measure": measure.code, **_file_of(version)}
            _record("add_evidence", piece, after=after, by=by, at=at)
            pieces.append(piece)
        closing.evidence_changed([measure], why=f"上传了佐证材料{_named(pieces)}", by=by, at=at)
    return pieces


def add_version(
    evidence: Evidence, file: Received, *, by: User, at: datetime, version: int
) -> EvidenceVersion:
    """The next version of a piece; the earlier ones stay.

    Raises MoveRefused, FileRefused, SecretRefused, StaleSave.
    """
    _may_change(evidence, by=by)
    found = looked_into(file, is_public=evidence.is_public)
    with storing.kept(file) as key, transaction.atomic():
        served = _held(evidence, "换新版")
        before = _file_of(evidence.latest)
        _change(evidence, version=version)
        number = evidence.versions.count() + 1
        row = _version(evidence, file, found, key=key, number=number, by=by, at=at)
        _record("add_version", evidence, before=before, after=_file_of(row), by=by, at=at)
        closing.evidence_changed(
            served, why=f"佐证材料{_named([evidence])}换成第{number}版", by=by, at=at
        )
    return row


@transaction.atomic
def withdraw(evidence: Evidence, *, by: User, at: datetime, why: str, version: int) -> None:
    """Say that a piece no longer counts. The files stay. Raises MoveRefused, StaleSave."""
    _may_change(evidence, by=by)
    _reasoned(why, "撤下材料")
    served = _held(evidence, "撤下")
    _change(evidence, version=version, withdrawn_at=at, withdrawn_by=by, withdrawn_why=why)
    _record("withdraw_evidence", evidence, after={"withdrawn": True}, why=why, by=by, at=at)
    closing.evidence_changed(served, why=f"撤下了佐证材料{_named([evidence])}：{why}", by=by, at=at)


@transaction.atomic
def link(evidence: Evidence, measure: Measure, *, by: User, at: datetime) -> None:
    """Let a piece serve a further measure of its inspection. Raises MoveRefused."""
    _require(
        permissions.may_add_evidence(by, measure), f"{measure.code} 现在不能由您关联佐证材料。"
    )
    _held(evidence, "", closed_too=True, also=measure)
    _open_to_evidence(measure)
    _require(not evidence.is_withdrawn, f"{evidence.code} 已撤下，不能再用于其他措施。")
    _require(evidence.inspection_id == measure.inspection_id, "材料和措施不属于同一次巡察。")
    current = EvidenceUse.objects.filter(evidence=evidence, measure=measure, ended_at=None)
    _require(not current.exists(), f"{evidence.code} 已经用于 {measure.code}。")
    _use(evidence, measure, by=by, at=at)
    _record("link_evidence", evidence, after={"measure": measure.code}, by=by, at=at)
    closing.evidence_changed([measure], why=f"关联了佐证材料{_named([evidence])}", by=by, at=at)


@transaction.atomic
def unlink(evidence: Evidence, measure: Measure, *, by: User, at: datetime, why: str) -> None:
    """End that a piece serves a measure. Raises MoveRefused."""
    _reasoned(why, "解除关联")
    _open_to_evidence(measure)
    _require(permissions.may_add_evidence(by, measure), f"{measure.code} 现在不能由您解除关联。")
    current = EvidenceUse.objects.filter(evidence=evidence, measure=measure, ended_at=None)
    changed = current.update(ended_at=at, ended_by=by, ended_why=why)
    _require(bool(changed), f"{evidence.code} 现在没有用于 {measure.code}。")
    before = {"measure": measure.code}
    _record("unlink_evidence", evidence, before=before, why=why, by=by, at=at)
    closing.evidence_changed(
        [measure], why=f"解除了佐证材料{_named([evidence])}：{why}", by=by, at=at
    )


def describe(
    evidence: Evidence, description: Description, *, by: User, at: datetime, version: int
) -> None:
    """Amend what is said of a piece. Raises MoveRefused, FileRefused, StaleSave.

    A piece becomes public only where the file of its latest version may.
    """
    _may_change(evidence, by=by)
    if description.is_public and not evidence.is_public:
        _refuse_private(evidence)
    with transaction.atomic():
        before, after = content_of(evidence), asdict(description)
        _change(evidence, version=version, **after)
        _record("amend_evidence", evidence, before=before, after=after, by=by, at=at)


def content_of(evidence: Evidence) -> dict[str, Any]:
    return {name: getattr(evidence, name) for name in DESCRIBED}


def rests_on(evidence: Evidence) -> Measure | None:
    """A closed measure that this piece serves, or that was closed upon it, or None."""
    used = Q(evidence_uses__evidence=evidence, evidence_uses__ended_at=None)
    approved = Q(
        requests__outcome=RequestOutcome.APPROVED, requests__evidence__version__evidence=evidence
    )
    return Measure.objects.closed().filter(used | approved).order_by("code").first()


def _may_change(evidence: Evidence, *, by: User) -> None:
    allowed = permissions.may_keep_evidence(by, evidence)
    _require(allowed, f"{evidence.code} 由{evidence.unit}提供，不能由您改动。")
    _require(not evidence.is_withdrawn, f"{evidence.code} 已撤下，不能再改动。")


def _held(
    evidence: Evidence, act: str, *, closed_too: bool = False, also: Measure | None = None
) -> list[Measure]:
    """The measures that the piece serves, locked so that none is closed meanwhile; in one order
    with the one that it is to serve `also`.

    Raises MoveRefused where one of them is closed, or was closed upon this piece.
    """
    serving = EvidenceUse.objects.filter(evidence=evidence, ended_at=None).values("measure")
    further = Q(pk=also.pk) if also else Q(pk__in=[])
    rows = Measure.objects.filter(Q(pk__in=serving) | further).order_by("pk")
    served = list(
        rows.select_for_update(of=("self",), no_key=True).select_related("inspection", "lead_unit")
    )
    if not closed_too and (closed := rests_on(evidence)):
        raise MoveRefused(
            f"{closed.code} 已凭 {evidence.code} 销号，材料不能再{act}。"
            "确有问题的，请整改办认定反弹后再处理。"
        )
    return served


def _open_to_evidence(measure: Measure) -> None:
    """Lock the measure and read its state afresh: a closed one keeps what it has."""
    now = Measure.objects.select_for_update(of=("self",), no_key=True).get(pk=measure.pk)
    measure.status = now.status
    closed = measure.is_finished and Measure.objects.closed().filter(pk=measure.pk).exists()
    _require(not closed, f"{measure.code} 已销号，佐证材料不能再增减。")


def _refuse_private(evidence: Evidence) -> None:
    latest = evidence.latest
    path = storing.sound(latest.key, sha256=latest.sha256)
    if reason := confined.inspect(path, name=latest.name).not_public:
        raise FileRefused(reason)


def _change(evidence: Evidence, *, version: int, **changes: Any) -> None:
    """By compare-and-swap on the version that the person read."""
    rows = Evidence.objects.filter(pk=evidence.pk, version=version, withdrawn_at=None)
    if not rows.update(version=F("version") + 1, **changes):
        raise StaleSave(stale(evidence.code))
    evidence.refresh_from_db(fields=["version", *changes])


def _piece(
    measure: Measure, file: Received, description: Description, *, title: str, by: User
) -> Evidence:
    last = Evidence.objects.filter(inspection=measure.inspection_id).aggregate(n=Max("number"))["n"]
    said = asdict(description) | {"title": title or PurePath(file.sent_name).stem[:200]}
    piece = Evidence(
        inspection=measure.inspection,
        number=(last or 0) + 1,
        unit=(by.acting_for or by).unit or measure.lead_unit,
        **said,
    )
    piece.full_clean()
    piece.save()
    return piece


def _version(  # noqa: PLR0913  # a row of seven columns
    evidence: Evidence,
    file: Received,
    found: Found,
    *,
    key: str,
    number: int,
    by: User,
    at: datetime,
) -> EvidenceVersion:
    return EvidenceVersion.objects.create(
        evidence=evidence,
        number=number,
        name=file.sent_name,
        media_type=found.media_type,
        size=file.size or 0,
        pages=found.pages,
        sha256=file.sha256,
        key=key,
        by=by,
        on_behalf_of=by.acting_for,
        at=at,
    )


def _use(evidence: Evidence, measure: Measure, *, by: User, at: datetime) -> None:
    EvidenceUse.objects.create(
        evidence=evidence, measure=measure, by=by, on_behalf_of=by.acting_for, at=at
    )


def _file_of(version: EvidenceVersion) -> dict[str, Any]:
    return {"version": version.number, "name": version.name, "sha256": version.sha256}


def _named(pieces: Iterable[Evidence]) -> str:
    return "、".join(f"“{piece}”" for piece in pieces)


def _reasoned(why: str, act: str) -> None:
    _require(bool(why.strip()), f"{act}要写明理由。")


def _require(allowed: bool, sentence: str) -> None:
    if not allowed:
        raise MoveRefused(sentence)


def _record(  # noqa: PLR0913  # an act and its subject
    verb: str,
    evidence: Evidence,
    *,
    by: User,
    at: datetime,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    why: str = "",
) -> None:
    act = Act(verb, "evidence", evidence.subject_code, before or {}, after or {}, why)
    journal.append(act, by=by, at=at)
