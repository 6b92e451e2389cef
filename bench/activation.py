"""Activation: closed-won to an active project, while every vendor takes its time to answer.

Deals are won one after another. The clock starts with the CRM's answer that the deal is won,
and stops with the moment at which the store records that the project is active everywhere.
`critical_path` says what no order of the same calls could be faster than.
"""

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

import httpx

from bench import critical_path
from bench.critical_path import CALLS
from bench.deals import Deals
from bench.figures import Activation, Held, middle, rounded
from bench.house import BenchError, House

MOST_TIMES = 1.3
_WINS = {"crm": 1}  # the call by which sales wins the deal
_COUNTED = r"^/(?!.*/token$)(?!api/v1/subscribed_events)"  # neither tokens nor the feed's polling
_FOREVER = 1_000_000


@dataclass(frozen=True)
class Pace:
    """How long every vendor takes to answer, and how many deals are won."""

    latency: timedelta = timedelta(milliseconds=100)
    deals: int = 5


async def measure(house: House, pace: Pace, told: Callable[[str], None]) -> Activation:
    """Win deals one after another, the first two unmeasured: one warms up, one is counted.

    Raises:
        BenchError: the calls that were counted do not fit the critical path.
    """
    deals, seconds = Deals(house), list[float]()
    async with _doors(house) as doors:
        await deals.active()
        calls = await _counted(doors, deals)
        for number in range(1, pace.deals + 1):
            opportunity = await deals.sold()
            async with _latency(doors, pace.latency):
                won = await deals.won(opportunity)
            seconds.append(won.took.total_seconds())
            told(f"activation {number}: {seconds[-1]:.3f} s")
    path = critical_path.longest(CALLS)
    least = len(path) * pace.latency.total_seconds()
    return Activation(
        latency_seconds=pace.latency.total_seconds(),
        seconds=rounded(seconds),
        median_seconds=middle(seconds),
        calls_by_system=calls,
        critical_path=path,
        critical_path_seconds=round(least, 3),
        ratio=Held.within(MOST_TIMES, middle(seconds) / least),
    )


@asynccontextmanager
async def _doors(house: House) -> AsyncGenerator[Mapping[str, httpx.AsyncClient]]:
    """Open the admin doors of the sandboxes by their roles."""
    async with AsyncExitStack() as stack:
        doors: dict[str, httpx.AsyncClient] = {}
        for each in house.running.landscape.systems:
            door = httpx.AsyncClient(base_url=each.url, trust_env=False)
            doors[each.role] = await stack.enter_async_context(door)
        yield doors


@asynccontextmanager
async def _latency(
    doors: Mapping[str, httpx.AsyncClient], latency: timedelta
) -> AsyncGenerator[None]:
    """Let every system take its time, and be as fast as it can again in the end."""
    for seconds in (latency.total_seconds(), 0):
        for door in doors.values():
            (await door.put("/_admin/latency", json={"seconds": seconds})).raise_for_status()
        if seconds:
            yield


async def _counted(doors: Mapping[str, httpx.AsyncClient], deals: Deals) -> dict[str, int]:
    """Return how many calls one activation makes to each system."""
    opportunity = await deals.sold()
    nothing = {"do": "hold", "seconds": 0, "times": _FOREVER, "path": _COUNTED}
    for door in doors.values():
        (await door.post("/_admin/faults", json=nothing)).raise_for_status()
    await deals.won(opportunity)
    calls = {}
    for role, door in doors.items():
        (fault,) = (await door.get("/_admin/faults")).json()
        calls[role] = fault["hits"] - _WINS.get(role, 0)
        (await door.delete("/_admin/faults")).raise_for_status()
    expected = critical_path.by_role(CALLS)
    if any(calls[role] < number for role, number in expected.items()):
        text = f"an activation makes {calls} calls, and not at least {expected}: see critical_path"
        raise BenchError(text)
    return calls
