"""Fetch what changed in the CRM since the last time: it fills the gap that lost messages leave."""

from typing import Literal

from temporalio import workflow

from activities.feeds import CrmFeed, Heard
from canonical.processes import FollowRequest
from telemetry import search_attributes
from workflows import options

Ending = Literal["collected", "bridged"]


@workflow.defn(name="CollectDeals")
class CollectDeals:
    """One per CRM and tick of its Schedule. Ends `collected`; the next tick goes on from there.

    Ends `bridged` if the CRM's feed had forgotten changes, which were then found by their date.
    """

    @workflow.run
    async def run(self, request: FollowRequest) -> Ending:
        """Return once everything new is in the store, where the dispatcher finds it."""
        workflow.upsert_search_attributes([search_attributes.SYSTEM.value_set(request.crm)])
        received = 0
        ending: Ending = "collected"
        is_all = False
        while not (is_all or workflow.info().is_continue_as_new_suggested()):
            heard = await self._collect(request)
            received, is_all = received + heard.received, heard.is_all
            ending = "bridged" if heard.is_bridged else ending
        workflow.set_current_details(f"{received} new messages; the feed: {ending}.")
        return ending

    async def _collect(self, request: FollowRequest) -> Heard:
        return await workflow.execute_activity_method(
            CrmFeed.collect,
            request,
            **options.call(request.crm, "Poll the changes of deals and accounts"),
        )
