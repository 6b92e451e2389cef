"""The ERP: dimensions, invoice numbers, posting status and balances."""

from datetime import date
from typing import Protocol

from canonical.base import Record
from canonical.clients import Client, CountryCode, Customer
from canonical.codes import CustomerCodes, InvoiceCodes
from canonical.contracts import Contract
from canonical.invoices import Invoice, InvoiceStatus
from canonical.organization import EntityId
from canonical.postings import BatchId, HourBatch
from canonical.projects import Project
from canonical.systems import ForeignId
from connectors.ports.delivery import ErpDelivery, ErpFeature


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

    async def customer(self, entity: EntityId, number: str) -> Customer | None:
        """Return the customer that the entity's books have under a number, or None. Reads."""
        ...

    async def customers_by_tax_id(
        self, entity: EntityId, tax_id: str, country: CountryCode
    ) -> tuple[Customer, ...]:
        """Return every customer of the entity with a tax id, however it is typed. Reads."""
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

    async def close_project(self, project: Project, theirs: ForeignId) -> None:
        """Delete a project of ours, or end it if it was used. Class A: by its id; gone is success.

        Raises:
            Rejected: the ERP does neither.
        """
        ...

    async def close_contract(self, contract: Contract, theirs: ForeignId) -> None:
        """Delete a contract of ours, or end it if it was used. Class A: by its id; gone is success.

        Its projects are closed before.

        Raises:
            Rejected: the ERP does neither.
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
        """Create a draft, which carries the invoice's reference; its lines may come with it.

        Raises:
            Rejected: the ERP refuses it.
        """
        ...

    async def holds_invoice_lines(self, draft: ForeignId, invoice: Invoice) -> bool:
        """Tell whether all lines of the invoice are in the draft. Reads."""
        ...

    async def fill_invoice(self, draft: ForeignId, invoice: Invoice, codes: InvoiceCodes) -> None:
        """Add all lines or none; where they came with the draft, see that they did.

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
