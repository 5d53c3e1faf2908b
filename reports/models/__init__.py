from reports.models.publication import PageCount, Publication
from reports.models.report import (
    NextStep,
    Origin,
    PublishedItem,
    Report,
    ReportSection,
    StatedFigure,
)

__all__ = [
    "NextStep",
    "Origin",
    "PageCount",
    "Publication",
    "PublishedItem",
    "Report",
    "ReportSection",
    "StatedFigure",
]
