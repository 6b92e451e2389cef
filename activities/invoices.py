"""Invoices: from ready slices to a draft that a person or a rule has approved."""

from temporalio import activity

from activities import failures
from activities.effects import content_hash
from canonical.base import Record
from canonical.invoices import Invoice, InvoiceId
from canonical.landscape import Landscape
from canonical.money import Money
from canonical.processes import InvoiceRequest
from connectors import errors
from policies import invoice_approval, tax_treatment
from policies.billing import invoice_lines
from store import billing, clients, contracts, entries, invoices, slices
from store.database import Database, Transaction

_STORE = "store"


class Prepared(Record):
    """What is to be issued; None if there was nothing to bill."""

    invoice: InvoiceId | None
    net: Money | None = None
    content_hash: str = ""
    needs_approval: bool = False


class Approval(Record):
    """A person's yes to exactly the content with this hash."""

    by: str
    content_hash: str


class ApproveInvoice(Record):
    """Record a person's approval."""

    request: InvoiceRequest
    approval: Approval


class InvoiceRecords:
    """Steps about invoices that touch only the store."""

    def __init__(self, database: Database, landscape: Landscape) -> None:
        self._database = database
        self._landscape = landscape

    @activity.defn(name="invoices.prepare")
    async def prepare(self, request: InvoiceRequest) -> Prepared:
        """Put ready slices on an invoice. Idempotent: a cycle has one invoice a revision."""
        with failures.reported():
            async with self._database.transaction() as tx:
                known = await invoices.find(tx, request.invoice, request.revision)
                if known is not None:
                    prepared = self._prepared(known.invoice, known.content_hash)
                    is_through = known.approved_by is not None or known.status is not None
                    return prepared.model_copy(
                        update={"needs_approval": prepared.needs_approval and not is_through}
                    )
                return await self._draft(tx, request)

    @activity.defn(name="invoices.approve")
    async def approve(self, question: ApproveInvoice) -> None:
        """Record an approval. Idempotent: the same approval is the same row."""
        request, approval = question.request, question.approval
        with failures.reported():
            async with self._database.transaction() as tx:
                await invoices.approve(
                    tx,
                    request.invoice,
                    request.revision,
                    by=approval.by,
                    content_hash=approval.content_hash,
                )

    @activity.defn(name="invoices.finish")
    async def finish(self, request: InvoiceRequest) -> None:
        """Record that the cycle is through. Idempotent: a flag."""
        async with self._database.transaction() as tx:
            await billing.finish(tx, request.contract, request.cycle)

    async def _draft(self, tx: Transaction, request: InvoiceRequest) -> Prepared:
        asked = await billing.of_cycle(tx, request.contract, request.cycle)
        if await entries.has_unpriced(tx, request.contract, asked.cut_off):
            raise errors.Transient(_STORE, "approved time is still being priced")
        source = asked.key if asked.kind == billing.MILESTONE else None
        parts = await slices.ready(tx, request.contract, until=asked.cut_off, source=source)
        if asked.kind == billing.CUT_OFF:
            await contracts.mark_billed(tx, request.contract, asked.cut_off)
        if not parts:
            return Prepared(invoice=None)
        projects = await contracts.projects(tx, request.contract)
        dimensions = {project.code: project.dimensions for project in projects}
        lines = invoice_lines.decide(parts, dimensions)
        invoice = await self._invoice(tx, request, asked, lines)
        digest = content_hash(invoice)
        await invoices.draft(tx, invoice, cycle=request.cycle, content_hash=digest)
        for item in lines:
            await slices.bill(tx, invoice.reference, item.line.number, item.slices)
        return self._prepared(invoice, digest)

    async def _invoice(
        self,
        tx: Transaction,
        request: InvoiceRequest,
        asked: billing.Request,
        lines: tuple[invoice_lines.LineOfSlices, ...],
    ) -> Invoice:
        contract = await contracts.get(tx, request.contract)
        client = await clients.get(tx, contract.client)
        supplier = self._landscape.entity(contract.entity).country
        return Invoice(
            id=request.invoice,
            revision=request.revision,
            contract=contract.id,
            client=client.id,
            entity=contract.entity,
            currency=contract.currency,
            issued_on=asked.cut_off,
            purchase_order=contract.purchase_order,
            tax=tax_treatment.decide(supplier, client.tax_profile),
            lines=tuple(item.line for item in lines),
        )

    def _prepared(self, invoice: Invoice, digest: str) -> Prepared:
        limit = self._landscape.routes[invoice.entity].approval_above
        return Prepared(
            invoice=invoice.id,
            net=invoice.net,
            content_hash=digest,
            needs_approval=invoice_approval.is_needed(invoice.net, limit),
        )
