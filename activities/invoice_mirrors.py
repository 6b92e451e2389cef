"""Invoices mirrored: number, amounts and status go back to the CRM and the PSA."""

from datetime import timedelta

from temporalio import activity

from activities import effects, failures
from activities.effects import Effect, Effects, Kind
from canonical.base import Record
from canonical.invoices import Invoice, InvoiceStatus
from canonical.processes import InvoiceRequest
from canonical.systems import ForeignId
from connectors import ports
from store import crosswalk, invoices, slices
from store.database import Database


class CrmInvoices:
    """Steps about invoices, bound to one CRM by the worker."""

    def __init__(self, crm: ports.Crm, database: Database, performed: Effects) -> None:
        self._crm = crm
        self._database = database
        self._effects = performed

    @activity.defn(name="invoices.publish_to_crm")
    async def publish(self, request: InvoiceRequest) -> ForeignId:
        """Write the invoice into the CRM. Idempotent: upsert by our reference. 1 request."""
        with failures.reported():
            invoice, status, _ = await _posted(self._database, request)
            effect = Effect(
                kind=Kind.INVOICE_CRM,
                key=f"invoice/{invoice.reference}/crm",
                system=request.routes.crm,
                content=_content(invoice, status),
                send=lambda: self._crm.record_invoice(request.opportunity, invoice, status),
                resolve=effects.send_again,
            )
            return await self._effects.once(effect)


class PsaInvoices:
    """Steps about invoices, bound to one PSA by the worker."""

    def __init__(
        self, psa: ports.Psa, database: Database, performed: Effects, *, settle: timedelta
    ) -> None:
        self._psa = psa
        self._database = database
        self._effects = performed
        self._settle = settle

    @activity.defn(name="invoices.publish_to_psa")
    async def publish(self, request: InvoiceRequest) -> ForeignId:
        """Mirror the invoice in the PSA. Idempotent: by our reference. At most 3 requests."""
        psa = request.routes.psa
        with failures.reported():
            invoice, status, entries = await _posted(self._database, request)
            async with self._database.reading() as tx:
                codes = dict.fromkeys(line.dimensions.project for line in invoice.lines)
                projects = {
                    code: await crosswalk.theirs(tx, "project", code, psa) for code in codes
                }
            effect = Effect(
                kind=Kind.INVOICE_PSA,
                key=f"invoice/{invoice.reference}/psa",
                system=psa,
                content=_content(invoice, status),
                send=lambda: self._psa.record_invoice(projects, invoice, status, entries),
                resolve=effects.by_reference(
                    lambda: self._psa.find_invoice(invoice.reference), settle=self._settle
                ),
            )
            return await self._effects.once(effect)


class _Mirrored(Record):
    invoice: Invoice
    number: str


def _content(invoice: Invoice, status: InvoiceStatus) -> _Mirrored:
    return _Mirrored(invoice=invoice, number=status.number or "")


async def _posted(
    database: Database, request: InvoiceRequest
) -> tuple[Invoice, InvoiceStatus, tuple[ForeignId, ...]]:
    async with database.reading() as tx:
        kept = await invoices.get(tx, request.invoice, request.revision)
        parts = await slices.on_invoice(tx, kept.invoice.reference)
    if kept.status is None:
        raise LookupError(kept.invoice.reference)  # mirrored before it was posted: a bug
    prefix = f"{request.routes.psa}:"
    entries = tuple(
        ForeignId(system=request.routes.psa, value=part.source.removeprefix(prefix))
        for _, part in parts
        if part.source.startswith(prefix) and part.number == 1  # what was split off is no entry
    )
    return kept.invoice, kept.status, entries
