"""Posting: the platform against the bare loop, in turns on one stack, each run in a fresh deal."""

import gc
import os
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from bench import bare, cpu, timesheets
from bench.bare import BareLoop
from bench.deals import Active, Deals
from bench.figures import Held, History, Posting, PostingCpu, middle, rounded
from bench.house import BenchError, House
from bench.platform_run import PlatformRun
from bench.timesheets import Timesheets

BATCH = 1000  # what the platform cuts
MOST_TIMES = 1.3
MOST_EVENTS = 25
MOST_MILLISECONDS = 0.1  # of the sandboxes, an entry


@dataclass(frozen=True)
class Load:
    """How much is posted in each run, on timesheets of which size.

    With `has_sandboxes`, what they take is held against a bar of its own.
    """

    entries: int = 10_000
    timesheet: int = 40
    pairs: int = 3
    has_sandboxes: bool = True


@dataclass(frozen=True)
class Measured:
    """One run; `cpu` is by process, this one under the name of `bench`."""

    seconds: float
    cpu: Mapping[str, float]
    events: Mapping[str, int]


class Runs:
    """Runs on one stack, each with its own deal and timesheets, made before its clock starts."""

    def __init__(self, house: House, desk: Timesheets, load: Load) -> None:
        self._house = house
        self._desk = desk
        self._load = load
        self._deals = Deals(house)
        self.platform = PlatformRun(house)
        self.timesheets = 0
        self.systems = (house.system("psa"), house.system("erp"))

    async def by_platform(self, watch: AbstractContextManager[None] | None = None) -> Measured:
        """Post once by the platform; `watch` is entered for as long as the clock runs."""
        deal = await self._approved()
        used = self._used()
        with watch or nullcontext():
            posted = await self.platform.post(deal, self._load.entries)
        spent = cpu.between(used, self._used())
        await self._check(deal)
        return Measured(posted.seconds, spent, posted.events)

    async def by_bare_loop(self, loop: BareLoop) -> Measured:
        """Post once by the bare loop."""
        deal = await self._approved()
        await loop.warm(deal)
        known = await bare.known(self._house, deal)
        used, began = self._used(), time.perf_counter()
        notices = await loop.post(deal, known)
        seconds = time.perf_counter() - began
        spent = cpu.between(used, self._used())
        await bare.void(self._house, deal, notices)
        await self._check(deal)
        return Measured(seconds, spent, {})

    async def _approved(self) -> Active:
        deal, load = await self._deals.active(), self._load
        (shell,) = await self._house.systems.psa.projects(deal.project.code)
        self.timesheets = await self._desk.approve(shell.id, load.entries, size=load.timesheet)
        return deal

    def _used(self) -> dict[str, float]:
        return cpu.used(self._house.stack.pids() | {"bench": os.getpid()})

    async def _check(self, deal: Active) -> None:
        """See that the ERP has posted each entry of a deal once.

        Raises:
            BenchError: it has not.
        """
        books = await self._house.systems.erp.read(deal.contract.entity, deal.project.code)
        lines = Counter(posting.entry for posting in books.postings if posting.voucher)
        if len(lines) != self._load.entries or lines.total() != self._load.entries:
            text = f"the ERP has {lines.total()} lines of {len(lines)} entries posted"
            raise BenchError(text)


async def measure(house: House, load: Load, told: Callable[[str], None]) -> tuple[Posting, History]:
    """Post in turns, the platform first, and return both parts' figures."""
    platform: list[Measured] = []
    loop: list[Measured] = []
    async with (
        timesheets.opened(house) as desk,
        bare.connected(house, size=BATCH) as bare_loop,
    ):
        runs = Runs(house, desk, load)
        await runs.platform.pause()
        gc.freeze()  # as in the worker: neither pays for what only lies there
        for pair in range(1, load.pairs + 1):
            platform.append(await runs.by_platform())
            told(f"pair {pair}: platform {platform[-1].seconds:.2f} s")
            loop.append(await runs.by_bare_loop(bare_loop))
            told(f"pair {pair}: bare loop {loop[-1].seconds:.2f} s")
        idle = await runs.platform.idle_events()
        await runs.platform.resume()
    return _posting(runs, load, platform, loop), _history(load, platform, idle)


def _posting(
    runs: Runs, load: Load, platform: Sequence[Measured], loop: Sequence[Measured]
) -> Posting:
    ours = [run.seconds for run in platform]
    theirs = [run.seconds for run in loop]
    systems = {each: _cpu(load, platform, each) for each in runs.systems}
    sandboxes = sum(systems.values())  # seconds for 1,000 are milliseconds for one
    return Posting(
        entries=load.entries,
        timesheets=runs.timesheets,
        entries_per_batch=BATCH,
        platform_seconds=rounded(ours),
        bare_loop_seconds=rounded(theirs),
        platform_median_seconds=middle(ours),
        bare_loop_median_seconds=middle(theirs),
        ratio=Held.within(MOST_TIMES, middle(ours) / middle(theirs)),
        sandbox_milliseconds_per_entry=(
            Held.within(MOST_MILLISECONDS, sandboxes) if load.has_sandboxes else None
        ),
        cpu_seconds_per_1000_entries=PostingCpu(
            worker=_cpu(load, platform, "worker"),
            temporal_under_platform=_cpu(load, platform, "temporal"),
            systems_under_platform=systems,
            systems_under_bare_loop={each: _cpu(load, loop, each) for each in runs.systems},
            bare_loop=_cpu(load, loop, "bench"),
        ),
    )


def _cpu(load: Load, runs: Sequence[Measured], process: str) -> float:
    spent = [run.cpu[process] for run in runs]
    return middle([seconds * 1000 / load.entries for seconds in spent])


def _history(load: Load, platform: Sequence[Measured], idle: int) -> History:
    worst = max(platform, key=lambda run: sum(run.events.values()))
    per_1000 = sum(worst.events.values()) * 1000 / load.entries
    return History(
        entries=load.entries,
        events_by_process=dict(worst.events),
        events_per_1000_entries=Held.within(MOST_EVENTS, per_1000),
        events_of_an_idle_poll=idle,
    )
