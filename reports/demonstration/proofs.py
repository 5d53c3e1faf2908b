"""The evidence of the story as rows and files, and which of it stood at a moment."""

from collections.abc import Sequence
from contextlib import ExitStack
from datetime import datetime, time
from itertools import count

from rectification.evidence import inspecting, storing
from rectification.models import Evidence, EvidenceUse, EvidenceVersion, Inspection, Measure
from reports.demonstration import papers
from reports.demonstration.ledger import Kept, moment
from reports.demonstration.staffing import Staff
from reports.demonstration.story import Story

ADDED, AGAIN, WITHDRAWN = time(10, 30), time(13, 30), time(16, 20)


def keep(
    story: Story, staff: Staff, inspection: Inspection, *, files: ExitStack
) -> tuple[Kept, ...]:
    """Make rows and files. A file stays as long as what is entered into `files` is not undone."""
    kept = []
    for number, told in enumerate(story.further.proofs, start=1):
        unit = story.unit(story.measure(told.measures[0]).lead_unit)
        by = staff.people[unit.liaison]
        row = Evidence(
            inspection=inspection,
            number=number,
            title=told.title,
            kind=told.kind,
            document_number=told.document_number,
            dated_on=told.dated,
            is_public=told.public,
            unit=staff.units[unit.key],
            version=1 + bool(told.again) + bool(told.withdrawn),
        )
        if told.withdrawn:
            row.withdrawn_at = moment(told.withdrawn, WITHDRAWN)
            row.withdrawn_by, row.withdrawn_why = by, told.why
        piece = Kept(told, row)
        moments = [moment(told.added, ADDED)]
        moments += [moment(told.again, AGAIN)] if told.again else []
        for at, version in zip(moments, count(1), strict=False):
            piece.versions.append(_version(piece, version, files=files))
            piece.versions[-1].by, piece.versions[-1].at = by, at
        kept.append(piece)
    Evidence.objects.bulk_create(piece.row for piece in kept)
    EvidenceVersion.objects.bulk_create(each for piece in kept for each in piece.versions)
    return tuple(kept)


def _version(piece: Kept, number: int, *, files: ExitStack) -> EvidenceVersion:
    """The n-th file of a piece, stored as an upload is; a further version says more."""
    told = piece.told
    says: Sequence[str] = told.says if number > 1 or not told.again else told.says[:1]
    content = papers.made(told.file, title=told.title, says=says)
    receiver = storing.Receiver()
    receiver.new_file("files", told.file, "", len(content))
    receiver.receive_data_chunk(content, 0)
    received = receiver.file_complete(len(content))
    found = inspecting.inspect(received.path, name=received.sent_name)
    return EvidenceVersion(
        evidence=piece.row,
        number=number,
        name=received.sent_name,
        media_type=found.media_type,
        size=len(content),
        pages=found.pages,
        sha256=received.sha256,
        key=files.enter_context(storing.kept(received)),
    )


def standing(kept: Sequence[Kept], measure: str, *, at: datetime) -> list[EvidenceVersion]:
    """What `closing.current_evidence` would have given for the measure at that moment."""
    found = []
    for piece in kept:
        gone = piece.row.withdrawn_at is not None and piece.row.withdrawn_at <= at
        versions = [each for each in piece.versions if each.at <= at]
        if measure in piece.told.measures and versions and not gone:
            found.append(versions[-1])
    return found


def use(kept: Sequence[Kept], measures: dict[str, Measure]) -> None:
    """That the pieces serve their measures, each from the day on which it came."""
    EvidenceUse.objects.bulk_create(
        EvidenceUse(
            evidence=piece.row,
            measure=measures[code],
            by=piece.versions[0].by,
            at=piece.versions[0].at,
        )
        for piece in kept
        for code in piece.told.measures
    )
