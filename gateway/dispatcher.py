"""The dispatcher: turns kept messages into running processes, and each into one outcome (L-7)."""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from canonical.cases import Case, CaseId
from canonical.systems import ForeignId
from gateway.handing_on import JustEndedError, Settled, hand_on
from store import cases, inbox
from store.database import UNAVAILABLE, ContendedError, Database, Transaction
from store.inbox import Delivery
from store.tables.traffic import Outcome
from telemetry import logs

_LOOK_AGAIN = timedelta(seconds=1)
_AFTER_FAILURE = timedelta(seconds=2)
_SUBJECTS_AT_ONCE = 8
_STEP = "Hand on a message"
_WORKFLOW = "dispatcher"  # of the cases; no run of it waits, the dispatcher looks by itself
_AWAY = (
    RPCStatusCode.CANCELLED,
    RPCStatusCode.DEADLINE_EXCEEDED,
    RPCStatusCode.RESOURCE_EXHAUSTED,
    RPCStatusCode.UNAVAILABLE,
)


class Dispatcher:
    """Hands messages on, those of one subject in order and of several side by side.

    One that fails keeps no other: it is tried again, ever later, and after some tries a case
    tells a person. Nothing is lost.
    """

    def __init__(self, client: Client, database: Database) -> None:
        self._client = client
        self._database = database
        self._awake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._failure = ""

    @property
    def is_running(self) -> bool:
        """Return whether messages are being handed on."""
        return self._task is not None and not self._task.done()

    async def trouble(self) -> str:
        """Return what keeps messages from being handed on; "" if nothing does."""
        async with self._database.reading() as tx:
            stuck = await inbox.stuck(tx)
        of_messages = f"{stuck} messages cannot be handed on; their cases say why" if stuck else ""
        return "; ".join(filter(None, (self._failure, of_messages)))

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
        """Hand on what waits, and return how many messages that was.

        Raises:
            Exception: nothing could be handed on because the engine or the store is away.
        """
        async with self._database.reading() as tx:
            waiting = await inbox.waiting_for_process(tx)
        turns = asyncio.Semaphore(_SUBJECTS_AT_ONCE)
        tried = [self._in_order(some, turns) for some in _by_subject(waiting)]
        failures = [each for some in await asyncio.gather(*tried) for each in some]
        away = [exc for _, exc in failures if _is_away(exc)]
        if away and len(away) == len(waiting):
            raise away[0]  # it is not the messages
        for delivery, failure in failures:
            await self._put_off(delivery, failure)
        return len(waiting)

    async def _run(self) -> None:
        while True:
            self._awake.clear()
            try:
                await self.dispatch()
            except Exception as exc:  # noqa: BLE001 - whatever it is, the messages are kept
                logs.logger().exception("dispatch.failed")
                self._failure = f"nothing can be handed on: {_name(exc)}"
                await asyncio.sleep(_AFTER_FAILURE.total_seconds())
            else:
                self._failure = ""
            with suppress(TimeoutError):
                await asyncio.wait_for(self._awake.wait(), _LOOK_AGAIN.total_seconds())

    async def _in_order(
        self, deliveries: Sequence[Delivery], turns: asyncio.Semaphore
    ) -> list[tuple[Delivery, Exception]]:
        """Hand on the messages about one subject, and return those that failed."""
        failed: list[tuple[Delivery, Exception]] = []
        async with turns:
            for delivery in deliveries:
                try:
                    settled = await hand_on(self._client, self._database, delivery)
                    await self._settle(delivery, settled)
                except Exception as exc:  # noqa: BLE001 - of this message; the others go on
                    failed.append((delivery, exc))
        return failed

    async def _settle(self, delivery: Delivery, settled: Settled) -> None:
        outcome, reason = settled
        async with self._database.transaction() as tx:
            await inbox.settle(tx, delivery, outcome, reason=reason)
            if delivery.tries >= inbox.TRIES:
                await cases.close_case(tx, _case_id(delivery))

    async def _put_off(self, delivery: Delivery, failure: Exception) -> None:
        is_last = delivery.tries + 1 >= inbox.TRIES
        logs.logger().warning(
            "message.put_off",
            source=delivery.source,
            message=delivery.notice.id,
            error=_name(failure),
            tries=delivery.tries + 1,
        )
        if isinstance(failure, JustEndedError) and is_last:
            await self._settle(delivery, (Outcome.SUPERSEDED, "its engagement has just ended"))
            return
        async with self._database.transaction() as tx:
            await inbox.put_off(tx, delivery)
            if is_last:
                await _tell(tx, delivery, failure)


def _by_subject(waiting: Iterable[Delivery]) -> Iterable[Sequence[Delivery]]:
    found: dict[ForeignId, list[Delivery]] = {}
    for delivery in waiting:
        found.setdefault(delivery.notice.subject, []).append(delivery)
    return found.values()


def _is_away(failure: Exception) -> bool:
    """Say whether it is the engine or the store that failed, and not the message."""
    if isinstance(failure, RPCError):
        return failure.status in _AWAY
    return isinstance(failure, (RuntimeError, ContendedError, *UNAVAILABLE))


def _name(failure: Exception) -> str:
    """Return what a failure is called; its text may quote data."""
    name = type(failure).__name__
    return f"{name} {failure.status.name}" if isinstance(failure, RPCError) else name


def _case_id(delivery: Delivery) -> CaseId:
    return CaseId(f"{_WORKFLOW}/{delivery.source}/{delivery.notice.id}")


async def _tell(tx: Transaction, delivery: Delivery, failure: Exception) -> None:
    notice, name = delivery.notice, _name(failure)
    text = (
        f"message {notice.id} of {delivery.source} ({notice.kind} {notice.subject}) cannot be "
        f"handed on ({name}); it is tried again every few minutes"
    )
    case = Case(
        id=_case_id(delivery),
        error_class="E21",
        step=_STEP,
        workflow=_WORKFLOW,
        subject=str(notice.subject),
        text=text,
        root_cause=f"E21/{name}/{delivery.source}",
        owner="integration",
        certainty="not_sent",
    )
    await cases.open_case(tx, case)
