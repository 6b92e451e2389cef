"""Lanes: starting the processes that many share, and telling them what there is to do.

A child workflow would fail if another parent had started it already, so a shared process is
started here, with the message and the start in one request.
"""

from datetime import date, timedelta
from typing import Any

from temporalio import activity
from temporalio.client import Client, WithStartWorkflowOperation
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.service import RPCError, RPCStatusCode

from activities import failures, silence
from activities.deals import routes
from activities.engagements import is_through
from canonical import processes
from canonical.base import Record
from canonical.contracts import ContractId
from canonical.landscape import Landscape
from canonical.processes import (
    PROCESSES,
    BillingCycle,
    BillingLane,
    CollectRequest,
    KeepClient,
    Lane,
    OnboardingRequest,
    PostLane,
)
from store import (
    billing,
    clients,
    clock,
    contracts,
    drafts,
    engagements,
    entries,
    slices,
)
from store.database import Database
from store.engagements import Engagement
from store.invoices import Kept

_PATIENCE = timedelta(seconds=10)  # for a run's answer, so that a step has time for several
_Start = WithStartWorkflowOperation[Any, Any]


class Lanes:
    """Steps that start or tell shared processes; they touch the store and the engine."""

    def __init__(
        self,
        client: Client,
        database: Database,
        landscape: Landscape,
        patience: timedelta = _PATIENCE,
    ) -> None:
        self._client = client
        self._database = database
        self._landscape = landscape
        self._patience = patience

    @activity.defn(name="lanes.request_client")
    async def request_client(self, request: OnboardingRequest) -> None:
        """Ask for an onboarding. Idempotent: the same asker gets the same number."""
        account, erp = request.account, request.routes.erp
        async with self._database.transaction() as tx:
            number = await clients.onboarding_number(tx, account, erp, request.asked_by)
        start: dict[str, Any] = {
            "id": processes.client_id(account),
            "task_queue": PROCESSES,
            "id_conflict_policy": WorkflowIDConflictPolicy.USE_EXISTING,
            "static_summary": f"Client {account}",
        }
        asked = request.model_copy(update={"number": number})
        update_id = f"{request.asked_by}/{number}"
        await self._update(
            "ClientMaster",
            KeepClient(account=account),
            start,
            ("onboard", asked, update_id),
            self._patience,
        )

    @activity.defn(name="lanes.wake")
    async def wake(self, request: CollectRequest) -> int:
        """Wake every lane that has something to do. Idempotent: a lane looks for itself."""
        with failures.reported():
            async with self._database.reading() as tx:
                lanes = [Lane.parse(key) for key in await entries.waiting_lanes(tx)]
                changed = await drafts.unseen(tx)
            for lane in lanes:
                at_once = self._landscape.system(lane.erp).batches_at_once
                await self._post(PostLane(lane=lane, psa=request.psa, at_once=at_once))
            billed = await self._wake_billing()
            for kept in changed:
                await self._tell_issue(kept)
        return len(lanes) + billed + len(changed)

    @activity.defn(name="lanes.wake_billing")
    async def wake_billing(self, _lane: Lane) -> int:
        """Wake every contract that asks for an invoice. Idempotent: a cycle is one cycle."""
        with failures.reported():
            return await self._wake_billing()

    @activity.defn(name="lanes.tell_engagements")
    async def tell_engagements(self, lane: Lane) -> int:
        """Tell every engagement that may be through. Idempotent: each looks for itself."""
        with failures.reported():
            async with self._database.reading() as tx:
                through = [
                    engagement
                    for engagement in await engagements.under_way(tx, lane.entity)
                    if engagement.is_leaving or await is_through(tx, engagement.contract)
                ]
            for engagement in through:
                await self._tell(engagement)
        return len(through)

    @activity.defn(name="lanes.bill_what_is_left")
    async def bill_what_is_left(self, contract: ContractId) -> int:
        """Ask for an invoice of what is ready. Idempotent: the same day is the same cycle."""
        with failures.reported():
            async with self._database.transaction() as tx:
                ready = await slices.ready(tx, contract, until=date.max)
                if not ready:
                    return 0
                last = max(part.work_date for part in ready)
                asked = await billing.cut_off(tx, contract, max(await clock.today(tx), last))
            await self.bill(asked)
        return asked.cycle

    async def _wake_billing(self) -> int:
        """Tell each contract by itself: one that does not answer keeps no other unbilled."""
        async with self._database.reading() as tx:
            requests = [
                asked
                for asked in await billing.waiting(tx)
                if await contracts.find(tx, asked.contract)  # others wait to be activated
            ]
        await silence.tell_each(self._database, requests, self._bill, self._patience)
        return len(requests)

    async def bill(self, asked: billing.Request) -> None:
        """Tell a contract's billing lane about a cycle; the same cycle twice is one cycle."""
        await self._bill(asked, self._patience)

    async def _bill(self, asked: billing.Request, patience: timedelta) -> None:
        lane = await self._billing_lane(asked.contract)
        start: dict[str, Any] = {
            "id": processes.billing_id(asked.contract),
            "task_queue": PROCESSES,
            "id_conflict_policy": WorkflowIDConflictPolicy.USE_EXISTING,
            "static_summary": f"Billing of {asked.contract}",
        }
        cycle = BillingCycle.model_validate(
            {"cycle": asked.cycle, "key": asked.key, "kind": asked.kind, "cut_off": asked.cut_off}
        )
        await self._update(
            "Billing", lane, start, ("bill", cycle, f"cycle/{asked.cycle}"), patience
        )

    async def _update(
        self,
        process: str,
        request: Record,
        start: dict[str, Any],
        update: tuple[str, Record, str],
        patience: timedelta,
    ) -> None:
        """Tell a shared process something, starting it if it does not run."""
        name, message, update_id = update
        # An ended run would still answer for the updates it had taken: first, one must run.
        await self._client.start_workflow(process, request, **start)
        operation: _Start = WithStartWorkflowOperation(process, request, **start)
        await self._client.execute_update_with_start_workflow(
            name,
            message,
            start_workflow_operation=operation,
            id=update_id,
            rpc_timeout=patience,
        )

    async def _post(self, lane: PostLane) -> None:
        await self._client.start_workflow(
            "PostTime",
            lane,
            id=processes.posting_id(lane.lane),
            task_queue=PROCESSES,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            start_signal="more",
            static_summary=f"Post time of {lane.lane.entity} to {lane.lane.erp}",
        )

    async def _tell_issue(self, kept: Kept) -> None:
        await self._signal(processes.issue_id(kept.invoice.reference), "changed")

    async def _tell(self, engagement: Engagement) -> None:
        run = processes.engagement_id(engagement.opportunity, engagement.generation)
        await self._signal(run, "posted")

    async def _signal(self, run: str, signal: str) -> None:
        try:
            await self._client.get_workflow_handle(run).signal(signal)
        except RPCError as exc:
            if exc.status is not RPCStatusCode.NOT_FOUND:  # it has ended: nothing to tell
                raise

    async def _billing_lane(self, contract: ContractId) -> BillingLane:
        async with self._database.reading() as tx:
            engagement = await engagements.of_contract(tx, contract)
            entity = (await contracts.get(tx, contract)).entity
        found = routes(self._landscape, entity)
        if found is None:
            raise LookupError(entity)  # an active contract's entity is in the landscape
        return BillingLane(
            contract=contract,
            opportunity=engagement.opportunity,
            generation=engagement.generation,
            routes=found,
        )
