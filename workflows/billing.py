"""Bill one contract: the only writer of its slices' way onto invoices, cycle after cycle."""

from typing import Literal

from temporalio import workflow

from canonical import processes
from canonical.processes import BillingCycle, BillingLane, InvoiceRequest
from telemetry import search_attributes
from workflows.issue_invoice import IssueInvoice
from workflows.telling import tell

Ending = Literal["idle"]


@workflow.defn(name="Billing")
class Billing:
    """One per contract. Ends `idle` when no cycle waits; the next trigger starts it again."""

    @workflow.init
    def __init__(self, lane: BillingLane) -> None:
        self._lane = lane
        self._waiting: list[BillingCycle] = []
        self._taken: set[int] = set()

    @workflow.run
    async def run(self, lane: BillingLane) -> Ending:
        """Issue the invoice of every cycle that was asked for, one after the other."""
        workflow.upsert_search_attributes(search_attributes.of(lane.contract, lane.routes.entity))
        await workflow.wait_condition(lambda: bool(self._waiting))
        while self._waiting:
            await self._issue(self._waiting[0])
            self._waiting.pop(0)
            await self._tell_engagement()
        workflow.set_current_details("**Idle.** Every cycle is through.")
        await workflow.wait_condition(workflow.all_handlers_finished)
        return "idle"

    @workflow.update(name="bill")
    def bill(self, cycle: BillingCycle) -> int:
        """Take a cycle and return its number; the same cycle twice is one cycle."""
        if cycle.cycle not in self._taken:
            self._taken.add(cycle.cycle)
            self._waiting.append(cycle)
            self._show(self._waiting[0])
        return cycle.cycle

    async def _issue(self, cycle: BillingCycle) -> None:
        lane = self._lane
        request = InvoiceRequest(
            contract=lane.contract,
            cycle=cycle.cycle,
            opportunity=lane.opportunity,
            routes=lane.routes,
        )
        self._show(cycle)
        await workflow.execute_child_workflow(
            IssueInvoice.run,
            request,
            id=processes.invoice_id(request),
            static_summary=f"Invoice of {lane.contract}, cycle {cycle.cycle}",
        )

    def _show(self, cycle: BillingCycle) -> None:
        behind = len(self._waiting) - 1
        cycles = "cycle waits" if behind == 1 else "cycles wait"
        workflow.set_current_details(
            f"Cycle {cycle.cycle}: {cycle.kind.replace('_', ' ')} of {cycle.cut_off}."
            + (f" {behind} {cycles} behind it." if behind else "")
        )

    async def _tell_engagement(self) -> None:
        lane = self._lane
        engagement = workflow.get_external_workflow_handle(
            processes.engagement_id(lane.opportunity, lane.generation)
        )
        await tell(engagement.signal("billed"))
