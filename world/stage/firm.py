"""The firm that a story plays in: entities, tax, ledger, roles, people and rates of exchange."""

from collections.abc import Collection
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import Field

from world.stage.facts import Told

CurrencyCode = Annotated[str, Field(pattern="^[A-Z]{3}$", description="ISO 4217, such as USD")]
CountryCode = Annotated[str, Field(pattern="^[A-Z]{2}$", description="ISO 3166, such as US")]
Rate = Annotated[Decimal, Field(gt=0, decimal_places=4)]
Text = Annotated[str, Field(min_length=1)]
BillingModel = Literal["time and materials", "milestones"]


class TaxGroup(Told):
    """How invoices of a group are taxed: by its code, unless reverse charge or exempt."""

    code: Text = Field(description="a tax code of the same legal entity")
    reverse_charge: bool = False
    exempt: bool = False


class LegalEntity(Told):
    """One company of the firm."""

    name: Text
    country: CountryCode
    currency: CurrencyCode = Field(description="the currency of its books")
    time_zone: Text = Field(description="IANA name, such as Europe/Berlin")
    language: str = "en-US"
    tax_id: str = ""
    tax_codes: dict[str, Annotated[Decimal, Field(ge=0, le=100)]] = Field(
        description="percent of each tax code"
    )
    tax_groups: dict[str, TaxGroup]


class Accounts(Told):
    """The main account of each use."""

    receivable: Text
    revenue_time_and_materials: Text
    revenue_milestones: Text
    tax: Text
    cost: Text
    clearing: Text = Field(description="credited when hours are costed, cleared by payroll")

    def main(self, shown: str) -> str:
        """Return the main account of one that a ledger may show with dimensions behind it."""
        known = set(self.model_dump().values())
        return next((one for one in known if shown.startswith(f"{one}-")), shown)


class FiscalYear(Told):
    """A year that is open for posting, both days included."""

    first_day: date
    last_day: date


class Role(Told):
    """What somebody works as."""

    name: Text = Field(description="its name where time is captured")
    category: Text = Field(description="its project category in the ledger")


class Cost(Told):
    """What an hour of a person costs the firm, from a day on."""

    since: date
    per_hour: Annotated[Decimal, Field(gt=0, decimal_places=2)]
    currency: CurrencyCode


class Person(Told):
    """Somebody who works, or who approves work."""

    name: Text
    email: Text
    employee: Text = Field(description="employee number")
    entity: Text = Field(description="the legal entity that employs this person")
    role: str | None = Field(default=None, description="a role of the firm; none for approvers")
    costs: tuple[Cost, ...] = ()


class ExchangeRate(Told):
    """One unit of a currency is `rate` units of the other, from a day on."""

    since: date
    from_currency: CurrencyCode
    to_currency: CurrencyCode
    rate: Annotated[Decimal, Field(gt=0, decimal_places=6)]


class Firm(Told):
    """Everything that is set up before the first deal."""

    firm: Text = Field(description="the name of the firm")
    entities: dict[str, LegalEntity]
    fiscal_years: tuple[FiscalYear, ...]
    accounts: Accounts
    customer_groups: dict[Literal["business", "consumer", "exempt"], Text]
    payment_terms: dict[str, Annotated[int, Field(ge=0)]] = Field(description="days of each")
    project_groups: dict[str, BillingModel] = Field(description="billing model of each")
    line_property: Text = Field(description="of hours whose client is not billed by the ledger")
    practices: dict[str, Text] = Field(description="business unit of each practice")
    roles: dict[str, Role]
    people: dict[str, Person]
    exchange_rates: tuple[ExchangeRate, ...] = ()

    def only(self, entities: Collection[str]) -> Self:
        """Return the firm as far as some of its legal entities go, with the people they employ."""
        return self.model_copy(
            update={
                "entities": {key: one for key, one in self.entities.items() if key in entities},
                "people": {key: one for key, one in self.people.items() if one.entity in entities},
            }
        )

    @property
    def currencies(self) -> tuple[str, ...]:
        """Return every currency that the firm's books or rates know."""
        books = {entity.currency for entity in self.entities.values()}
        rates = {
            code for rate in self.exchange_rates for code in (rate.from_currency, rate.to_currency)
        }
        return tuple(sorted(books | rates))
