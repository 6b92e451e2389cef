"""A store that keeps steps from answering, as fakes keep calls from it."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from temporalio import activity
from typing_extensions import override

from store.database import Database, Transaction


class SlowStore(Database):
    """Holds steps, by their names, once they have committed; `waiting` says who is held."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.waiting: list[str] = []
        self._gates: dict[str, asyncio.Event] = {}

    def holds(self, step: str) -> asyncio.Event:
        """Let a step wait after each of its transactions until the event is set."""
        return self._gates.setdefault(step, asyncio.Event())

    @override
    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[Transaction]:
        async with super().transaction() as tx:
            yield tx
        step = activity.info().activity_type if activity.in_activity() else ""
        if step in self._gates:
            self.waiting.append(step)
            await self._gates[step].wait()
