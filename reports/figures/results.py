"""What the work came to: people held to account and money recovered, each by kind.

Only what is not withdrawn counts. Zero is a value: a kind that was entered as zero counts zero,
one of which nothing was entered has no number at all.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from rectification.models import (
    AccountabilityAction,
    AccountabilityKind,
    Inspection,
    MoneyKind,
    RecoveredMoney,
    in_ten_thousands,
)

TOTAL = "total"  # the key of all kinds together
CENT = Decimal("0.01")


@dataclass(frozen=True)
class PeopleOfKind:
    """`number` is None where nothing was entered."""

    key: str
    label: str
    number: int | None

    @property
    def is_absent_kind(self) -> bool:
        return self.number is None and self.key != TOTAL

    @property
    def says(self) -> str:
        return "—" if self.number is None else f"{self.number}人"


@dataclass(frozen=True)
class MoneyOfKind:
    """`amount` in 元; None where nothing was entered."""

    key: str
    label: str
    amount: Decimal | None

    @property
    def is_absent_kind(self) -> bool:
        return self.amount is None and self.key != TOTAL

    @property
    def says(self) -> str:
        return "—" if self.amount is None else in_ten_thousands(self.amount)


def accountability(inspection: Inspection, *, on: date) -> tuple[PeopleOfKind, ...]:
    """All of them first, then each kind; as of the end of `on`."""
    rows = AccountabilityAction.objects.standing().filter(inspection=inspection, day__lte=on)
    people: dict[str, int] = rows.totals("people")
    whole = PeopleOfKind(TOTAL, "问责", sum(people.values()) if people else None)
    kinds = (
        PeopleOfKind(each.value, each.label, people.get(each.value)) for each in AccountabilityKind
    )
    return (whole, *kinds)


def money(inspection: Inspection, *, on: date) -> tuple[MoneyOfKind, ...]:
    """All of it first, then each kind; as of the end of `on`."""
    rows = RecoveredMoney.objects.standing().filter(inspection=inspection, day__lte=on)
    sums = {key: amount.quantize(CENT) for key, amount in rows.totals("amount").items()}
    whole = MoneyOfKind(
        TOTAL, "追缴挽回资金", sum(sums.values(), Decimal("0.00")) if sums else None
    )
    kinds = (MoneyOfKind(each.value, each.label, sums.get(each.value)) for each in MoneyKind)
    return (whole, *kinds)
