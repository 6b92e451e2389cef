"""What a person sets up for a legal entity where no known entity set takes it."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from world.sandboxes.box import Box
from world.sandboxes.dynamics._iso4217 import MINOR_UNITS

KIND = "_company"


def _rounded_to(currency: str) -> str:
    if currency not in MINOR_UNITS:
        message = f"{currency!r} has no minor unit"
        raise ValueError(message)
    return currency


def _in_order(period: tuple[date, date]) -> tuple[date, date]:
    if period[0] >= period[1]:
        message = "a period ends before it starts; its end is the first day after it"
        raise ValueError(message)
    return period


class Accounts(BaseModel):
    """Main accounts by use."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    receivable: str
    revenue: str
    tax: str
    cost: str
    clearing: str
    bank: str = ""  # where payments of customers arrive, if any do
    exchange_difference: str = ""


class Company(BaseModel):
    """A legal entity's ledger. Periods are half-open; percentages are of the net amount."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    data_area: Annotated[str, StringConstraints(min_length=1, to_lower=True)] = Field(
        alias="dataAreaId"
    )
    currency: Annotated[str, AfterValidator(_rounded_to)] = Field(alias="accountingCurrency")
    tax_percentages: dict[str, Annotated[Decimal, Field(ge=0, max_digits=16, decimal_places=8)]]
    accounts: Accounts
    open_periods: list[Annotated[tuple[date, date], AfterValidator(_in_order)]]
    chart: str = Field(default="", alias="chartOfAccounts")

    def is_open(self, day: str) -> bool:
        """Say whether an ISO date lies in an open period."""
        on = date.fromisoformat(day)
        return any(start <= on < end for start, end in self.open_periods)

    def keep(self, box: Box) -> None:
        """Set the company up, in place of an earlier set-up."""
        body = self.model_dump(mode="json", by_alias=True)
        with box.transaction() as tx:
            tx.put(KIND, self.data_area, body)
            tx.log("company.set", body)

    @classmethod
    def read(cls, body: bytes) -> Self:
        """Read a set-up as it was sent. ValueError says what is wrong with it."""
        return cls.model_validate_json(body)
