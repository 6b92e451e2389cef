"""Invoices in the ERP: drafted, compared with what we billed, posted and read back."""

from datetime import timedelta

from temporalio import activity

from activities import effects, failures
from activities.effects import Effect, Effects, Kind
from canonical.base import RuleError
from canonical.codes import InvoiceCodes
from canonical.invoices import Invoice, InvoiceStatus
from canonical.processes import InvoiceRequest
from canonical.systems import ForeignId, SystemId
from connectors import ports
from store import contracts, crosswalk, invoices, mappings
from store.database import Database, Transaction


class AmountsDifferError(RuleError):
    """The ERP's draft has other amounts than we billed, or tax where none is due."""


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
    async def draft(self, request: InvoiceRequest) -> ForeignId:
        """Create, fill and compare a draft. Idempotent: by our reference."""
        with failures.reported():
            async with self._database.reading() as tx:
                kept = await invoices.get(tx, request.invoice, request.revision)
                codes = await _codes(tx, kept.invoice, request.routes.erp)
                customer = await crosswalk.theirs(
                    tx,
                    "client",
                    f"{kept.invoice.client}/{kept.invoice.entity}",
                    request.routes.erp,
                )
            invoice = kept.invoice
            document = await self._create(request, invoice, customer, codes)
            await self._fill(request, invoice, document, codes)
            _compare(invoice, await self._erp.invoice_status(invoice.entity, document))
            return document

    @activity.defn(name="invoices.post_in_erp")
    async def post(self, request: InvoiceRequest) -> str:
        """Post it, return its number. Idempotent: by the ERP's own id."""
        with failures.reported():
            async with self._database.reading() as tx:
                kept = await invoices.get(tx, request.invoice, request.revision)
                document = await crosswalk.theirs(
                    tx, "invoice", kept.invoice.reference, request.routes.erp
                )
            invoice = kept.invoice
            _compare(invoice, await self._erp.invoice_status(invoice.entity, document))
            await self._effects.once(
                Effect(
                    kind=Kind.INVOICE_POST,
                    key=f"invoice/{invoice.reference}/post",
                    system=request.routes.erp,
                    content=invoice,
                    send=lambda: self._erp.post_invoice(invoice.entity, document),
                    resolve=effects.send_again,
                )
            )
            status = await self._erp.invoice_status(invoice.entity, document)
            _compare(invoice, status)
            async with self._database.transaction() as tx:
                await invoices.record_status(tx, invoice, status)
            return status.number or ""

    async def _create(
        self,
        request: InvoiceRequest,
        invoice: Invoice,
        customer: ForeignId,
        codes: InvoiceCodes,
    ) -> ForeignId:
        async def find() -> tuple[ForeignId, ...]:
            found = await self._erp.find_invoices(invoice)
            posted_first = sorted(found, key=lambda document: not document.is_posted)
            return tuple(document.id for document in posted_first)

        async def keep(tx: Transaction, document: ForeignId) -> None:
            await crosswalk.link(tx, "invoice", invoice.reference, document)
            await invoices.record_document(tx, invoice, document)

        return await self._effects.once(
            Effect(
                kind=Kind.INVOICE_DRAFT,
                key=f"invoice/{invoice.reference}/draft",
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
        invoice: Invoice,
        document: ForeignId,
        codes: InvoiceCodes,
    ) -> None:
        async def send() -> ForeignId:
            await self._erp.fill_invoice(document, invoice, codes)
            return document

        await self._effects.once(
            Effect(
                kind=Kind.INVOICE_LINES,
                key=f"invoice/{invoice.reference}/lines",
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


async def _codes(tx: Transaction, invoice: Invoice, erp: SystemId) -> InvoiceCodes:
    rows = await mappings.of_system(tx, erp)
    model = (await contracts.get(tx, invoice.contract)).lines[0].terms.model
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
