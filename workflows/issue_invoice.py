"""Issue one invoice: draft it, have it agreed to, post it, and tell everybody its number."""

from collections.abc import Callable
from typing import Literal

from temporalio import workflow

from activities.approvals import PsaApprovals
from activities.invoice_documents import ErpInvoices
from activities.invoice_mirrors import CrmInvoices, PsaInvoices
from activities.invoices import (
    Approval,
    ApproveInvoice,
    Change,
    ChangeInvoice,
    InvoiceRecords,
    Prepared,
)
from canonical.cases import Defect
from canonical.processes import InvoiceRequest
from telemetry import search_attributes
from workflows import options, together
from workflows.parking import Parking

Ending = Literal["posted", "nothing_to_bill", "rejected"]


@workflow.defn(name="IssueInvoice")
class IssueInvoice:
    """One per contract, cycle and revision. Ends `posted`, `nothing_to_bill` or `rejected`."""

    @workflow.init
    def __init__(self, request: InvoiceRequest) -> None:
        self._request = request
        self._parking = Parking(request.invoice, request.contract)
        self._draft = Prepared(invoice=None)
        self._approvals: list[Approval] = []
        self._heard = 0
        self._looked = 0
        self._is_over = False

    @workflow.run
    async def run(self, request: InvoiceRequest) -> Ending:
        """Return how the cycle ended."""
        self._mark()
        number = await self._issued()
        ending: Ending = self._draft.ending or "posted"
        if number is None:
            await self._withdraw()
        else:
            await together.all_of(self._tell_crm(), self._tell_psa())
        await workflow.execute_activity_method(
            InvoiceRecords.finish, request, **options.record("Close the cycle")
        )
        workflow.set_current_details(self._card(ending, number))
        await workflow.wait_condition(workflow.all_handlers_finished)
        return ending

    @workflow.update(name="approve")
    async def approve(self, approval: Approval) -> None:
        """Approve exactly this content; the same approval twice is one."""
        question = ApproveInvoice(request=self._request, approval=approval)
        draft = await workflow.execute_activity_method(
            InvoiceRecords.approve, question, **options.record("Record the approval")
        )
        if approval not in self._approvals:
            self._approvals.append(approval)
        self._take(draft)

    @approve.validator
    def _refuse_what_was_not_seen(self, approval: Approval) -> None:
        draft = self._draft
        if not approval.by.strip():
            msg = "nobody is named who approves"
            raise ValueError(msg)
        if draft.invoice is None or not draft.needed:
            msg = "this invoice does not wait for an approval"
            raise ValueError(msg)
        if approval.content_hash != draft.content_hash:
            msg = "the invoice has changed since it was seen: look again"
            raise ValueError(msg)
        if not draft.missing and approval not in self._approvals:
            given = [one.by for one in self._approvals if one.content_hash == draft.content_hash]
            msg = f"this invoice is approved by {', '.join(given)}"
            raise ValueError(msg)

    @workflow.update(name="change")
    async def change(self, change: Change) -> str:
        """Edit, hold or reject, as the store keeps it, and return the new content's hash.

        The same change twice is one.
        """
        question = ChangeInvoice(request=self._request, change=change)
        draft = await workflow.execute_activity_method(
            InvoiceRecords.change, question, **options.record("Change the draft")
        )
        self._take(draft)
        self._parking.resume()
        return draft.content_hash

    @change.validator
    def _refuse_where_there_is_no_draft(self, change: Change) -> None:  # noqa: ARG002 - a name
        if self._draft.invoice is None or self._is_over:
            msg = "there is no draft that could be changed"
            raise ValueError(msg)

    @workflow.signal(name="changed")
    def changed(self) -> None:
        """Hear that the draft is not what it was: work that was on it is approved no longer."""
        self._heard += 1
        self._parking.resume()

    @workflow.signal(name="resume")
    def resume(self) -> None:
        """Let a parked step look again."""
        self._parking.resume()

    async def _issued(self) -> str | None:
        """Return the number of the posted invoice; None if there will be none."""
        await self._look()
        while self._draft.invoice is not None:
            await self._agreed()
            number = await self._posted()
            if number is not None:
                self._is_over = True
                return number
            await self._look()
        self._is_over = True
        return None

    async def _look(self) -> None:
        """Put what is ready on a draft, or see what became of the draft."""
        self._looked, known = self._heard, self._draft
        workflow.set_current_details("Collecting what is ready to bill.")
        draft = await self._parking.step(
            "Prepare the invoice",
            InvoiceRecords.prepare,
            self._request,
            options.record("Put ready slices on an invoice"),
        )
        if self._draft is known:
            self._draft = draft
        else:  # an update has ended meanwhile, and may know more
            self._take(draft)

    def _take(self, draft: Prepared) -> None:
        known = self._draft
        if (draft.edition, -draft.missing) >= (known.edition, -known.missing):
            self._draft = draft

    async def _agreed(self) -> None:
        """Wait until the draft, as it stands, needs nobody's approval any more."""
        while self._draft.missing:
            await self._parking.until(
                "Approve the invoice", (self._asked(),), self._differs_from(self._draft)
            )
            if self._heard > self._looked:
                await self._look()

    def _differs_from(self, seen: Prepared) -> Callable[[], bool]:
        return lambda: self._draft != seen or self._heard > self._looked

    async def _posted(self) -> str | None:
        """Return the number; None if the draft changed before posting began."""
        if self._draft.invoice is None or not await self._drafted():
            return None
        if self._draft.has_time:
            await self._parking.step(
                "Ask whether its time is approved",
                PsaApprovals.recheck,
                self._request,
                options.call(self._request.routes.psa, "Is all of its time approved still?"),
            )
        workflow.set_current_details("Posting in the ERP.")
        posted = await self._parking.step(
            "Post the invoice",
            ErpInvoices.post,
            self._request,
            options.call(self._request.routes.erp, "Post the invoice, read its number"),
        )
        return posted.number

    async def _drafted(self) -> bool:
        workflow.set_current_details("Drafting in the ERP.")
        drafted = await self._parking.step(
            "Draft the invoice",
            ErpInvoices.draft,
            self._request,
            options.call(self._request.routes.erp, "Draft the invoice and compare it"),
        )
        return drafted.document is not None

    async def _withdraw(self) -> None:
        if self._draft.is_sent:
            await self._parking.step(
                "Discard the draft",
                ErpInvoices.discard,
                self._request,
                options.call(self._request.routes.erp, "Remove the draft of what is no invoice"),
            )

    def _asked(self) -> Defect:
        draft, reference = self._draft, f"{self._request.invoice}/{self._request.revision}"
        people = "two people" if draft.missing > 1 else "somebody"
        if draft.needed > draft.missing:
            people = "a second person"
        return Defect(
            error_class="E16",
            subject=reference,
            field="approval",
            owner="finance",
            text=f"{draft.net} is above the limit: {people} has to look at it "
            f"(`tiebeam invoice show {reference}`) and approve it (`tiebeam invoice approve "
            f"{reference}`), or the update `approve` with content_hash {draft.content_hash}",
        )

    def _card(self, ending: Ending, number: str | None) -> str:
        if ending == "posted":
            return f"**Posted** as {number}: {self._draft.net} before tax."
        return (
            "**Rejected.** What was on it is ready again."
            if ending == "rejected"
            else ("**Nothing to bill.**")
        )

    def _mark(self) -> None:
        request = self._request
        found = search_attributes.of(request.contract, request.routes.entity)
        found.append(search_attributes.INVOICE.value_set(request.invoice))
        workflow.upsert_search_attributes(found)

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
