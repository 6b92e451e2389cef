"""Invoices that changed in the ERP after they were issued: read again, and told to the CRM."""

from temporalio import activity

from activities import effects, failures
from activities.effects import Effect, Effects, Kind
from canonical.base import Record
from canonical.invoices import InvoiceStatus, Reference
from canonical.landscape import Landscape
from canonical.processes import InvoiceRequest, Routes, TrackRequest
from canonical.systems import ForeignId
from connectors import errors, ports
from store import billing, crosswalk, engagements, invoices
from store.database import Database

_STORE = "store"


class Changed(Record):
    """An invoice, and which change of what the ERP says of it; 0 is none since it was posted."""

    request: InvoiceRequest
    change: int


class _Told(Record):
    reference: Reference
    status: InvoiceStatus


class TrackingRecords:
    """Steps about issued invoices that touch only the store."""

    def __init__(self, database: Database, landscape: Landscape) -> None:
        self._database = database
        self._landscape = landscape

    @activity.defn(name="invoices.issued")
    async def issued(self, request: TrackRequest) -> InvoiceRequest:
        """Return how an invoice was issued, not before that is through. Idempotent: reads."""
        with failures.reported():
            async with self._database.reading() as tx:
                kept = await invoices.get(tx, request.invoice, request.revision)
                asked = await billing.of_cycle(tx, kept.invoice.contract, kept.cycle)
                engagement = await engagements.of_contract(tx, kept.invoice.contract)
            if not asked.is_done:
                raise errors.Transient(_STORE, "the invoice is still being issued")
            known = self._landscape.routes[kept.invoice.entity]
            return InvoiceRequest(
                contract=kept.invoice.contract,
                cycle=kept.cycle,
                revision=request.revision,
                opportunity=engagement.opportunity,
                routes=Routes(
                    entity=kept.invoice.entity, crm=known.crm, psa=known.psa, erp=known.erp
                ),
            )


class ErpTracking:
    """Steps about issued invoices, bound to one ERP by the worker."""

    def __init__(self, erp: ports.Erp, database: Database) -> None:
        self._erp = erp
        self._database = database

    @activity.defn(name="invoices.read_again_in_erp")
    async def read_again(self, request: InvoiceRequest) -> Changed:
        """Record number, tax and balance as they are now. Idempotent: the same is no change."""
        with failures.reported():
            async with self._database.reading() as tx:
                kept = await invoices.get(tx, request.invoice, request.revision)
                document = await crosswalk.theirs(
                    tx, "invoice", kept.invoice.reference, request.routes.erp
                )
            invoice = kept.invoice
            status = await self._erp.invoice_status(invoice.entity, document)
            async with self._database.transaction() as tx:
                await invoices.record_status(tx, invoice, status)
                change = await invoices.changes(tx, invoice)
            return Changed(request=request, change=change)


class CrmTracking:
    """Steps about issued invoices, bound to one CRM by the worker."""

    def __init__(self, crm: ports.Crm, database: Database, performed: Effects) -> None:
        self._crm = crm
        self._database = database
        self._effects = performed

    @activity.defn(name="invoices.tell_crm_of_change")
    async def tell(self, changed: Changed) -> ForeignId:
        """Write what the ERP says now into the CRM. Idempotent: by our reference and change."""
        request = changed.request
        with failures.reported():
            async with self._database.reading() as tx:
                kept = await invoices.get(tx, request.invoice, request.revision)
            invoice, status = kept.invoice, kept.status
            if status is None:
                raise LookupError(invoice.reference)  # told of before it was posted: a bug
            return await self._effects.once(
                Effect(
                    kind=Kind.INVOICE_CRM,
                    key=f"invoice/{invoice.reference}/crm/{changed.change}",
                    system=request.routes.crm,
                    content=_Told(reference=invoice.reference, status=status),
                    send=lambda: self._crm.record_invoice(request.opportunity, invoice, status),
                    resolve=effects.send_again,
                )
            )
