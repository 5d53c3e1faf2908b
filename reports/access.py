"""The doors of reports: drafts for whoever may see the whole inspection, publications for all."""

from django.http import Http404
from django.shortcuts import get_object_or_404

from accounts.models import User
from rectification import access, permissions
from reports.models import Publication, Report, ReportSection


def draft(user: User, inspection: str, slug: str) -> Report:
    """A draft of an inspection that the person oversees; 404 for foreign and absent."""
    found = access.overseen(user, inspection)
    return get_object_or_404(
        Report.objects.select_related("inspection"), inspection=found, slug=slug
    )


def own_draft(user: User, inspection: str, slug: str) -> Report:
    """A draft that the person may write."""
    found = draft(user, inspection, slug)
    if not permissions.may_run(user, found.inspection):
        raise Http404
    return found


def own_section(user: User, inspection: str, slug: str, order: int) -> ReportSection:
    """A section of a draft that the person may write."""
    report = own_draft(user, inspection, slug)
    section = get_object_or_404(report.sections.select_related("problem"), order=order)
    section.report = report
    return section


def publication(slug: str, number: int | None = None) -> Publication:
    """The current version of a published report, or the one of that number; else 404.

    A draft that was never published is as absent as one that does not exist.
    """
    versions = Publication.objects.select_related("report").filter(report__slug=slug)
    if number is None:
        return get_object_or_404(versions.current())
    return get_object_or_404(versions, number=number)
