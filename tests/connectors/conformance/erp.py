"""What every ERP does through its port; each gives its requests and its own way to count."""

from abc import abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from datetime import date
from typing import ClassVar

from typing_extensions import override

from canonical.clients import Client
from canonical.invoices import Invoice
from canonical.money import Money
from canonical.postings import HourBatch
from canonical.systems import ForeignId, SystemId
from connectors.ports import Document, Erp
from tests.connectors.conformance.door import At
from tests.connectors.conformance.erp_records import (
    CUSTOMER_CODES,
    ENTITY,
    INVOICE_CODES,
    TAXED,
    Deal,
)
from tests.connectors.conformance.system import (
    MARKER,
    Connector,
    Read,
    System,
    Write,
)

ERP = SystemId("erp-conformance")
_NOTHING = ForeignId(system=ERP, value="999999")


class ErpSystem(System):
    """One ERP in which the firm is set up, with one deal that documents are about.

    Attributes:
        requests: The request that carries each operation.
        loops, shrinks: How its pages are altered, where it has pages.
    """

    requests: ClassVar[Mapping[str, At]]
    loops: ClassVar[Mapping[str, str]] = {}
    shrinks: ClassVar[Mapping[str, str]] = {}
    by_id: ClassVar[tuple[str, ...]] = ("invoice_status",)

    @abstractmethod
    async def held(self, what: str, key: str) -> int:
        """Return how many there are: rows with a key of ours, lines of a document, postings."""

    async def closed(self, what: str, key: str) -> int:
        """Return 1 for a contract or project that is gone, or ended."""
        return 1 - await self.held(what, key)

    @abstractmethod
    async def invoice_row(self, draft: ForeignId) -> tuple[Money, date, str]:
        """Return net, day and the first line's text of a draft, as the ERP itself has them."""

    @override
    async def set_up(self) -> None:
        await self.found_firm()
        async with self.opened() as erp:
            self.home = Deal.fresh()
            self.payer = await erp.create_customer(ENTITY, _client(self.home), CUSTOMER_CODES)
            self.contract = await erp.create_contract(self.home.contract, self.payer)
            await erp.create_project(self.home.project, self.contract, "TM")

    @abstractmethod
    async def found_firm(self) -> None:
        """Set the firm up, as a person would."""

    async def create_customer(self, _: Erp) -> Write:
        deal = Deal.fresh()
        client = _client(deal)
        return self._write(
            "create_customer",
            lambda erp: erp.create_customer(ENTITY, client, CUSTOMER_CODES),
            self._counts("customers", client.id),
            other=lambda erp: erp.create_customer(ENTITY, deal.client("Südwind"), CUSTOMER_CODES),
            find=lambda erp: erp.find_customers(ENTITY, client),
        )

    async def find_customers(self, _: Erp) -> Read:
        nobody = Deal.fresh().client()
        return self._read(
            "find_customers",
            lambda erp: erp.find_customers(ENTITY, _client(self.home)),
            lambda erp: erp.find_customers(ENTITY, nobody),
        )

    async def customer(self, _: Erp) -> Read:
        return self._read(
            "customer",
            lambda erp: erp.customer(ENTITY, self.payer.value),
            lambda erp: erp.customer(ENTITY, "NOBODY"),
        )

    async def customers_by_tax_id(self, erp: Erp) -> Read:
        client = _client(Deal.fresh()).model_copy(update={"tax_profile": TAXED})
        await erp.create_customer(ENTITY, client, CUSTOMER_CODES)
        return self._read(
            "customers_by_tax_id",
            lambda found: found.customers_by_tax_id(ENTITY, "DE 136 695 976", TAXED.country),
            lambda found: found.customers_by_tax_id(ENTITY, "DE999999999", TAXED.country),
        )

    async def create_contract(self, _: Erp) -> Write:
        contract = Deal.fresh().contract
        other = contract.model_copy(update={"name": "Another"})
        return self._write(
            "create_contract",
            lambda erp: erp.create_contract(contract, self.payer),
            self._counts("contracts", contract.id),
            other=lambda erp: erp.create_contract(other, self.payer),
            find=lambda erp: erp.find_contracts(contract),
        )

    async def find_contracts(self, _: Erp) -> Read:
        none = Deal.fresh().contract
        return self._read(
            "find_contracts",
            lambda erp: erp.find_contracts(self.home.contract),
            lambda erp: erp.find_contracts(none),
        )

    async def create_project(self, erp: Erp) -> Write:
        project = Deal.fresh().project
        elsewhere = await erp.create_contract(Deal.fresh().contract, self.payer)
        return self._write(
            "create_project",
            lambda found: found.create_project(project, self.contract, "TM"),
            self._counts("projects", project.code),
            other=lambda found: found.create_project(project, elsewhere, "TM"),
            find=lambda found: found.find_projects(project),
        )

    async def find_projects(self, _: Erp) -> Read:
        none = Deal.fresh().project
        return self._read(
            "find_projects",
            lambda erp: erp.find_projects(self.home.project),
            lambda erp: erp.find_projects(none),
        )

    async def close_contract(self, erp: Erp) -> Write:
        deal = Deal.fresh()
        made = await erp.create_contract(deal.contract, self.payer)
        project = await erp.create_project(deal.project, made, "TM")
        await erp.close_project(deal.project, project)
        return self._write(
            "close_contract",
            lambda found: found.close_contract(deal.contract, made),
            lambda: self.closed("contracts", deal.contract.id),
        )

    async def close_project(self, erp: Erp) -> Write:
        project = Deal.fresh().project
        made = await erp.create_project(project, self.contract, "TM")
        return self._write(
            "close_project",
            lambda found: found.close_project(project, made),
            lambda: self.closed("projects", project.code),
        )

    async def create_journal(self, _: Erp) -> Write:
        batch = self.home.another().batch.id

        async def found(erp: Erp) -> tuple[ForeignId, ...]:
            return _ids(await erp.find_journals(ENTITY, batch))

        return self._write(
            "create_journal",
            lambda erp: erp.create_journal(ENTITY, batch),
            self._counts("journals", batch),
            find=found,
        )

    async def find_journals(self, erp: Erp) -> Read:
        batch, none = self.home.another().batch.id, self.home.another().batch.id
        await erp.create_journal(ENTITY, batch)
        return self._read(
            "find_journals",
            lambda found: found.find_journals(ENTITY, batch),
            lambda found: found.find_journals(ENTITY, none),
        )

    async def fill_journal(self, erp: Erp) -> Write:
        batch, journal = await self._journal(erp)
        other = batch.model_copy(update={"lines": self.home.another().batch.lines})
        return self._write(
            "fill_journal",
            lambda found: found.fill_journal(journal, batch),
            self._whole("journal lines", journal.value, len(batch.lines)),
            other=lambda found: found.fill_journal(journal, other),
        )

    async def holds_journal_lines(self, erp: Erp) -> Read:
        batch, journal = await self._filled_journal(erp)
        other = self.home.another().batch
        return self._read(
            "holds_journal_lines",
            lambda found: found.holds_journal_lines(journal, batch),
            lambda found: found.holds_journal_lines(journal, other),
        )

    async def discard_journal(self, erp: Erp) -> Write:
        _, journal = await self._filled_journal(erp)
        return self._write(
            "discard_journal",
            lambda found: found.discard_journal(ENTITY, journal),
            self._gone("journal", journal.value),
        )

    async def post_journal(self, erp: Erp) -> Write:
        _, journal = await self._filled_journal(erp)
        return self._write(
            "post_journal",
            lambda found: found.post_journal(ENTITY, journal),
            self._counts("journal postings", journal.value),
        )

    async def create_invoice(self, _: Erp) -> Write:
        return self._drafts(self.home.another().invoice())

    async def find_invoices(self, erp: Erp) -> Read:
        invoice, none = self.home.another().invoice(), self.home.another().invoice()
        await erp.create_invoice(invoice, self.payer, INVOICE_CODES)
        return self._read(
            "find_invoices",
            lambda found: found.find_invoices(invoice),
            lambda found: found.find_invoices(none),
        )

    async def fill_invoice(self, erp: Erp) -> Write | Read:
        deal = self.home.another()
        invoice = deal.invoice()
        draft = await erp.create_invoice(invoice, self.payer, INVOICE_CODES)
        return self._write(
            "fill_invoice",
            lambda found: found.fill_invoice(draft, invoice, INVOICE_CODES),
            self._whole("invoice lines", draft.value, len(invoice.lines)),
            other=lambda found: found.fill_invoice(draft, deal.invoice("1.00"), INVOICE_CODES),
        )

    async def holds_invoice_lines(self, erp: Erp) -> Read:
        invoice, draft = await self.draft(erp)
        return self._read(
            "holds_invoice_lines",
            lambda found: found.holds_invoice_lines(draft, invoice),
            lambda found: found.holds_invoice_lines(draft, self.home.invoice("1.00")),
        )

    async def discard_invoice(self, erp: Erp) -> Write:
        _, draft = await self.draft(erp)
        return self._write(
            "discard_invoice",
            lambda found: found.discard_invoice(ENTITY, draft),
            self._gone("invoice", draft.value),
        )

    async def post_invoice(self, erp: Erp) -> Write:
        _, draft = await self.draft(erp)
        return self._write(
            "post_invoice",
            lambda found: found.post_invoice(ENTITY, draft),
            self._counts("invoice postings", draft.value),
        )

    async def invoice_status(self, erp: Erp) -> Read:
        _, draft = await self.draft(erp)
        return self._read(
            "invoice_status",
            lambda found: found.invoice_status(ENTITY, draft),
            lambda found: found.invoice_status(ENTITY, _NOTHING),
        )

    @override
    async def kept_amount(self, connector: Connector, amount: Money) -> Money:
        invoice = self.home.another().invoice(str(amount.amount), currency=amount.currency)
        _, draft = await self.draft(connector, invoice)
        assert (await connector.invoice_status(ENTITY, draft)).net == amount
        return (await self.invoice_row(draft))[0]

    @override
    async def kept_day(self, connector: Connector, day: date) -> date:
        invoice = self.home.another().invoice().model_copy(update={"issued_on": day})
        _, draft = await self.draft(connector, invoice)
        return (await self.invoice_row(draft))[1]

    @override
    async def kept_text(self, connector: Connector, text: str) -> str:
        invoice = self.home.another().invoice("1.00")
        line = invoice.lines[0].model_copy(update={"text": text})
        _, draft = await self.draft(connector, invoice.model_copy(update={"lines": (line,)}))
        return (await self.invoice_row(draft))[2]

    async def draft(self, erp: Erp, invoice: Invoice | None = None) -> tuple[Invoice, ForeignId]:
        """Return a draft with its lines."""
        invoice = invoice or self.home.another().invoice()
        draft = await erp.create_invoice(invoice, self.payer, INVOICE_CODES)
        await erp.fill_invoice(draft, invoice, INVOICE_CODES)
        return invoice, draft

    def _drafts(self, invoice: Invoice) -> Write:
        async def found(erp: Erp) -> tuple[ForeignId, ...]:
            return _ids(await erp.find_invoices(invoice))

        return self._write(
            "create_invoice",
            lambda erp: erp.create_invoice(invoice, self.payer, INVOICE_CODES),
            self._counts("invoices", invoice.reference),
            find=found,
        )

    async def _journal(self, erp: Erp) -> tuple[HourBatch, ForeignId]:
        batch = self.home.another().batch
        return batch, await erp.create_journal(ENTITY, batch.id)

    async def _filled_journal(self, erp: Erp) -> tuple[HourBatch, ForeignId]:
        batch, journal = await self._journal(erp)
        await erp.fill_journal(journal, batch)
        return batch, journal

    def _write(
        self,
        operation: str,
        send: Callable[[Connector], Awaitable[object]],
        counted: Callable[[], Awaitable[int]],
        *,
        find: Callable[[Connector], Awaitable[tuple[ForeignId, ...]]] | None = None,
        other: Callable[[Connector], Awaitable[object]] | None = None,
    ) -> Write:
        searched = self.requests.get(_SEARCHES.get(operation, ""), At())
        return Write(
            at=self.requests[operation],
            send=send,
            count=counted,
            find=find,
            found_at=searched,
            other=other,
        )

    def _read(
        self,
        operation: str,
        call: Callable[[Connector], Awaitable[object]],
        absent: Callable[[Connector], Awaitable[object]],
    ) -> Read:
        at = self.requests[operation]
        return Read(at=at, call=call, absent=absent, loops=self.loops, shrinks=self.shrinks)

    def _counts(self, what: str, key: str) -> Callable[[], Awaitable[int]]:
        return lambda: self.held(what, key)

    def _gone(self, what: str, key: str) -> Callable[[], Awaitable[int]]:
        async def counted() -> int:
            return 1 - await self.held(what, key)

        return counted

    def _whole(self, what: str, key: str, size: int) -> Callable[[], Awaitable[int]]:
        async def counted() -> int:
            times, rest = divmod(await self.held(what, key), size)
            assert rest == 0, "part of it was applied"
            return times

        return counted


_SEARCHES = {
    "create_customer": "find_customers",
    "create_contract": "find_contracts",
    "create_project": "find_projects",
    "create_journal": "find_journals",
    "create_invoice": "find_invoices",
}


def _client(deal: Deal) -> Client:
    return deal.client(f"{MARKER} GmbH")


def _ids(documents: tuple[Document, ...]) -> tuple[ForeignId, ...]:
    return tuple(document.id for document in documents)
