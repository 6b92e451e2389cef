"""Heartbeats: every step in another system shows that it is alive, so that a dead one moves on.

A worker's interceptor does it for all of its steps, so that no step can forget.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any

from temporalio import activity
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor
from typing_extensions import override

_BEAT = timedelta(seconds=1)


class Heartbeats(Interceptor):
    """Beats once a second for as long as a step runs; one that takes less costs no beat."""

    @override
    def intercept_activity(
        self,
        next: ActivityInboundInterceptor,
    ) -> ActivityInboundInterceptor:
        """Return the step with a heart."""
        return _Beating(next)


class _Beating(ActivityInboundInterceptor):
    @override
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        async with beating():
            return await super().execute_activity(input)


@asynccontextmanager
async def beating() -> AsyncGenerator[None]:
    """Beat until the block ends, however it ends."""

    async def beat() -> None:
        while True:
            await asyncio.sleep(_BEAT.total_seconds())
            activity.heartbeat()

    task = asyncio.create_task(beat())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
