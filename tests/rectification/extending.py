"""Extensions as people come by them: asked for by the liaison, granted in two steps."""

from datetime import date, datetime, timedelta

from rectification import extending
from rectification.models import Extension, Measure
from rectification.states import Precision
from tests.factories import SHANGHAI


def noon_of(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=SHANGHAI)


def ask(measure: Measure, cast, *, on: datetime, days: int = 30) -> Extension:
    measure.refresh_from_db()
    assert measure.deadline is not None
    wish = extending.Wish(measure.deadline + timedelta(days=days), Precision.DAY, "汛期无法施工。")
    return extending.request(measure, wish, by=cast.liaison, at=on, version=measure.version)


def grant(extension: Extension, cast, *, on: datetime) -> None:
    for by in (cast.office, cast.executive):
        extending.decide(extension, "agree", opinion="", by=by, at=on, version=extension.version)
