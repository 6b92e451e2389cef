"""The live view of a play: what the story does, and the checkpoints the platform passes."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

from console.progress import Progress
from store import cases, trail
from store.database import Database

_LOOK_SECONDS = 0.2


@asynccontextmanager
async def checkpoints(database: Database, progress: Progress) -> AsyncGenerator[None]:
    """Tell each checkpoint and each stop as it happens, for as long as the block lasts."""
    watch = _Watch(database, progress)
    await watch.skip()
    watching = asyncio.create_task(watch.run())
    try:
        yield
    finally:
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching
        await watch.look()


class _Watch:
    def __init__(self, database: Database, progress: Progress) -> None:
        self._database = database
        self._progress = progress
        self._seen = 0
        self._open: set[str] = set()

    async def skip(self) -> None:
        """Start behind what happened before."""
        async with self._database.reading() as tx:
            self._seen = await trail.last_event(tx)
            self._open = {case.id for case in await cases.open_cases(tx)}

    async def run(self) -> None:
        """Look again and again."""
        while True:
            await self.look()
            await asyncio.sleep(_LOOK_SECONDS)

    async def look(self) -> None:
        """Tell what is new."""
        async with self._database.reading() as tx:
            events = await trail.events(tx, after=self._seen)
            waiting = {case.id: case for case in await cases.open_cases(tx)}
        for event in events:
            self._progress.passed(event.type, event.subject)
            self._seen = event.seq
        for case_id in waiting.keys() - self._open:
            case = waiting[case_id]
            self._progress.stopped(case.error_class, case.text, case.owner)
        self._open = set(waiting)
