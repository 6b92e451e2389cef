"""Waiting for what other processes do, never for longer than a test may take."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any, TypeVar

from temporalio.api.enums.v1 import EventType
from temporalio.api.sdk.v1 import WorkflowMetadata
from temporalio.client import WorkflowHandle
from temporalio.service import RPCError

from tests.trouble import Troubled
from tests.workflows.slow_store import SlowStore

T = TypeVar("T")
Handle = WorkflowHandle[Any, Any]

_PATIENCE = timedelta(seconds=30)


async def until(question: Callable[[], Awaitable[T | None]]) -> T:
    """Ask until there is an answer."""
    async with asyncio.timeout(_PATIENCE.total_seconds()):
        while not (answer := await question()):  # noqa: ASYNC110 - others own the events
            await asyncio.sleep(0.02)
    return answer


async def called(system: Troubled, call: str, times: int = 1) -> None:
    """Wait until a call has been made so many times; it may still be held."""

    async def look() -> bool:
        return system.calls.count(call) >= times

    await until(look)


async def held(database: SlowStore, step: str) -> None:
    """Wait until a step has committed and is kept from answering."""

    async def look() -> bool:
        return step in database.waiting

    await until(look)


async def has_event(run: Handle, kind: EventType.ValueType, times: int = 1) -> None:
    """Wait until a run's history has so many events of a kind."""

    async def look() -> bool:
        history = await run.fetch_history()
        return sum(event.event_type == kind for event in history.events) >= times

    await until(look)


async def started(run: Handle) -> None:
    """Wait until there is a run that another process has to start."""

    async def look() -> bool:
        with suppress(RPCError):
            await run.describe()
            return True
        return False

    await until(look)


async def ended(run: Handle) -> Any:  # noqa: ANN401 - each process has its own result
    """Return the result of a run that another process may still have to start."""
    await started(run)
    async with asyncio.timeout(_PATIENCE.total_seconds()):
        return await run.result()


async def card(run: Handle) -> str:
    """Return what the Temporal Web UI shows as current details."""
    metadata: WorkflowMetadata = await run.query(
        "__temporal_workflow_metadata", result_type=WorkflowMetadata
    )
    return str(metadata.current_details)
