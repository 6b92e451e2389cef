"""Track one invoice: read again what the ERP says of it, and tell the CRM what has changed."""

from typing import Literal

from temporalio import workflow

from activities.invoice_tracking import Changed, CrmTracking, ErpTracking, TrackingRecords
from canonical.processes import InvoiceRequest, TrackRequest
from telemetry import search_attributes
from workflows import options
from workflows.parking import Parking

Ending = Literal["tracked"]


@workflow.defn(name="TrackInvoice")
class TrackInvoice:
    """One per invoice at a time, started whenever an ERP says that it changed. Ends `tracked`."""

    @workflow.init
    def __init__(self, request: TrackRequest) -> None:
        self._request = request
        self._parking = Parking(request.invoice)
        self._is_changed = True

    @workflow.run
    async def run(self, request: TrackRequest) -> Ending:
        """Return once the CRM knows what the ERP says."""
        found = [search_attributes.INVOICE.value_set(request.invoice)]
        workflow.upsert_search_attributes(found)
        issued = await self._issued()
        while self._is_changed:
            self._is_changed = False
            changed = await self._read_again(issued)
            if changed.change:
                await self._tell_crm(changed)
        await workflow.wait_condition(workflow.all_handlers_finished)
        return "tracked"

    @workflow.signal(name="changed")
    def changed(self) -> None:
        """Look again: the ERP has said that something changed."""
        self._is_changed = True

    @workflow.signal(name="resume")
    def resume(self) -> None:
        """Let a parked step look again."""
        self._parking.resume()

    async def _issued(self) -> InvoiceRequest:
        workflow.set_current_details("Waiting until the invoice is issued.")
        return await self._parking.step(
            "Find the invoice",
            TrackingRecords.issued,
            self._request,
            options.record("Look up how it was issued"),
        )

    async def _read_again(self, issued: InvoiceRequest) -> Changed:
        workflow.set_current_details("Reading the invoice in the ERP.")
        return await self._parking.step(
            "Read the invoice again",
            ErpTracking.read_again,
            issued,
            options.call(issued.routes.erp, "Read number, tax and balance"),
        )

    async def _tell_crm(self, changed: Changed) -> None:
        await self._parking.step(
            "Tell the CRM",
            CrmTracking.tell,
            changed,
            options.call(changed.request.routes.crm, "Write what has changed to the CRM"),
        )
        workflow.set_current_details(f"**Told** the CRM of change {changed.change}.")
