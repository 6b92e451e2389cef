"""Clients and deals as a story tells them."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import Field
from typing_extensions import override

from world.stage import tax_ids
from world.stage.facts import Told
from world.stage.firm import BillingModel, CountryCode, CurrencyCode, Rate, Text

Amount = Annotated[Decimal, Field(decimal_places=2)]
ProjectName = Annotated[
    Annotated[str, Field(min_length=1, max_length=80)] | None,
    Field(description="which of the deal's projects; leave it out where the deal has one"),
]


class ClientTerms(Told):
    """What is known of a client. Anything may be missing: that is how stories go wrong."""

    street: str | None = None
    postal_code: str | None = None
    city: str | None = None
    state: str | None = None
    country: CountryCode | None = None
    tax_status: Literal["business", "consumer", "exempt"] | None = None
    tax_id: str | None = Field(default=None, description="VAT id with its country's prefix")
    payment_terms: str | None = Field(default=None, description="such as Net30")

    def of_play(self, play: int) -> Self:
        """Return the client of the first, second … play, who has a tax id of its own."""
        if self.tax_id is None:
            return self
        return self.model_copy(update={"tax_id": tax_ids.of_play(self.tax_id, play)})


class Existing(Told):
    """A customer that a legal entity had in its books before the story begins."""

    customer: Text = Field(description="its number in the books")
    entity: Text = Field(description="the legal entity whose books have it")
    on_account: bool = Field(default=True, description="whether the CRM's account has the number")

    def of_play(self, play: int) -> Self:
        """Return the customer of the first, second … play, who has a number of its own."""
        number = self.customer if play == 1 else f"{self.customer}-{play}"
        return self.model_copy(update={"customer": number})


class Client(ClientTerms):
    """Who buys."""

    name: Text
    currency: CurrencyCode
    existing: Existing | None = None

    @override
    def of_play(self, play: int) -> Self:
        """Return the client of the first, second … play, and whom the books have of it."""
        own = super().of_play(play)
        existing = self.existing and self.existing.of_play(play)
        return own.model_copy(update={"existing": existing})


class DealTerms(Told):
    """What was agreed. Anything may be missing here too."""

    entity: str | None = Field(default=None, description="the legal entity that sells")
    practice: str | None = None
    billing_model: BillingModel | None = None
    billing_frequency: Literal["monthly", "on completion"] | None = None
    service_start: date | None = None
    service_end: date | None = Field(default=None, description="the last day of service")
    purchase_order: str | None = None
    not_to_exceed: Amount | None = Field(
        default=None, description="the most that is billed, before tax"
    )
    cap_policy: Literal["split", "hold", "warn"] | None = Field(
        default=None, description="what becomes of work beyond `not_to_exceed`"
    )
    billing_threshold: Amount | None = Field(
        default=None, description="approved value above it is billed at once"
    )
    amount: Amount | None = Field(
        default=None, description="the price; where there are rates, their planned hours make it"
    )


class PlannedRate(Told):
    """The price of an hour of a role from a day on, and how many hours are planned at it."""

    role: Text
    since: date
    per_hour: Rate
    hours: Annotated[Decimal, Field(gt=0, decimal_places=2)]
    project: ProjectName = None


class ScheduleLine(Told):
    """One milestone: what is billed once it is reached."""

    name: Text
    amount: Amount
    due: date | None = None
    project: ProjectName = None


class Deal(DealTerms):
    """One opportunity, from before it is won."""

    name: Text
    client: Text = Field(description="a key of `clients`")
    currency: CurrencyCode
    rates: tuple[PlannedRate, ...] = ()
    schedule: tuple[ScheduleLine, ...] = ()

    @property
    def projects(self) -> tuple[str, ...]:
        """Return the names of the deal's projects; none where it has one."""
        named = [*(rate.project for rate in self.rates), *(line.project for line in self.schedule)]
        return tuple(dict.fromkeys(name for name in named if name is not None))
