"""The dispatcher: turns kept messages into running processes, and each into one outcome (L-7)."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from canonical import processes
from canonical.processes import PROCESSES, Engage
from gateway import invoices
from store import engagements, inbox
from store.database import Database
from store.inbox import Delivery
from store.tables.traffic import Outcome
from telemetry import logs

_LOOK_AGAIN = timedelta(seconds=1)
_AFTER_FAILURE = timedelta(seconds=2)

Settled = tuple[Outcome, str]


class Dispatcher:
    """Hands messages on, the oldest first; one that fails is tried again and loses nothing."""

    def __init__(self, client: Client, database: Database) -> None:
        self._client = client
        self._database = database
        self._awake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def is_running(self) -> bool:
        """Return whether messages are being handed on."""
        return self._task is not None and not self._task.done()

    def wake(self) -> None:
        """Look now."""
        self._awake.set()

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Hand messages on for as long as the block lasts."""
        self._task = asyncio.create_task(self._run())
        try:
            yield
        finally:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def dispatch(self) -> int:
        """Hand on what waits, and return how many messages that was."""
        async with self._database.reading() as tx:
            waiting = await inbox.waiting_for_process(tx)
        for delivery in waiting:
            outcome, reason = await self._hand_on(delivery)
            async with self._database.transaction() as tx:
                await inbox.settle(tx, delivery, outcome, reason=reason)
        return len(waiting)

    async def _run(self) -> None:
        while True:
            self._awake.clear()
            try:
                await self.dispatch()
            except Exception:  # noqa: BLE001 - whatever it is, the messages are kept
                logs.logger().exception("dispatch.failed")
                await asyncio.sleep(_AFTER_FAILURE.total_seconds())
            with suppress(TimeoutError):
                await asyncio.wait_for(self._awake.wait(), _LOOK_AGAIN.total_seconds())

    async def _hand_on(self, delivery: Delivery) -> Settled:
        if delivery.notice.kind == "account":
            return await self._tell_client(delivery)
        if delivery.notice.kind in ("invoice", "payment"):
            return await self._look_at_invoices(delivery)
        return await self._engage(delivery)

    async def _engage(self, delivery: Delivery) -> Settled:
        opportunity = delivery.notice.subject
        async with self._database.transaction() as tx:
            # The engagement may have ended since the message came: a win then opens the next.
            look = (
                engagements.claim if delivery.notice.kind == "opportunity" else engagements.running
            )
            engagement = await look(tx, opportunity)
        if engagement is None:
            return Outcome.SUPERSEDED, "no engagement of it is running"
        request = Engage(
            opportunity=opportunity,
            generation=engagement.generation,
            contract=engagement.contract,
        )
        try:
            await self._client.start_workflow(
                "Engagement",
                request,
                id=processes.engagement_id(opportunity, engagement.generation),
                task_queue=PROCESSES,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                # The id carries the generation, so what ended well is never run again.
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
                start_signal="changed",
                static_summary=f"Engagement of {opportunity}: {engagement.contract}",
            )
        except WorkflowAlreadyStartedError:
            return Outcome.SUPERSEDED, "its engagement has just ended"
        return Outcome.APPLIED, ""

    async def _look_at_invoices(self, delivery: Delivery) -> Settled:
        if await invoices.look(self._client, self._database, delivery.notice):
            return Outcome.APPLIED, ""
        return Outcome.SUPERSEDED, "it is about no invoice of ours"

    async def _tell_client(self, delivery: Delivery) -> Settled:
        account = delivery.notice.subject
        try:
            await self._client.get_workflow_handle(processes.client_id(account)).signal("changed")
        except RPCError as exc:
            if exc.status is not RPCStatusCode.NOT_FOUND:
                raise
            return Outcome.SUPERSEDED, "nothing of this client is under way"
        return Outcome.APPLIED, ""
