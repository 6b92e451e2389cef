"""Issue one invoice: draft it, have it approved, post it, and tell everybody its number."""

from typing import Literal

from temporalio import workflow

from activities.invoice_documents import ErpInvoices
from activities.invoice_mirrors import CrmInvoices, PsaInvoices
from activities.invoices import Approval, ApproveInvoice, InvoiceRecords, Prepared
from canonical.cases import Defect
from canonical.processes import InvoiceRequest
from telemetry import search_attributes
from workflows import options, together
from workflows.parking import Parking

Ending = Literal["posted", "nothing_to_bill"]


@workflow.defn(name="IssueInvoice")
class IssueInvoice:
    """One per contract, cycle and revision. Ends `posted`, or `nothing_to_bill`."""

    @workflow.init
    def __init__(self, request: InvoiceRequest) -> None:
        self._request = request
        self._parking = Parking(request.invoice, request.contract)
        self._prepared: Prepared | None = None
        self._approval: Approval | None = None

    @workflow.run
    async def run(self, request: InvoiceRequest) -> Ending:
        """Return how the cycle ended."""
        ending: Ending = "nothing_to_bill"
        card = "**Nothing to bill.**"
        prepared = await self._prepare()
        if prepared.invoice is not None:
            await self._approved(prepared)
            await self._draft()
            number = await self._post()
            await together.all_of(self._tell_crm(), self._tell_psa())
            card = f"**Posted** as {number}: {prepared.net} before tax."
            ending = "posted"
        await workflow.execute_activity_method(
            InvoiceRecords.finish, request, **options.record("Close the cycle")
        )
        workflow.set_current_details(card)
        await workflow.wait_condition(workflow.all_handlers_finished)
        return ending

    @workflow.update(name="approve")
    def approve(self, approval: Approval) -> None:
        """Approve exactly this content; the same approval twice is one."""
        self._approval = approval

    @approve.validator
    def _refuse_what_was_not_seen(self, approval: Approval) -> None:
        if self._prepared is None or not self._prepared.needs_approval:
            msg = "this invoice does not wait for an approval"
            raise ValueError(msg)
        if approval.content_hash != self._prepared.content_hash:
            msg = "the invoice has changed since it was seen: look again"
            raise ValueError(msg)
        if self._approval is not None and approval != self._approval:
            msg = f"this invoice is approved by {self._approval.by}"
            raise ValueError(msg)

    @workflow.signal(name="resume")
    def resume(self) -> None:
        """Let a parked step look again."""
        self._parking.resume()

    async def _prepare(self) -> Prepared:
        request = self._request
        found = search_attributes.of(request.contract, request.routes.entity)
        found.append(search_attributes.INVOICE.value_set(request.invoice))
        workflow.upsert_search_attributes(found)
        workflow.set_current_details("Collecting what is ready to bill.")
        self._prepared = await self._parking.step(
            "Prepare the invoice",
            InvoiceRecords.prepare,
            request,
            options.record("Put ready slices on an invoice"),
        )
        return self._prepared

    async def _approved(self, prepared: Prepared) -> None:
        if not prepared.needs_approval:
            return
        reference = f"{self._request.invoice}/{self._request.revision}"
        asked = Defect(
            error_class="E16",
            subject=reference,
            field="approval",
            owner="finance",
            text=f"{prepared.net} is above the limit: `tiebeam start approval {reference}`, or the "
            f"update `approve` with content_hash {prepared.content_hash}",
        )
        await self._parking.until("Approve the invoice", (asked,), self._is_approved)
        assert self._approval is not None  # noqa: S101 - for the type checker
        question = ApproveInvoice(request=self._request, approval=self._approval)
        await workflow.execute_activity_method(
            InvoiceRecords.approve, question, **options.record("Record the approval")
        )

    def _is_approved(self) -> bool:
        return self._approval is not None

    async def _draft(self) -> None:
        workflow.set_current_details("Drafting in the ERP.")
        await self._parking.step(
            "Draft the invoice",
            ErpInvoices.draft,
            self._request,
            options.call(self._request.routes.erp, "Draft the invoice and compare it"),
        )

    async def _post(self) -> str:
        workflow.set_current_details("Posting in the ERP.")
        return await self._parking.step(
            "Post the invoice",
            ErpInvoices.post,
            self._request,
            options.call(self._request.routes.erp, "Post the invoice, read its number"),
        )

    async def _tell_crm(self) -> None:
        await self._parking.step(
            "Tell the CRM",
            CrmInvoices.publish,
            self._request,
            options.call(self._request.routes.crm, "Write number and amounts to the CRM"),
        )

    async def _tell_psa(self) -> None:
        await self._parking.step(
            "Tell the PSA",
            PsaInvoices.publish,
            self._request,
            options.call(self._request.routes.psa, "Mirror the invoice in the PSA"),
        )
