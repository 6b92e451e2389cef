"""Contracts: what a won deal obliges both sides to, and how it is billed."""

from datetime import date
from typing import Annotated, Literal, NewType

from pydantic import Field

from canonical.base import Record
from canonical.clients import ClientId
from canonical.commitments import Cap
from canonical.money import Currency, Money
from canonical.opportunities import BillingFrequency, BillingModel, PriceLine
from canonical.organization import EntityId
from canonical.systems import ForeignId
from canonical.workstreams import Workstream

ContractId = NewType("ContractId", str)
MilestoneId = NewType("MilestoneId", str)


class MilestoneTerm(Record):
    """A milestone as it was sold: reaching it makes `amount` billable."""

    id: MilestoneId
    name: str
    amount: Money
    due_on: date | None = None


class TimeAndMaterials(Record):
    """Hours at the rate of their work date, billed by cut-off."""

    model: Literal["time_and_materials"] = "time_and_materials"
    prices: tuple[PriceLine, ...]
    frequency: BillingFrequency


class Milestones(Record):
    """Amounts billed as milestones are reached; their sum is the price (L-6)."""

    model: Literal["milestones"] = "milestones"
    milestones: tuple[MilestoneTerm, ...]


BillingTerms = Annotated[TimeAndMaterials | Milestones, Field(discriminator="model")]


class ContractLine(Record):
    """One thing sold, with the way it is billed: what one project delivers."""

    number: int
    terms: BillingTerms
    workstream: Workstream = None


class Contract(Record):
    """What was agreed, a line for each project.

    `price` is the fixed part or, for time and materials, the estimate.

    Approved value above `billing_threshold` that is not billed yet asks for an invoice.
    """

    id: ContractId
    opportunity: ForeignId
    client: ClientId
    entity: EntityId
    name: str
    currency: Currency
    price: Money
    practice: str
    service_from: date
    service_until: date
    purchase_order: str | None = None
    cap: Cap | None = None
    billing_threshold: Money | None = None
    lines: tuple[ContractLine, ...]

    @property
    def billing_model(self) -> BillingModel:
        """Return how all that was sold is billed."""
        return self.lines[0].terms.model

    @property
    def milestones(self) -> tuple[MilestoneTerm, ...]:
        """Return those of all lines, in the order of the lines."""
        return tuple(
            term
            for line in self.lines
            if isinstance(line.terms, Milestones)
            for term in line.terms.milestones
        )

    def milestone(self, milestone: MilestoneId) -> tuple[ContractLine, MilestoneTerm]:
        """Return a milestone with the line that it was sold on.

        Raises:
            LookupError: it was not sold.
        """
        for line in self.lines:
            terms = line.terms.milestones if isinstance(line.terms, Milestones) else ()
            for term in terms:
                if term.id == milestone:
                    return line, term
        raise LookupError(milestone)

    def line_of(self, workstream: str | None) -> ContractLine:
        """Return the line of a workstream.

        Raises:
            LookupError: nothing of it was sold.
        """
        for line in self.lines:
            if line.workstream == workstream:
                return line
        raise LookupError(workstream)
