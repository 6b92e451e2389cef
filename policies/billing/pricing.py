"""What is an approved entry worth to the client?

The rule: the price of the entry's role that is valid on the work date, among those of its own
project, per hour, times the time worked, rounded once (O-02). Work under a fixed price is covered
by it. Work without a price, or at a price of zero, is held, never billed at zero (E13).
"""

from typing import Annotated, Literal

from pydantic import Field

from canonical.base import Record, Rule
from canonical.cases import Defect
from canonical.contracts import ContractLine, TimeAndMaterials
from canonical.entries import TimeEntry
from canonical.money import Money, Rate
from canonical.opportunities import PriceLine

RULE = Rule(id="entry-price", version=1)


class Priced(Record):
    """The client pays this."""

    verdict: Literal["ready"] = "ready"
    rule: Rule = RULE
    price: PriceLine
    amount: Money


class Covered(Record):
    """A fixed price pays for it."""

    verdict: Literal["covered"] = "covered"
    rule: Rule = RULE


class NonBillable(Record):
    """Nobody pays for it; who approved the entry said so."""

    verdict: Literal["non_billable"] = "non_billable"
    rule: Rule = RULE


class Unpriced(Record):
    """A price is missing."""

    verdict: Literal["held"] = "held"
    rule: Rule = RULE
    defect: Defect


Verdict = Annotated[Priced | Covered | NonBillable | Unpriced, Field(discriminator="verdict")]


def decide(entry: TimeEntry, role: str, line: ContractLine) -> Verdict:
    """Price an entry worked in one of our roles under a contract line."""
    if not entry.is_billable:
        return NonBillable()
    if not isinstance(line.terms, TimeAndMaterials):
        return Covered()
    valid = [
        price
        for price in line.terms.prices
        if price.role == role and price.valid_from <= entry.work_date
    ]
    price = max(valid, key=lambda price: price.valid_from, default=None)
    if price is None or not price.rate.per_hour:
        return Unpriced(defect=_no_price(entry, role))
    return Priced(price=price, amount=entry.worked.at(price.rate))


def value_of(verdict: Verdict, currency: str) -> tuple[Money, Rate]:
    """Return amount and price of a verdict; zero where nobody pays for the entry itself."""
    if isinstance(verdict, Priced):
        return verdict.amount, verdict.price.rate
    return Money.zero(currency), Rate(currency=currency, per_hour=Money.zero(currency).amount)


def _no_price(entry: TimeEntry, role: str) -> Defect:
    return Defect(
        error_class="E13",
        subject=entry.key,
        field="price",
        owner="sales_ops",
        text=f"no price for role {role!r} on {entry.work_date}: the contract has to be amended",
    )
