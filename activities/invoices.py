"""Invoices: from ready slices to a draft that people have agreed to as it stands."""

from typing import Literal

from temporalio import activity

from activities import drafting, failures, prebill, unasked
from activities.effects import content_hash
from canonical.base import Record
from canonical.contracts import Contract
from canonical.invoices import Invoice, InvoiceId
from canonical.landscape import Landscape
from canonical.money import Money
from canonical.processes import InvoiceRequest
from connectors import errors
from policies import invoice_approval, tax_treatment
from policies.billing import invoice_lines
from store import billing, clients, commitments, contracts, drafts, entries, invoices, slices
from store.database import Database, Transaction
from store.invoices import Kept
from store.tables.money import Standing

_STORE = "store"
Ending = Literal["nothing_to_bill", "rejected"]


class Prepared(Record):
    """A draft as it stands; `invoice` is None if there is none, and `ending` says why.

    `missing` of the approvals that it needs are not given yet. `is_sent`: the ERP has, or may
    have, a draft of it.
    """

    invoice: InvoiceId | None
    ending: Ending | None = None
    net: Money | None = None
    content_hash: str = ""
    edition: int = 0
    needed: int = 0
    missing: int = 0
    is_sent: bool = False
    has_time: bool = False


class Approval(Record):
    """A person's yes to exactly the content with this hash."""

    by: str
    content_hash: str


class ApproveInvoice(Record):
    """Record a person's approval."""

    request: InvoiceRequest
    approval: Approval


class Change(Record):
    """A change of the draft, by its number; what it is stands in the store."""

    number: int


class ChangeInvoice(Record):
    """Make a change."""

    request: InvoiceRequest
    change: Change


class InvoiceRecords:
    """Steps about invoices that touch only the store."""

    def __init__(self, database: Database, landscape: Landscape) -> None:
        self._database = database
        self._landscape = landscape

    @activity.defn(name="invoices.prepare")
    async def prepare(self, request: InvoiceRequest) -> Prepared:
        """Draft what is ready, or look at the draft. Idempotent: one draft a cycle and revision."""
        with failures.reported():
            async with self._database.transaction() as tx:
                await commitments.lock(tx, request.contract)
                known = await invoices.find(tx, request.invoice, request.revision)
                if known is None and not await self._draft(tx, request):
                    return Prepared(invoice=None, ending="nothing_to_bill")
                return await self._look(tx, request)

    @activity.defn(name="invoices.approve")
    async def approve(self, question: ApproveInvoice) -> Prepared:
        """Record an approval. Idempotent: the same approval is the same row."""
        request, approval = question.request, question.approval
        with failures.reported():
            async with self._database.transaction() as tx:
                await commitments.lock(tx, request.contract)
                await self._approve(tx, request, approval)
                return await self._look(tx, request)

    @activity.defn(name="invoices.change")
    async def change(self, question: ChangeInvoice) -> Prepared:
        """Change the draft. Idempotent: a change is made once."""
        request = question.request
        with failures.reported():
            async with self._database.transaction() as tx:
                await commitments.lock(tx, request.contract)
                change = await drafts.change(tx, question.change.number)
                if (change.invoice, change.revision) != (request.invoice, request.revision):
                    msg = f"change {change.number} is of another invoice"
                    raise prebill.NotOnDraftError(msg)
                await prebill.apply(tx, change)
                return await self._look(tx, request)

    @activity.defn(name="invoices.finish")
    async def finish(self, request: InvoiceRequest) -> None:
        """Record that the cycle is through, and ask for what is left. Idempotent: a flag."""
        async with self._database.transaction() as tx:
            await commitments.lock(tx, request.contract)
            await billing.finish(tx, request.contract, request.cycle)
            await unasked.look(tx, self._landscape, request.contract)

    async def _draft(self, tx: Transaction, request: InvoiceRequest) -> bool:
        asked = await billing.of_cycle(tx, request.contract, request.cycle)
        if await entries.has_unpriced(tx, request.contract, asked.cut_off):
            raise errors.Transient(_STORE, "approved time is still being priced")
        await billing.begin(tx, request.contract, request.cycle)
        if asked.kind == billing.CUT_OFF:
            await contracts.mark_billed(tx, request.contract, asked.cut_off)
        contract = await contracts.get(tx, request.contract)
        await unasked.keep_case(tx, contract)
        document = f"{request.invoice}/{request.revision}"
        parts = await drafting.take(tx, contract, document, await drafting.ready(tx, asked))
        if not parts:
            return False
        projects = await contracts.projects(tx, request.contract)
        dimensions = {project.code: project.dimensions for project in projects}
        lines = invoice_lines.decide(parts, dimensions)
        invoice = await self._invoice(tx, request, contract, asked, lines)
        digest = content_hash(invoice)
        await invoices.draft(tx, invoice, cycle=request.cycle, content_hash=digest)
        for item in lines:
            await slices.bill(tx, invoice.reference, item.line.number, item.slices)
        await tx.flush()
        return True

    async def _invoice(
        self,
        tx: Transaction,
        request: InvoiceRequest,
        contract: Contract,
        asked: billing.Request,
        lines: tuple[invoice_lines.LineOfSlices, ...],
    ) -> Invoice:
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

    async def _approve(self, tx: Transaction, request: InvoiceRequest, given: Approval) -> None:
        kept = await invoices.get(tx, request.invoice, request.revision)
        before = [each.by for each in await drafts.approvals(tx, kept)]
        if given.by in before and given.content_hash == kept.content_hash:
            return
        kept = await drafts.draft(tx, request.invoice, request.revision)
        invoice_approval.refuse(
            given.by,
            among=before,
            editors=await drafts.editors(tx, kept),
            needed=self._needed(kept),
        )
        person = invoice_approval.person(given.by)
        await drafts.approve(tx, kept, person=person, by=given.by, content_hash=given.content_hash)
        await tx.flush()

    async def _look(self, tx: Transaction, request: InvoiceRequest) -> Prepared:
        kept = await invoices.get(tx, request.invoice, request.revision)
        needed = self._needed(kept)
        await drafts.see(tx, kept, needed=needed)
        is_dropped = kept.standing is Standing.DROPPED
        changes = await drafts.changes(tx, kept)
        is_rejected = any(change.kind == "reject" for change in changes)
        ending: Ending = "rejected" if is_rejected else "nothing_to_bill"
        is_draft = kept.standing is Standing.DRAFT
        given = len(await drafts.approvals(tx, kept))
        return Prepared(
            invoice=None if is_dropped else kept.invoice.id,
            ending=ending if is_dropped else None,
            net=kept.invoice.net,
            content_hash=kept.content_hash,
            edition=kept.edition,
            needed=needed,
            missing=max(0, needed - given) if is_draft else 0,
            is_sent=kept.sent is not None,
            has_time=any(line.worked is not None for line in kept.invoice.lines),
        )

    def _needed(self, kept: Kept) -> int:
        routes, net = self._landscape.routes[kept.invoice.entity], kept.invoice.net
        return invoice_approval.needed(net, routes.approval_above, routes.four_eyes_above)
