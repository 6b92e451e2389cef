"""What a kind of system can do for us, in our words; a vendor's package makes it true.

A write declares its delivery class: A, repeating it under the same key or id
changes nothing; B, it can be found again by our reference; C, neither.
Besides the errors named here, any call may raise `Transient`, `Unauthorized`
or `Drifted`, and any write `Uncertain`.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from canonical.base import Record
from canonical.clients import Account, Client, ClientId, ClientLinks
from canonical.codes import CustomerCodes, InvoiceCodes
from canonical.contracts import Contract, MilestoneTerm
from canonical.entries import MilestoneReached, TimeEntry
from canonical.invoices import Invoice, InvoiceStatus, Reference
from canonical.notices import Notices
from canonical.opportunities import Opportunity
from canonical.organization import EntityId
from canonical.postings import BatchId, HourBatch
from canonical.projects import Project, ProjectCode
from canonical.systems import ForeignId


class Crm(Protocol):
    """A system that owns accounts, opportunities and commercial terms."""

    async def opportunity(self, opportunity: ForeignId) -> Opportunity:
        """Return the deal as it is now, with its prices and billing schedule. Reads.

        Raises:
            Missing: there is no such opportunity.
        """
        ...

    async def account(self, account: ForeignId) -> Account:
        """Return the account as it is now, complete or not. Reads.

        Raises:
            Missing: there is no such account.
        """
        ...

    async def record_client(self, account: ForeignId, links: ClientLinks) -> None:
        """Write the client's ids on its account. Class A: by the account's id.

        Raises:
            Rejected: the CRM refuses the values.
            Missing: the account is gone.
        """
        ...

    async def record_project(self, opportunity: ForeignId, code: ProjectCode, status: str) -> None:
        """Write the project's code and status on its opportunity. Class A: by its id.

        Raises:
            Rejected: the CRM refuses the values.
            Missing: the opportunity is gone.
        """
        ...

    async def record_invoice(
        self, opportunity: ForeignId, invoice: Invoice, status: InvoiceStatus
    ) -> ForeignId:
        """Write number, amounts and status of an invoice. Class A: upsert by our reference.

        Raises:
            Rejected: the CRM refuses the values.
        """
        ...


class TimePage(Record):
    """Some approved entries of a timesheet, and where the next page starts; None at the end."""

    entries: tuple[TimeEntry, ...]
    next_page: int | None


class Psa(Protocol):
    """A system that owns plans and milestones, and in which time is approved."""

    async def find_client(self, client: ClientId) -> tuple[ForeignId, ...]:
        """Return every company that carries our client id, the oldest first. Reads."""
        ...

    async def create_client(self, client: Client) -> ForeignId:
        """Create the company that projects belong to. Class B: carries our client id.

        Raises:
            Rejected: the PSA refuses the values.
        """
        ...

    async def find_project(self, code: ProjectCode) -> tuple[ForeignId, ...]:
        """Return every project that carries our code, the oldest first. Reads."""
        ...

    async def create_project(self, project: Project, client: ForeignId) -> ForeignId:
        """Create the project shell for a company. Class B: carries our project code.

        Raises:
            Rejected: the PSA refuses the values.
        """
        ...

    async def archive_project(self, project: ForeignId) -> None:
        """Take a project out of use; its history stays. Class A: by its id.

        Raises:
            Missing: there is no such project.
        """
        ...

    async def find_milestone(self, term: MilestoneTerm) -> tuple[ForeignId, ...]:
        """Return every milestone that carries our milestone id, the oldest first. Reads."""
        ...

    async def create_milestone(self, project: ForeignId, term: MilestoneTerm) -> ForeignId:
        """Create a milestone in a project. Class B: carries our milestone id.

        Raises:
            Rejected: the PSA refuses the values.
        """
        ...

    async def changes(self, cursor: str, now: datetime) -> Notices:
        """Return timesheets and milestones that changed since the cursor; "" is from the start.

        The same change may come again, and out of order. Reads.
        """
        ...

    async def approved_time(self, timesheet: ForeignId, page: int) -> TimePage:
        """Return one page (from 1) of a timesheet's entries; none unless it is approved. Reads.

        Raises:
            Missing: there is no such timesheet.
        """
        ...

    async def milestone_reached(self, milestone: ForeignId) -> MilestoneReached | None:
        """Return the milestone if it is one of ours and completed. Reads.

        Raises:
            Missing: there is no such milestone.
        """
        ...

    async def find_invoice(self, reference: Reference) -> tuple[ForeignId, ...]:
        """Return every mirrored invoice that carries our reference, the oldest first. Reads."""
        ...

    async def record_invoice(
        self,
        project: ForeignId,
        invoice: Invoice,
        status: InvoiceStatus,
        entries: tuple[ForeignId, ...],
    ) -> ForeignId:
        """Mirror an issued invoice and mark its entries invoiced. Class B: carries our reference.

        Raises:
            Rejected: the PSA refuses the values.
        """
        ...


class Delivery(StrEnum):
    """What the vendor gives us to be exactly-once with, for one kind of write."""

    UNIQUE = "A"  # repeating it under the same key or id changes nothing
    FINDABLE = "B"  # it can be found again by our reference
    NEITHER = "C"  # only a person can find out


class ErpDelivery(Record):
    """How an ERP delivers each write. Posting and discarding go by its own ids: always class A."""

    customer: Delivery
    contract: Delivery
    project: Delivery
    journal: Delivery
    journal_lines: Delivery
    invoice: Delivery
    invoice_lines: Delivery


class ErpFeature(StrEnum):
    """What not every ERP has. Its connector does something else instead, told on its page."""

    CONTRACTS = "contracts"  # of projects, as records of their own
    CUSTOMER_GROUPS = "customer groups"
    PROJECT_GROUPS = "project groups"  # by billing model
    HOUR_CATEGORIES = "hour categories"  # by role
    HOUR_JOURNALS = "hour journals"  # one document that holds hours and posts their cost
    LINE_AMOUNTS = "line amounts"  # a line's amount is kept as it is sent, not computed
    CREDIT_NOTES = "credit notes"


class Document(Record):
    """A draft or posted document as the ERP lists it."""

    id: ForeignId
    is_posted: bool


class Erp(Protocol):
    """A system that owns dimensions, invoice numbers, posting status and balances.

    Every document starts as a draft, which moves no money, and is posted by its own id.
    Where ERPs differ in what they enforce, `delivers` says which class a write has here.
    """

    @property
    def delivers(self) -> ErpDelivery:
        """Return the class of each write, the same for the life of the connector."""
        ...

    @property
    def lacks(self) -> frozenset[ErpFeature]:
        """Return what this ERP does not have, the same for the life of the connector."""
        ...

    async def find_customers(self, entity: EntityId, client: Client) -> tuple[ForeignId, ...]:
        """Return every customer that carries the client's id, the oldest first. Reads."""
        ...

    async def create_customer(
        self, entity: EntityId, client: Client, codes: CustomerCodes
    ) -> ForeignId:
        """Create the client's account, under our client id.

        Raises:
            Rejected: the ERP refuses the values, or the id is another customer's.
        """
        ...

    async def find_contracts(self, contract: Contract) -> tuple[ForeignId, ...]:
        """Return every project contract that carries our contract id, the oldest first. Reads."""
        ...

    async def create_contract(self, contract: Contract, customer: ForeignId) -> ForeignId:
        """Create the project contract, under our contract id.

        Raises:
            Rejected: the ERP refuses the values, or the id is another contract's.
        """
        ...

    async def find_projects(self, project: Project) -> tuple[ForeignId, ...]:
        """Return every project that carries our code, the oldest first. Reads."""
        ...

    async def create_project(
        self, project: Project, contract: ForeignId, project_group: str
    ) -> ForeignId:
        """Create the project, under our code, with its dimensions.

        Raises:
            Rejected: the ERP refuses the values, or the code is another project's.
        """
        ...

    async def find_journals(self, entity: EntityId, batch: BatchId) -> tuple[Document, ...]:
        """Return every hour journal that carries the batch's id, the oldest first. Reads."""
        ...

    async def create_journal(self, entity: EntityId, batch: BatchId) -> ForeignId:
        """Create an empty draft journal, which carries the batch's id.

        Raises:
            Rejected: the ERP refuses it.
        """
        ...

    async def holds_journal_lines(self, journal: ForeignId, batch: HourBatch) -> bool:
        """Tell whether all lines of the batch are in the journal. Reads."""
        ...

    async def fill_journal(self, journal: ForeignId, batch: HourBatch) -> None:
        """Add all lines, or whatever an attempt that was cut short has left out.

        Raises:
            Rejected: the ERP refuses a line, or the journal holds other lines.
        """
        ...

    async def discard_journal(self, entity: EntityId, journal: ForeignId) -> None:
        """Remove a draft journal with its lines; one that is gone is success. Class A.

        Raises:
            Rejected: the journal is posted.
        """
        ...

    async def post_journal(self, entity: EntityId, journal: ForeignId) -> ForeignId:
        """Post a journal and return its voucher; a posted one stays as it is. Class A.

        Raises:
            Rejected: the ERP refuses to post, for example into a closed period.
            Missing: there is no such journal.
        """
        ...

    async def find_invoices(self, invoice: Invoice) -> tuple[Document, ...]:
        """Return every document that carries the invoice's reference, the oldest first. Reads."""
        ...

    async def create_invoice(
        self, invoice: Invoice, customer: ForeignId, codes: InvoiceCodes
    ) -> ForeignId:
        """Create a draft without lines, which carries the invoice's reference.

        Raises:
            Rejected: the ERP refuses it.
        """
        ...

    async def holds_invoice_lines(self, draft: ForeignId, invoice: Invoice) -> bool:
        """Tell whether all lines of the invoice are in the draft. Reads."""
        ...

    async def fill_invoice(self, draft: ForeignId, invoice: Invoice, codes: InvoiceCodes) -> None:
        """Add all lines or none.

        Raises:
            Rejected: the ERP refuses a line, or the draft holds other lines.
        """
        ...

    async def discard_invoice(self, entity: EntityId, draft: ForeignId) -> None:
        """Remove a draft with its lines; one that is gone is success. Class A.

        Raises:
            Rejected: the document is posted.
        """
        ...

    async def post_invoice(self, entity: EntityId, draft: ForeignId) -> ForeignId:
        """Post a draft and return its voucher; a posted one stays as it is. Class A.

        Raises:
            Rejected: the ERP refuses to post, for example into a closed period.
            Missing: there is no such draft.
        """
        ...

    async def invoice_status(self, entity: EntityId, document: ForeignId) -> InvoiceStatus:
        """Return number, amounts and balance as the ERP has them now. Reads.

        Raises:
            Missing: there is no such document.
        """
        ...


class CreditNotes(Protocol):
    """An ERP that does not lack `ErpFeature.CREDIT_NOTES`."""

    async def credit_invoice(
        self, entity: EntityId, document: ForeignId, issued_on: date
    ) -> ForeignId:
        """Credit a whole posted invoice and return the credit's id. Class A: once an invoice.

        Raises:
            Rejected: the ERP refuses, for example because the invoice is not posted.
            Missing: there is no such invoice.
        """
        ...
