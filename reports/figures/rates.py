from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal


@dataclass(frozen=True)
class Rate:
    """A part of a whole. Both are kept, since a rate without its denominator says nothing."""

    numerator: int
    denominator: int

    @property
    def percent(self) -> Decimal | None:
        """In per cent with one decimal, halves away from zero; None where there is no whole."""
        if self.denominator == 0:
            return None
        exact = Decimal(100 * self.numerator) / Decimal(self.denominator)
        return exact.quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)

    @property
    def says(self) -> str:
        """67.7%, or — where there is no whole."""
        return "—" if self.percent is None else f"{self.percent}%"
