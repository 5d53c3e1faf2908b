from reports.models.publication import PageCount, Publication, impatient
from reports.models.report import (
    RESERVED_SLUGS,
    NextStep,
    Origin,
    PublishedItem,
    Report,
    ReportSection,
    StatedFigure,
)

__all__ = [
    "RESERVED_SLUGS",
    "NextStep",
    "Origin",
    "PageCount",
    "Publication",
    "PublishedItem",
    "Report",
    "ReportSection",
    "StatedFigure",
    "impatient",
]
