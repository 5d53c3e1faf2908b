"""The evidence of a measure, as its page shows it."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings

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


def evidence_card(measure, forms, *, files_error=""):
    """`forms` are those of the page, by the name of the verb."""
    pieces = Evidence.objects.filter(uses__measure=measure, uses__ended_at=None)
    return EvidenceCard(list(pieces.for_list()), forms.get("upload"), files_error=files_error)
