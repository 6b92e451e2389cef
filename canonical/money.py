"""Money: an exact decimal amount of one ISO 4217 currency, never a float."""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated, Self

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, field_validator
from typing_extensions import override

from canonical import currencies
from canonical.base import Record, RuleError

_INEXACT = (float, bool)


class CurrencyMismatchError(RuleError):
    """Two amounts in different currencies were combined."""


def _known(currency: str) -> str:
    currencies.minor_unit(currency)
    return currency


def _refuse_float(value: object) -> object:
    if isinstance(value, _INEXACT):
        msg = "an exact number is never a float; pass a Decimal, an int or a string"
        raise ValueError(msg)  # noqa: TRY004 - pydantic turns only ValueError into its own
    return value


Currency = Annotated[str, AfterValidator(_known)]
# Bounds come before the validator: those behind it pydantic checks in Python, five times slower.
Exact = Annotated[Decimal, Field(max_digits=24), BeforeValidator(_refuse_float)]
FourDecimals = Annotated[
    Decimal, Field(max_digits=24, decimal_places=4), BeforeValidator(_refuse_float)
]
_Price = Annotated[
    Decimal, Field(max_digits=24, decimal_places=4, ge=0), BeforeValidator(_refuse_float)
]


class Money(Record):
    """An amount in units of its currency: 12.34 EUR is twelve euros and 34 cents."""

    currency: Currency
    amount: Exact

    @field_validator("amount")
    @classmethod
    def _refuse_fractions(cls, value: Decimal, info: ValidationInfo) -> Decimal:
        if "currency" not in info.data:  # refused already
            return value
        unit = currencies.minor_unit(info.data["currency"])
        if value % unit:
            msg = "finer than the currency's minor unit; use Money.rounded"
            raise ValueError(msg)
        return value.quantize(unit) + 0  # one spelling and no -0, so that equals hash alike

    @classmethod
    def rounded(cls, exact: Decimal, currency: str) -> Self:
        """Return `exact` in whole minor units, halves away from zero. Round once, at the end."""
        amount = exact.quantize(currencies.minor_unit(currency), rounding=ROUND_HALF_UP)
        return cls(currency=currency, amount=amount)

    @classmethod
    def zero(cls, currency: str) -> Self:
        """Return no money of a currency."""
        return cls(currency=currency, amount=Decimal(0))

    @classmethod
    def total(cls, amounts: Iterable[Self], currency: str) -> Self:
        """Return the sum, which is zero of `currency` if there are no amounts.

        Raises:
            CurrencyMismatchError: if an amount is in another currency.
        """
        return sum(amounts, start=cls.zero(currency))

    def __add__(self, other: Self) -> Self:
        """Return the sum.

        Raises:
            CurrencyMismatchError: if the currencies differ.
        """
        self._same_currency(other)
        return self.model_copy(update={"amount": self.amount + other.amount})

    def __sub__(self, other: Self) -> Self:
        """Return the difference, which may be negative.

        Raises:
            CurrencyMismatchError: if the currencies differ.
        """
        self._same_currency(other)
        return self.model_copy(update={"amount": self.amount - other.amount})

    @override
    def __str__(self) -> str:
        """Return the amount as people write it: 2480.00 USD."""
        return f"{self.amount} {self.currency}"

    def _same_currency(self, other: Self) -> None:
        if self.currency != other.currency:
            raise CurrencyMismatchError(self.currency, other.currency)


class Rate(Record):
    """A price or a cost of one hour, in units of its currency; up to four decimals."""

    currency: Currency
    per_hour: _Price
