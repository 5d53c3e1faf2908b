"""What reports say of a problem, for the pages of the apps below, which import nothing of this."""

from typing import Any

from django import template
from django.db.models import Q

from rectification.models import Problem
from reports.models import Origin, ReportSection

register = template.Library()


@register.inclusion_tag("reports/published_text.html")
def published_text(problem: Problem) -> dict[str, Any]:
    """The items and the next step that imported or published reports print under a problem.

    A draft that was composed here and never published is nobody's business on this page.
    """
    told = Q(report__origin=Origin.IMPORTED) | Q(report__publications__isnull=False)
    sections = ReportSection.objects.filter(told, problem=problem).distinct()
    sections = sections.select_related("report", "next_step").prefetch_related("items")
    return {"sections": sections.order_by("-report__pk", "order")}
