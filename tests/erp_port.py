"""An ERP that remembers, behind its port; what it enforces is for a test to say."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

from canonical import tax_ids
from canonical.clients import Client, CountryCode, Customer
from canonical.codes import CustomerCodes, InvoiceCodes
from canonical.contracts import Contract
from canonical.invoices import Invoice, InvoiceStatus, Reference
from canonical.money import Money
from canonical.organization import EntityId
from canonical.postings import BatchId, HourBatch, HourLine
from canonical.projects import Project
from canonical.systems import ForeignId
from connectors import errors, ports
from connectors.ports import Delivery
from tests.fakes import ERP
from tests.trouble import VENDOR, Troubled, call, kept, present

T = TypeVar("T")


@dataclass
class Journal:
    """An hour journal of the fake ERP; posted once it has a voucher."""

    batch: BatchId
    lines: tuple[HourLine, ...] = ()
    voucher: ForeignId | None = None


@dataclass
class Paper:
    """A free text invoice of the fake ERP; posted once it has a number."""

    reference: Reference
    currency: str
    codes: InvoiceCodes
    invoice: Invoice | None = None
    number: str | None = None
    customer: ForeignId | None = None
    paid: Decimal = Decimal(0)

    @property
    def net(self) -> Money:
        """Return the sum of the lines."""
        return self.invoice.net if self.invoice else Money.zero(self.currency)


ENFORCED = ports.ErpDelivery(
    customer=Delivery.UNIQUE,
    contract=Delivery.UNIQUE,
    project=Delivery.UNIQUE,
    journal=Delivery.FINDABLE,
    journal_lines=Delivery.UNIQUE,
    invoice=Delivery.FINDABLE,
    invoice_lines=Delivery.UNIQUE,
)
LOOSE = ports.ErpDelivery(**dict.fromkeys(ENFORCED.model_fields_set, Delivery.FINDABLE))


class FakeErp(Troubled):
    """An ERP in our words. `taxes` holds the percentage of each tax group that has one.

    A `surcharge` is what it adds to every document on its own. Where it `delivers` class B
    or C it enforces no key: the same once more is a double.
    """

    def __init__(
        self,
        *,
        taxes: dict[str, str] | None = None,
        delivers: ports.ErpDelivery = ENFORCED,
    ) -> None:
        super().__init__(ERP)
        self._delivers = delivers
        self.customers: dict[ForeignId, tuple[EntityId, Client, CustomerCodes]] = {}
        self.existing: dict[ForeignId, tuple[EntityId, Customer]] = {}
        self.contracts: dict[ForeignId, ForeignId] = {}
        self.projects: dict[ForeignId, tuple[ForeignId, str]] = {}
        self.closed: set[ForeignId] = set()
        self.journals: dict[ForeignId, Journal] = {}
        self.papers: dict[ForeignId, Paper] = {}
        self.taxes = taxes or {}
        self.surcharge: Money | None = None

    @property
    def posted_journals(self) -> list[Journal]:
        """Return what stands in the ledger as cost."""
        return [journal for journal in self.journals.values() if journal.voucher]

    @property
    def posted_invoices(self) -> list[Paper]:
        """Return what stands in the ledger as revenue."""
        return [paper for paper in self.papers.values() if paper.number]

    @property
    def costed(self) -> set[str]:
        """Return the codes of the projects that an hour was posted on."""
        return {
            str(line.dimensions.project) for each in self.posted_journals for line in each.lines
        }

    @property
    def in_use(self) -> set[ForeignId]:
        """Return the contracts and projects that are there and not closed."""
        return {*self.contracts, *self.projects} - self.closed

    @property
    def delivers(self) -> ports.ErpDelivery:
        return self._delivers

    @property
    def lacks(self) -> frozenset[ports.ErpFeature]:
        return frozenset()

    def _key(self, delivery: Delivery, ours: str) -> ForeignId:
        enforced = self._id(ours)
        return enforced if delivery is Delivery.UNIQUE else self._id(f"{ours}#{self.fresh().value}")

    @call
    async def find_customers(
        self,
        entity: EntityId,  # noqa: ARG002 - a port's name
        client: Client,
    ) -> tuple[ForeignId, ...]:
        return _named(client.id, self.customers)

    @call
    async def customer(self, entity: EntityId, number: str) -> Customer | None:
        there, found = self.existing.get(self._id(number), (None, None))
        return found if there == entity else None

    @call
    async def customers_by_tax_id(
        self, entity: EntityId, tax_id: str, country: CountryCode
    ) -> tuple[Customer, ...]:
        wanted = tax_ids.spelled(tax_id, country)
        return tuple(
            found
            for there, found in self.existing.values()
            if there == entity
            and wanted in [tax_ids.spelled(each, found.country) for each in found.tax_ids]
        )

    @call
    async def find_contracts(self, contract: Contract) -> tuple[ForeignId, ...]:
        return _named(contract.id, self.contracts)

    @call
    async def find_projects(self, project: Project) -> tuple[ForeignId, ...]:
        return _named(project.code, self.projects)

    @call
    async def holds_journal_lines(self, journal: ForeignId, batch: HourBatch) -> bool:
        return present(self.journals.get(journal), "journal").lines == batch.lines

    @call
    async def holds_invoice_lines(self, draft: ForeignId, invoice: Invoice) -> bool:
        return present(self.papers.get(draft), "invoice").invoice == invoice

    @call
    async def create_customer(
        self, entity: EntityId, client: Client, codes: CustomerCodes
    ) -> ForeignId:
        customer = self._key(self._delivers.customer, client.id)
        self.customers[customer] = (entity, client, codes)
        return customer

    @call
    async def create_contract(self, contract: Contract, customer: ForeignId) -> ForeignId:
        present((self.customers | self.existing).get(customer), "customer")
        theirs = self._key(self._delivers.contract, contract.id)
        self.contracts[theirs] = customer
        return theirs

    @call
    async def create_project(
        self, project: Project, contract: ForeignId, project_group: str
    ) -> ForeignId:
        present(self.contracts.get(contract), "contract")
        theirs = self._key(self._delivers.project, project.code)
        self.projects[theirs] = (contract, project_group)
        return theirs

    @call
    async def close_project(self, project: Project, theirs: ForeignId) -> None:  # noqa: ARG002
        self._close(theirs, self.projects, is_used=theirs.value in self.costed)

    @call
    async def close_contract(self, contract: Contract, theirs: ForeignId) -> None:  # noqa: ARG002
        below = [at for at, (contract, _) in self.projects.items() if contract == theirs]
        if set(below) - self.closed:
            raise errors.Rejected(VENDOR, "the contract has open projects")
        self._close(theirs, self.contracts, is_used=bool(below))

    def _close(self, theirs: ForeignId, records: dict[ForeignId, T], *, is_used: bool) -> None:
        if is_used:
            self.closed.add(theirs)
        else:
            records.pop(theirs, None)

    @call
    async def find_journals(
        self,
        entity: EntityId,  # noqa: ARG002 - a port's name
        batch: BatchId,
    ) -> tuple[ports.Document, ...]:
        found = [(at, each) for at, each in self.journals.items() if each.batch == batch]
        return tuple(ports.Document(id=at, is_posted=bool(each.voucher)) for at, each in found)

    @call
    async def create_journal(self, entity: EntityId, batch: BatchId) -> ForeignId:  # noqa: ARG002
        return kept(self.fresh(), Journal(batch), self.journals)

    @call
    async def fill_journal(self, journal: ForeignId, batch: HourBatch) -> None:
        draft = present(self.journals.get(journal), "journal")
        if draft.voucher is not None:
            raise errors.Rejected(VENDOR, "the journal is posted")
        draft.lines = batch.lines

    @call
    async def discard_journal(self, entity: EntityId, journal: ForeignId) -> None:  # noqa: ARG002
        if journal in self.journals and self.journals[journal].voucher is not None:
            raise errors.Rejected(VENDOR, "the journal is posted")
        self.journals.pop(journal, None)

    @call
    async def post_journal(self, entity: EntityId, journal: ForeignId) -> ForeignId:  # noqa: ARG002
        draft = present(self.journals.get(journal), "journal")
        if not draft.lines:
            raise errors.Rejected(VENDOR, "the journal has no lines")
        draft.voucher = draft.voucher or self._id(f"VOU-{journal.value}")
        return draft.voucher

    @call
    async def find_invoices(self, invoice: Invoice) -> tuple[ports.Document, ...]:
        found = [
            (at, paper) for at, paper in self.papers.items() if paper.reference == invoice.reference
        ]
        return tuple(ports.Document(id=at, is_posted=bool(paper.number)) for at, paper in found)

    @call
    async def create_invoice(
        self, invoice: Invoice, customer: ForeignId, codes: InvoiceCodes
    ) -> ForeignId:
        present((self.customers | self.existing).get(customer), "customer")
        paper = Paper(invoice.reference, invoice.currency, codes, customer=customer)
        return kept(self.fresh(), paper, self.papers)

    @call
    async def fill_invoice(self, draft: ForeignId, invoice: Invoice, codes: InvoiceCodes) -> None:
        paper = present(self.papers.get(draft), "invoice")
        if paper.number is not None:
            raise errors.Rejected(VENDOR, "the invoice is posted")
        paper.invoice, paper.codes = invoice, codes

    @call
    async def discard_invoice(self, entity: EntityId, draft: ForeignId) -> None:  # noqa: ARG002
        if draft in self.papers and self.papers[draft].number is not None:
            raise errors.Rejected(VENDOR, "the invoice is posted")
        self.papers.pop(draft, None)

    @call
    async def post_invoice(self, entity: EntityId, draft: ForeignId) -> ForeignId:  # noqa: ARG002
        paper = present(self.papers.get(draft), "invoice")
        paper.number = paper.number or f"FTI-{len(self.posted_invoices) + 1:08}"
        return self._id(f"VOU-{draft.value}")

    @call
    async def invoice_status(self, entity: EntityId, document: ForeignId) -> InvoiceStatus:  # noqa: ARG002
        paper = present(self.papers.get(document), "invoice")
        percent = Decimal(self.taxes.get(paper.codes.tax_group, "0"))
        net = paper.net + (self.surcharge or Money.zero(paper.currency))
        tax = Money.rounded(net.amount * percent / 100, paper.currency)
        return InvoiceStatus(
            state="posted" if paper.number else "draft",
            number=paper.number,
            net=net,
            tax=tax,
            balance=_less(net + tax, paper.paid) if paper.number else None,
            line_count=len(paper.invoice.lines) if paper.invoice else 0,
        )

    def _id(self, value: str) -> ForeignId:
        return ForeignId(system=self.system, value=value)


def _less(owed: Money, paid: Decimal) -> Money:
    return Money(amount=owed.amount - paid, currency=owed.currency)


def _named(ours: str, records: Iterable[ForeignId]) -> tuple[ForeignId, ...]:
    return tuple(each for each in records if each.value.partition("#")[0] == ours)
