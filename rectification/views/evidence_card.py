"""The evidence of a measure, as its page shows it."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils import timezone

from rectification import permissions
from rectification.evidence import storing
from rectification.evidence.naming import ALLOWED, MEDIA_TYPES
from rectification.evidence_forms import MOST_FILES, UploadForm
from rectification.models import Evidence

ACCEPT = ",".join(f".{extension}" for extension in MEDIA_TYPES)


@dataclass(frozen=True)
class EvidenceCard:
    """The pieces that serve a measure, and the form to add further ones (None: may not)."""

    pieces: list[Any]
    form: UploadForm | None
    accept: str = ACCEPT
    files_error: str = ""

    @property
    def limits(self) -> str:
        return limits()

    @property
    def most_bytes(self) -> int:
        return int(settings.UPLOAD_MOST_BYTES)


def limits() -> str:
    return f"只收 {ALLOWED}，每个不超过{storing.most_size()}，一次最多{MOST_FILES}个。"


def evidence_card(user, measure, *, filled=None, files_error=""):
    pieces = Evidence.objects.filter(uses__measure=measure, uses__ended_at=None)
    form = None
    if permissions.may_add_evidence(user, measure):
        blank = {"dated_on": timezone.localdate(), "kind": "document"}
        form = filled or UploadForm(initial=blank, auto_id="evidence-%s")
    return EvidenceCard(list(pieces.for_list()), form, files_error=files_error)
