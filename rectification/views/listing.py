"""A list page (accounts/listing.py), with the way on from an empty one."""

from django.urls import reverse

from accounts.listing import PAGE_ROWS, Chip, Listing, PageLink, Tab, answer, listing, part
from accounts.models import User
from rectification import permissions
from rectification.models import Inspection, Measure, Problem

__all__ = [
    "PAGE_ROWS",
    "Chip",
    "Listing",
    "PageLink",
    "Tab",
    "amend_url",
    "answer",
    "import_url",
    "listing",
    "part",
]


def import_url(user: User, inspection: Inspection) -> str:
    """Where an empty list leads on: the import of the ledger, for whoever may; else empty."""
    if not permissions.may_run(user, inspection):
        return ""
    return reverse("rectification:ledger_import", args=[inspection.code])


def amend_url(user: User, row: Measure | Problem, *, kind: str) -> str:
    """Where the content of a measure or a problem is amended, for whoever may; else empty."""
    if not permissions.may_run(user, row.inspection):
        return ""
    return reverse(f"rectification:{kind}_amend", args=[row.inspection.code, row.code])
