"""Invoices in the ERP: drafted, compared with what we billed, posted and read back."""

from datetime import timedelta

from temporalio import activity

from activities import effects, failures
from activities.effects import Effect, Effects, Kind
from canonical.base import Record, RuleError
from canonical.codes import InvoiceCodes
from canonical.invoices import Invoice, InvoiceStatus
from canonical.processes import InvoiceRequest
from canonical.systems import ForeignId, SystemId
from connectors import errors, ports
from store import commitments, contracts, crosswalk, drafts, invoices, mappings
from store.database import Database, Transaction
from store.invoices import Kept


class AmountsDifferError(RuleError):
    """The ERP's draft has other amounts than we billed, or tax where none is due."""


class Drafted(Record):
    """The ERP's draft of what was agreed to; None if that changed meanwhile."""

    document: ForeignId | None = None


class Posted(Record):
    """The ERP's number of the invoice; None if the draft changed before posting began."""

    number: str | None = None


class ErpInvoices:
    """Steps about invoices, bound to one ERP by the worker."""

    def __init__(
        self, erp: ports.Erp, database: Database, performed: Effects, *, settle: timedelta
    ) -> None:
        self._erp = erp
        self._database = database
        self._effects = performed
        self._settle = settle

    @activity.defn(name="invoices.draft_in_erp")
    async def draft(self, request: InvoiceRequest) -> Drafted:
        """Create, fill and compare a draft. Idempotent: by our reference and its edition.

        A draft of an earlier edition is discarded first. Nothing is sent that is not agreed to.
        """
        with failures.reported():
            kept = await self._current(request)
            if kept is None:
                return Drafted()
            async with self._database.reading() as tx:
                codes = await _codes(tx, kept.invoice, request.routes.erp)
                customer = await crosswalk.theirs(
                    tx,
                    "client",
                    f"{kept.invoice.client}/{kept.invoice.entity}",
                    request.routes.erp,
                )
            invoice = kept.invoice
            document = await self._create(request, kept, customer, codes)
            await self._fill(request, kept, document, codes)
            _compare(invoice, await self._erp.invoice_status(invoice.entity, document))
            return Drafted(document=document)

    @activity.defn(name="invoices.discard_in_erp")
    async def discard(self, request: InvoiceRequest) -> None:
        """Remove the draft of an invoice that will be none. Idempotent: gone is gone."""
        with failures.reported():
            async with self._database.reading() as tx:
                kept = await invoices.get(tx, request.invoice, request.revision)
            if kept.sent is not None:
                await self._discard(request, kept)

    @activity.defn(name="invoices.post_in_erp")
    async def post(self, request: InvoiceRequest) -> Posted:
        """Post it, return its number. Idempotent: by the ERP's own id.

        From the moment that posting begins nothing of the invoice can change; what has changed
        before, or is not agreed to, is not posted.
        """
        with failures.reported():
            async with self._database.reading() as tx:
                kept = await invoices.get(tx, request.invoice, request.revision)
                document = await crosswalk.find(
                    tx, "invoice", kept.invoice.reference, request.routes.erp
                )
            if document is None or kept.sent != kept.edition:
                return Posted()
            invoice = kept.invoice
            _compare(invoice, await self._erp.invoice_status(invoice.entity, document))
            async with self._database.transaction() as tx:
                await commitments.lock(tx, request.contract)
                if not await drafts.begin_posting(tx, kept):
                    return Posted()
            await self._post(request, kept, document)
            status = await self._erp.invoice_status(invoice.entity, document)
            _compare(invoice, status)
            async with self._database.transaction() as tx:
                await invoices.record_status(tx, invoice, status)
            return Posted(number=status.number)

    async def _current(self, request: InvoiceRequest) -> Kept | None:
        """Return the invoice, its edition marked as sent; None if it may not be sent as it is."""
        async with self._database.reading() as tx:
            known = await invoices.get(tx, request.invoice, request.revision)
        if known.sent is not None and known.sent != known.edition:
            await self._discard(request, known)
        async with self._database.transaction() as tx:
            await commitments.lock(tx, request.contract)
            kept = await invoices.get(tx, request.invoice, request.revision)
            is_current = kept.sent in (None, kept.edition) and await drafts.send(tx, kept)
        return kept if is_current else None

    async def _discard(self, request: InvoiceRequest, kept: Kept) -> None:
        invoice = kept.invoice

        async def find() -> tuple[ForeignId, ...]:
            return tuple(document.id for document in await self._erp.find_invoices(invoice))

        async def send() -> ForeignId:
            # One that was sent and not answered can still come to light.
            for document in await effects.settled(find, self._settle):
                await self._erp.discard_invoice(invoice.entity, document)
            return ForeignId(system=request.routes.erp, value=invoice.reference)

        async def keep(tx: Transaction, _: ForeignId) -> None:
            await drafts.forget_sent(tx, kept)

        await self._effects.once(
            Effect(
                kind=Kind.INVOICE_DISCARD,
                key=f"invoice/{invoice.reference}/{kept.sent}/discard",
                system=request.routes.erp,
                content=Drafted(document=kept.document),
                send=send,
                resolve=effects.send_again,
                keep=keep,
            )
        )

    async def _post(self, request: InvoiceRequest, kept: Kept, document: ForeignId) -> None:
        invoice = kept.invoice
        try:
            await self._effects.once(
                Effect(
                    kind=Kind.INVOICE_POST,
                    key=_key(kept, "post"),
                    system=request.routes.erp,
                    content=invoice,
                    send=lambda: self._erp.post_invoice(invoice.entity, document),
                    resolve=effects.send_again,
                )
            )
        except (errors.Rejected, errors.Missing):
            # Nothing is posted, so whoever looks at it may change the draft.
            async with self._database.transaction() as tx:
                await commitments.lock(tx, request.contract)
                await drafts.step_back(tx, kept)
            raise

    async def _create(
        self,
        request: InvoiceRequest,
        kept: Kept,
        customer: ForeignId,
        codes: InvoiceCodes,
    ) -> ForeignId:
        invoice = kept.invoice

        async def find() -> tuple[ForeignId, ...]:
            found = await self._erp.find_invoices(invoice)
            posted_first = sorted(found, key=lambda document: not document.is_posted)
            return tuple(document.id for document in posted_first)

        async def keep(tx: Transaction, document: ForeignId) -> None:
            if await drafts.is_still_sent(tx, kept):  # else it is discarded
                await crosswalk.link(tx, "invoice", invoice.reference, document)
                await invoices.record_document(tx, invoice, document)

        return await self._effects.once(
            Effect(
                kind=Kind.INVOICE_DRAFT,
                key=_key(kept, "draft"),
                system=request.routes.erp,
                content=invoice,
                send=lambda: self._erp.create_invoice(invoice, customer, codes),
                resolve=effects.as_delivered(
                    self._erp.delivers.invoice,
                    effects.by_reference(
                        find,
                        settle=self._settle,
                        discard=lambda double: self._erp.discard_invoice(invoice.entity, double),
                    ),
                ),
                keep=keep,
            )
        )

    async def _fill(
        self,
        request: InvoiceRequest,
        kept: Kept,
        document: ForeignId,
        codes: InvoiceCodes,
    ) -> None:
        invoice = kept.invoice

        async def send() -> ForeignId:
            await self._erp.fill_invoice(document, invoice, codes)
            return document

        await self._effects.once(
            Effect(
                kind=Kind.INVOICE_LINES,
                key=_key(kept, "lines"),
                system=request.routes.erp,
                content=invoice,
                send=send,
                resolve=effects.as_delivered(
                    self._erp.delivers.invoice_lines,
                    effects.if_there(
                        lambda: self._erp.holds_invoice_lines(document, invoice),
                        document,
                        settle=self._settle,
                    ),
                ),
            )
        )


def _key(kept: Kept, write: str) -> str:
    """Return a write's key: each edition of a draft is another document in the ERP."""
    edition = "" if kept.edition == 1 else f"/{kept.edition}"
    return f"invoice/{kept.invoice.reference}{edition}/{write}"


async def _codes(tx: Transaction, invoice: Invoice, erp: SystemId) -> InvoiceCodes:
    rows = await mappings.of_system(tx, erp)
    model = (await contracts.get(tx, invoice.contract)).billing_model
    entity, on = invoice.entity, invoice.issued_on
    return InvoiceCodes(
        tax_group=rows.value("tax_group", invoice.tax.treatment, entity=entity, on=on),
        revenue_account=rows.value("revenue_account", model, entity=entity, on=on),
    )


def _compare(invoice: Invoice, draft: InvoiceStatus) -> None:
    if draft.net != invoice.net or draft.line_count != len(invoice.lines):
        msg = f"the draft has {draft.net} on {draft.line_count} lines, we billed {invoice.net}"
        raise AmountsDifferError(msg)
    if invoice.tax.treatment != "domestic" and draft.tax.amount:
        msg = f"the draft has {draft.tax} tax on an invoice that is {invoice.tax.treatment}"
        raise AmountsDifferError(msg)
