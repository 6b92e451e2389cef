"""One run of the platform: from a tick of the poll to the last batch that the ERP confirmed."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count

from sqlmodel import col, func, select
from temporalio.client import Client

from bench.deals import Active
from bench.house import BenchError, House, until
from canonical import processes
from canonical.processes import PROCESSES, CollectRequest, Lane
from store.tables.work import BatchRow, EntryRow, Progress

_PATIENCE = timedelta(minutes=10)
Run = tuple[str, str]  # the ids of a workflow and of one run of it


@dataclass(frozen=True)
class Posted:
    """A finished run, and how many events its processes wrote."""

    seconds: float
    events: dict[str, int]


class PlatformRun:
    """Ticks the poll by hand, while its Schedule is paused, and follows what it starts."""

    def __init__(self, house: House) -> None:
        self._client: Client = house.running.client
        self._database = house.running.database
        self._psa = next(each.id for each in house.running.landscape.systems if each.role == "psa")
        self._numbers = count(1)

    async def pause(self) -> None:
        """Pause the Schedule, and let a tick that is under way end."""
        schedule = self._client.get_schedule_handle(processes.collect_id(self._psa))
        await schedule.pause(note="the bench ticks by hand")

        async def look() -> bool | None:
            return True if not (await schedule.describe()).info.running_actions else None

        await until(look, "the end of the last tick", _PATIENCE)

    async def resume(self) -> None:
        """Let the Schedule tick again."""
        await self._client.get_schedule_handle(processes.collect_id(self._psa)).unpause()

    async def idle_events(self) -> int:
        """Return how many events a tick writes that finds nothing."""
        return await self._events(*await self._tick())

    async def post(self, deal: Active, entries: int) -> Posted:
        """Post everything approved on a deal.

        Raises:
            BenchError: some of it is held, or it takes too long.
        """
        began = datetime.now(UTC)
        ticks, lanes = [await self._tick()], [await self._followed(deal)]
        while await self._posted(deal) < entries:
            if datetime.now(UTC) - began > _PATIENCE:
                text = f"{deal.contract.id} is not posted after {_PATIENCE}; some entries are held"
                raise BenchError(text)
            ticks.append(await self._tick())
            lanes.append(await self._followed(deal))
        seconds = (await self._confirmed_at(deal) - began).total_seconds()
        runs = {"CollectApprovals": set(ticks), "PostTime": set().union(*lanes)}
        events = {
            process: sum([await self._events(*run) for run in found])
            for process, found in runs.items()
        }
        return Posted(seconds, events)

    async def _tick(self) -> Run:
        handle = await self._client.start_workflow(
            "CollectApprovals",
            CollectRequest(psa=self._psa),
            id=f"{processes.collect_id(self._psa)}:bench:{next(self._numbers)}",
            task_queue=PROCESSES,
        )
        await handle.result()
        return handle.id, handle.result_run_id or ""

    async def _followed(self, deal: Active) -> set[Run]:
        """Wait until the lanes of a deal have nothing to do, and return their runs."""
        async with self._database.reading() as tx:
            query = select(EntryRow.lane).where(EntryRow.contract == deal.contract.id).distinct()
            lanes = [Lane.parse(key) for key in (await tx.exec(query)).all()]
        runs = set()
        for lane in lanes:
            handle = self._client.get_workflow_handle(processes.posting_id(lane))
            await handle.result()
            runs.add((handle.id, (await handle.describe()).run_id))
        return runs

    async def _events(self, workflow: str, run: str) -> int:
        """Return the length of a run's history and of those that it continues."""
        handle = self._client.get_workflow_handle(workflow, run_id=run)
        history = [event async for event in handle.fetch_history_events()]
        before = history[0].workflow_execution_started_event_attributes.continued_execution_run_id
        return len(history) + (await self._events(workflow, before) if before else 0)

    async def _posted(self, deal: Active) -> int:
        query = select(func.count()).where(
            EntryRow.contract == deal.contract.id, EntryRow.progress == Progress.POSTED
        )
        async with self._database.reading() as tx:
            return (await tx.exec(query)).one()

    async def _confirmed_at(self, deal: Active) -> datetime:
        mine = select(EntryRow.batch).where(EntryRow.contract == deal.contract.id)
        query = select(BatchRow.posted_at).where(col(BatchRow.id).in_(mine))
        async with self._database.reading() as tx:
            return max(at for at in (await tx.exec(query)).all() if at is not None)
