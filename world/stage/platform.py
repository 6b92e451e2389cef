"""What the stage asks of the platform: a business date, a cut-off, rest, and what it believes."""

from datetime import date
from decimal import Decimal
from typing import Protocol, Self

from pydantic import Field

from world.stage.facts import Fact


class BelievedSlice(Fact):
    """A part of an approved entry or milestone; `invoice` is our reference of its invoice."""

    source: str
    state: str
    seconds: Decimal
    amount: Decimal
    currency: str
    invoice: str | None = None
    line: int | None = None


class BelievedMessage(Fact):
    """A message from another system, under the sender's own id, and what became of it."""

    source: str
    id: str
    outcome: str


class BelievedCase(Fact):
    """Something that somebody has to look at."""

    error_class: str
    subject: str
    text: str
    owner: str
    is_open: bool


class BelievedInvoice(Fact):
    """An invoice by our reference; the number is the ledger's, None until it is posted."""

    reference: str
    number: str | None = None


class BelievedEngagement(Fact):
    """How far a won opportunity has come."""

    opportunity: str
    stage: str
    projects: tuple[str, ...] = Field(default=(), description="their codes, in every system")


class Belief(Fact):
    """All that the platform holds true, for comparison with what the systems say."""

    slices: tuple[BelievedSlice, ...] = ()
    messages: tuple[BelievedMessage, ...] = ()
    cases: tuple[BelievedCase, ...] = ()
    invoices: tuple[BelievedInvoice, ...] = ()
    engagements: tuple[BelievedEngagement, ...] = ()

    def since(self, before: Self) -> Self:
        """Return what is new: of sources, messages, cases, invoices and deals not known before."""
        sources = {part.source for part in before.slices}
        messages = {(one.source, one.id) for one in before.messages}
        cases = {(case.error_class, case.subject, case.text) for case in before.cases}
        invoices = {invoice.reference for invoice in before.invoices}
        deals = {engagement.opportunity for engagement in before.engagements}
        return self.model_copy(
            update={
                "slices": tuple(s for s in self.slices if s.source not in sources),
                "messages": tuple(m for m in self.messages if (m.source, m.id) not in messages),
                "cases": tuple(
                    c for c in self.cases if (c.error_class, c.subject, c.text) not in cases
                ),
                "invoices": tuple(i for i in self.invoices if i.reference not in invoices),
                "engagements": tuple(e for e in self.engagements if e.opportunity not in deals),
            }
        )


class Platform(Protocol):
    """The platform, as far as a story drives and questions it."""

    async def set_today(self, day: date) -> None:
        """Move the business date together with the systems' clocks.

        The day can lie before the one of an earlier play, and before what any feed has been
        read to: cursors into feeds have to follow.
        """
        ...

    async def cut_off(self, opportunity: str, day: date) -> None:
        """Bill a deal's work up to and including the day. The same request again is the same."""
        ...

    async def approve_invoices(self, opportunity: str, by: str) -> None:
        """Approve the drafts of a deal that wait for somebody's approval, as they stand."""
        ...

    async def settled(self) -> bool:
        """Say whether nothing is under way; what waits for a person is settled."""
        ...

    async def belief(self) -> Belief:
        """Return what the platform holds true now."""
        ...
