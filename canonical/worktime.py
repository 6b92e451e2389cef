"""Time worked, kept exactly as it was captured; hours are only shown."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Self

from canonical.base import Record
from canonical.money import FourDecimals, Money, Rate

_SECONDS_PER_HOUR = 3600
_SHOWN = Decimal("0.0001")


class WorkTime(Record):
    """Seconds, exact to four decimals where a source reports decimal hours."""

    seconds: FourDecimals

    @classmethod
    def of_minutes(cls, minutes: int) -> Self:
        """Return whole minutes."""
        return cls(seconds=Decimal(minutes * 60))

    @classmethod
    def of_hours(cls, hours: Decimal) -> Self:
        """Return decimal hours."""
        return cls(seconds=hours * _SECONDS_PER_HOUR)

    @property
    def hours(self) -> Decimal:
        """Return hours for display, to four decimals: 10 minutes show as 0.1667."""
        exact = self.seconds / _SECONDS_PER_HOUR
        return exact.quantize(_SHOWN, rounding=ROUND_HALF_UP).normalize() + 0

    def at(self, rate: Rate) -> Money:
        """Return rate × seconds ÷ 3600, rounded once: 10 minutes at 150 are 25.00."""
        exact = rate.per_hour * self.seconds / _SECONDS_PER_HOUR
        return Money.rounded(exact, rate.currency)

    def __add__(self, other: Self) -> Self:
        """Return the sum."""
        return self.model_copy(update={"seconds": self.seconds + other.seconds})
