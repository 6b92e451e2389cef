"""What each system says when it is read back: its own ids, its own amounts."""

from datetime import date
from decimal import Decimal
from typing import Self

from pydantic import Field

from world.stage.facts import Fact


class CrmClient(Fact):
    """An account; the links are what the platform wrote on it."""

    account: str
    name: str
    client: str | None
    erp_customer: str | None
    psa_client: str | None


class Price(Fact):
    """The price of an hour of a role from a day on."""

    role: str
    since: date
    per_hour: Decimal
    project: str | None = Field(default=None, description="which of the deal's projects")


class Milestone(Fact):
    """A line of a billing schedule."""

    name: str
    amount: Decimal


class CrmInvoice(Fact):
    """An invoice as sales sees it."""

    reference: str | None
    number: str | None
    status: str | None
    net: Decimal | None
    tax: Decimal | None
    gross: Decimal | None
    balance: Decimal | None


class CrmDeal(Fact):
    """An opportunity with its terms, and what the platform wrote on it."""

    opportunity: str
    stage: str
    entity: str | None
    currency: str
    billing_model: str | None
    project_code: str | None = Field(description="of several projects, all their codes")
    delivery_status: str | None
    prices: tuple[Price, ...]
    schedule: tuple[Milestone, ...]
    invoices: tuple[CrmInvoice, ...]

    @property
    def project_codes(self) -> tuple[str, ...]:
        """Return them one by one."""
        return codes(self.project_code)


class PsaClient(Fact):
    """A client company where time is captured."""

    id: str
    name: str


class PsaProject(Fact):
    """A workspace; `code` is the reference that it carries."""

    id: str
    title: str
    code: str
    archived: bool = False
    currency: str
    clients: tuple[PsaClient, ...]

    def is_of(self, name: str | None) -> bool:
        """Say whether it is the project that a deal calls so; without names a deal has one."""
        return name is None or self.title.endswith(f": {name}")


class TimeEntry(Fact):
    """Time of one person on one day. The cost is per hour."""

    id: str
    day: date
    person: str
    role: str | None
    minutes: int
    is_billable: bool
    is_approved: bool
    is_invoiced: bool
    cost: Decimal | None
    currency: str
    note: str
    project: str = Field(default="", description="the id of the project that it is on")


class PsaMilestone(Fact):
    """A milestone of the plan; `reference` is the name that the platform gave it."""

    id: str
    name: str
    state: str
    reference: str | None


class PsaInvoice(Fact):
    """An invoice as delivery sees it."""

    id: str
    title: str
    reference: str | None
    entries: tuple[str, ...]
    status: str


class Work(Fact):
    """Everything on a deal's project where time is captured."""

    projects: tuple[PsaProject, ...] = ()
    entries: tuple[TimeEntry, ...] = ()
    milestones: tuple[PsaMilestone, ...] = ()
    invoices: tuple[PsaInvoice, ...] = ()

    def with_more(self, other: Self) -> Self:
        """Return these with those of another project; what both tell of stands here once."""
        return self.model_copy(update=_joined(self, other))


class ErpCustomer(Fact):
    """A customer account of one legal entity."""

    entity: str
    account: str
    name: str
    group: str
    terms: str
    tax_group: str
    tax_id: str
    currency: str


class ErpProject(Fact):
    """A project in the ledger, and the contract it belongs to."""

    entity: str
    code: str
    name: str
    contract: str
    group: str
    dimensions: str
    reference: str


class HourPosting(Fact):
    """An entry of time with its cost, as a journal has it. Without a voucher it is not posted.

    `cost` is the amount in the currency; `cost_price` is that of an hour, as the ERP has it, or
    as cost and hours give it. Time without a cost has none, cost without time has no hours.
    """

    entity: str
    journal: str
    voucher: str | None
    entry: str
    worker: str
    category: str
    day: date
    hours: Decimal
    cost_price: Decimal
    cost: Decimal
    currency: str


class ErpInvoiceLine(Fact):
    """A line of an invoice, with its tax. Without a quantity it bills an amount, not hours."""

    number: int
    text: str
    note: str
    quantity: Decimal | None
    unit_price: Decimal
    net: Decimal
    tax: Decimal
    account: str
    dimensions: str


class ErpInvoice(Fact):
    """An invoice in the ledger. `owed` is in the currency of the books, once it is posted."""

    entity: str
    document: str
    reference: str
    number: str | None
    voucher: str | None
    day: date
    due: date
    customer: str
    currency: str
    purchase_order: str
    lines: tuple[ErpInvoiceLine, ...]
    balance: Decimal | None
    owed: Decimal | None


class LedgerLine(Fact):
    """An amount on an account, debits positive, also in the currency of the books."""

    account: str
    kind: str
    currency: str
    amount: Decimal
    accounting_amount: Decimal
    text: str


class LedgerEntry(Fact):
    """A journal entry of a voucher."""

    entity: str
    journal: str
    voucher: str
    day: date
    accounting_currency: str
    lines: tuple[LedgerLine, ...]


class Books(Fact):
    """Everything on a deal's project in the ledger."""

    projects: tuple[ErpProject, ...] = ()
    postings: tuple[HourPosting, ...] = ()
    invoices: tuple[ErpInvoice, ...] = ()
    ledger: tuple[LedgerEntry, ...] = ()

    def with_more(self, other: Self) -> Self:
        """Return these with those of another project; what both tell of stands here once."""
        return self.model_copy(update=_joined(self, other))


def codes(shown: str | None) -> tuple[str, ...]:
    """Return the codes of projects in a field that shows all of them."""
    return tuple(code.strip() for code in (shown or "").split(",") if code.strip())


def _joined(one: Fact, other: Fact) -> dict[str, tuple[Fact, ...]]:
    """Return every list of two readings as one; doubles within one of them stay."""
    found: dict[str, tuple[Fact, ...]] = {}
    for name in type(one).model_fields:
        there: tuple[Fact, ...] = getattr(one, name)
        known = set(there)
        found[name] = (*there, *(each for each in getattr(other, name) if each not in known))
    return found
