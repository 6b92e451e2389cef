"""Fetch what delivery approved and reached since the last time, and wake who has work to do."""

from typing import Literal

from temporalio import workflow
from temporalio.exceptions import ActivityError

from activities.approvals import Collected, PsaApprovals
from activities.lanes import Lanes
from canonical.processes import CollectRequest
from telemetry import search_attributes
from workflows import options

Ending = Literal["collected"]


@workflow.defn(name="CollectApprovals")
class CollectApprovals:
    """One per PSA and tick of its Schedule. Ends `collected`; the next tick goes on from there."""

    @workflow.run
    async def run(self, request: CollectRequest) -> Ending:
        """Return once everything new is in the store and its lanes know."""
        workflow.upsert_search_attributes([search_attributes.SYSTEM.value_set(request.psa)])
        settled = woken = 0
        is_all = False
        while not (is_all or workflow.info().is_continue_as_new_suggested()):
            try:
                found = await self._collect(request)
            except ActivityError:
                await self._wake(request)  # what is in the store goes on, whatever the PSA says
                raise
            woken += await self._wake(request)
            settled, is_all = settled + found.settled, found.is_all
        workflow.set_current_details(f"{settled} messages settled, {woken} lanes woken.")
        return "collected"

    async def _collect(self, request: CollectRequest) -> Collected:
        return await workflow.execute_activity_method(
            PsaApprovals.collect,
            request,
            **options.call(request.psa, "Poll changes, fetch what they are about"),
        )

    async def _wake(self, request: CollectRequest) -> int:
        return await workflow.execute_activity_method(
            Lanes.wake, request, **options.record("Wake the lanes that have work")
        )
