"""The verbs of the registers: what came of the work is entered, amended and withdrawn.

Institutional outcomes, accountability and money stand in registers of their own, kept by the
office. Every change is made by compare-and-swap on the version and is in the journal.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F

from accounts import journal
from accounts.journal import Act
from accounts.models import User
from rectification import permissions
from rectification.models import (
    AccountabilityAction,
    InstitutionalOutcome,
    Measure,
    Problem,
    Register,
    title_key,
)


class RegisterRefused(Exception):
    """The register cannot be changed so, or not by this person. The message is for the user."""


class StaleRegister(RegisterRefused):
    """Somebody saved the row after this person had opened it. Nothing was written."""


@dataclass(frozen=True)
class Claims:
    """The measures and problems of which an outcome came."""

    measures: tuple[Measure, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def shown(self) -> dict[str, str]:
        return {"measures": _codes(self.measures), "problems": _codes(self.problems)}


def claims_of(outcome: InstitutionalOutcome) -> Claims:
    return Claims(
        tuple(outcome.measures.order_by("code")), tuple(outcome.problems.order_by("code"))
    )


@transaction.atomic
def enter(row: Register, *, by: User, at: datetime, claims: Claims | None = None) -> None:
    """Save a new row. Raises RegisterRefused, and ValidationError where a field is wrong."""
    _require(row, by=by)
    _clean(row, claims)
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise RegisterRefused(_TAKEN) from error
    after = _content(row)
    if claims is not None:
        after |= _claim(row, claims)
    journal.append(Act("enter", _kind(row), _code(row), after=after), by=by, at=at)


@transaction.atomic
def amend(
    row: Register,
    *,
    by: User,
    at: datetime,
    why: str,
    version: int,
    claims: Claims | None = None,
) -> None:
    """Write the content as changed on the object since `version` of it was read.

    Raises RegisterRefused, StaleRegister, ValidationError.
    """
    _require(row, by=by)
    before = _standing(row)
    _clean(row, claims)
    content = {name: getattr(row, name) for name in row.CONTENT}
    _swap(row, content, version=version)
    after = _content(row)
    if claims is not None:
        after |= _claim(row, claims)
    journal.append(Act("amend", _kind(row), _code(row), before, after, why), by=by, at=at)


@transaction.atomic
def withdraw(row: Register, *, by: User, at: datetime, why: str, version: int) -> None:
    """Take the row out of every count; it stays, with the reason.

    Raises RegisterRefused, StaleRegister.
    """
    _require(row, by=by)
    if not why.strip():
        raise RegisterRefused("撤下要写明理由。")
    before = _standing(row)
    changes = {"withdrawn_at": at, "withdrawn_by": by, "withdrawn_why": why}
    _swap(row, changes, version=version)
    row.refresh_from_db(fields=[*changes])
    after = {"withdrawn_at": at}
    journal.append(Act("withdraw", _kind(row), _code(row), before, after, why), by=by, at=at)


def no_names(text: str) -> None:
    """Raises ValidationError where a text about accountability names somebody on record."""
    plain = "".join(text.split())
    for name in User.objects.exclude(name="").values_list("name", flat=True).distinct():
        if len(name) > 1 and "".join(name.split()) in plain:
            raise ValidationError(
                f"说明中有人员姓名“{name}”。问责登记只记人数和方式，不记姓名，请删去。"
            )


_TAKEN = "刚有人登记了同名的一项，请刷新列表后在已有的那一项上修改。"


def _require(row: Register, *, by: User) -> None:
    if not permissions.may_run(by, row.inspection):
        raise RegisterRefused(f"只有整改办可以登记、修改{row.WORD}。")
    if row.is_withdrawn:
        raise RegisterRefused("这一项已经撤下，不能再改；需要时请重新登记。")


def _clean(row: Register, claims: Claims | None) -> None:
    if isinstance(row, InstitutionalOutcome):
        row.title_key = title_key(row.title)
        if not row.title_key:
            raise ValidationError({"title": "请填写制度名称。"})
        if claims is not None and not (claims.measures or claims.problems):
            raise ValidationError("请至少选择一条对应措施或一个对应问题。")
    if isinstance(row, AccountabilityAction):
        no_names(row.note)
    row.full_clean()


def _swap(row: Register, changes: Mapping[str, Any], *, version: int) -> None:
    rows = type(row)._default_manager.filter(pk=row.pk, version=version, withdrawn_at=None)
    try:
        with transaction.atomic():
            done = rows.update(version=F("version") + 1, **changes)
    except IntegrityError as error:
        raise RegisterRefused(_TAKEN) from error
    if not done:
        raise StaleRegister("这一项在您打开之后被别人改过，您的内容没有保存。")
    row.refresh_from_db(fields=["version"])


def _claim(row: Register, claims: Claims) -> dict[str, str]:
    assert isinstance(row, InstitutionalOutcome)
    row.measures.set(claims.measures)
    row.problems.set(claims.problems)
    return claims.shown


def _standing(row: Register) -> dict[str, str]:
    """The content as it stands in the database, with the claims of an outcome."""
    standing = type(row)._default_manager.get(pk=row.pk)
    content = _content(standing)
    return content | claims_of(row).shown if isinstance(row, InstitutionalOutcome) else content


def _content(row: Register) -> dict[str, str]:
    """As the journal keeps it: every value as text."""
    values = {name: getattr(row, name) for name in row.CONTENT}
    return {name: "" if value is None else str(value) for name, value in values.items()}


def _codes(rows: Iterable[Measure | Problem]) -> str:
    return "、".join(row.code for row in rows)


def _kind(row: Register) -> str:
    return row.PREFIX


def _code(row: Register) -> str:
    return row.subject_code
