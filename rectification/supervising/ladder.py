"""The settings of the ladder: its rungs are added, amended and ended by the office.

What a rung has already given stays as it was given: one that has given letters is ended and begun
anew where its day or its letter changes. Every change is made by compare-and-swap on the version
and is in the journal. The bureau is held, so that the climb meets no ladder in between.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F

from accounts import journal
from accounts.journal import Act
from accounts.models import User
from rectification import permissions
from rectification.clock import day_of
from rectification.models import Rung
from rectification.moving import MoveRefused, StaleSave
from rectification.supervising.corresponding import numbering

CONTENT = (
    "days",
    "colour",
    "letter",
    "is_automatic",
    "answer_days",
    "to_person_in_charge",
    "to_liaison",
    "to_head",
    "to_lead_executive",
    "to_office",
)


@transaction.atomic
def add(rung: Rung, *, by: User, at: datetime) -> None:
    """Save a new rung. Raises MoveRefused, and ValidationError where a field is wrong."""
    _require(rung, by=by)
    numbering(rung.inspection)
    rung.full_clean()
    try:
        with transaction.atomic():
            rung.save(force_insert=True)
    except IntegrityError as error:
        raise MoveRefused(_TAKEN) from error
    journal.append(Act("enter", "rung", rung.subject_code, after=content_of(rung)), by=by, at=at)


@transaction.atomic
def amend(rung: Rung, *, by: User, at: datetime, version: int) -> None:
    """Write the content as changed on the object since `version` of it was read, or put a new rung
    with that content in its place.

    Raises MoveRefused, StaleSave, ValidationError.
    """
    _require(rung, by=by)
    numbering(rung.inspection)
    rung.full_clean()
    standing = Rung.objects.get(pk=rung.pk)
    before = content_of(standing)
    kept = (standing.days, standing.letter) == (rung.days, rung.letter)
    if not kept and rung.letters.exists():
        end(standing, by=by, at=at, version=version)
        add(Rung(inspection=rung.inspection, **content_of(rung)), by=by, at=at)
        return
    _swap(rung, {name: getattr(rung, name) for name in CONTENT}, version=version)
    act = Act("amend", "rung", rung.subject_code, before, content_of(rung))
    journal.append(act, by=by, at=at)


@transaction.atomic
def end(rung: Rung, *, by: User, at: datetime, version: int) -> None:
    """From now on it gives nothing; its letters go their way. Raises MoveRefused, StaleSave."""
    _require(rung, by=by)
    numbering(rung.inspection)
    _swap(rung, {"ended_on": day_of(at)}, version=version)
    rung.refresh_from_db(fields=["ended_on"])
    before, after = {"ended_on": None}, {"ended_on": rung.ended_on}
    journal.append(Act("end", "rung", rung.subject_code, before, after), by=by, at=at)


def content_of(rung: Rung) -> dict[str, Any]:
    return {name: getattr(rung, name) for name in CONTENT}


_TAKEN = "这一天已有一级，请改那一级，或换一个天数。"


def _require(rung: Rung, *, by: User) -> None:
    if not permissions.may_run(by, rung.inspection):
        raise MoveRefused("只有整改办可以修改督办阶梯。")
    if rung.pk and rung.ended_on is not None:
        raise MoveRefused("这一级已经停用，不能再改；需要时请新增一级。")


def _swap(rung: Rung, changes: Mapping[str, Any], *, version: int) -> None:
    rows = Rung.objects.standing().filter(pk=rung.pk, version=version)
    try:
        with transaction.atomic():
            done = rows.update(version=F("version") + 1, **changes)
    except IntegrityError as error:
        raise MoveRefused(_TAKEN) from error
    if not done:
        raise StaleSave("这一级在您打开之后被别人改过，您的内容没有保存。")
    rung.refresh_from_db(fields=["version"])


def refused_words(refusal: MoveRefused | ValidationError) -> list[str]:
    """A refusal as sentences, each once."""
    words = refusal.messages if isinstance(refusal, ValidationError) else [str(refusal)]
    return list(dict.fromkeys(words))
