"""The house that is measured: an embedded stack in a temporary folder, on free ports."""

import asyncio
import random
import socket
import tempfile
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import count
from pathlib import Path
from typing import TypeVar

from console import embedded
from console.embedded import Ports, Processes
from console.progress import Progress
from console.stack import Child, Stack
from starter import PlatformOnStage, Running, embedded_stack
from world.stage import loader, systems
from world.stage.loader import Script
from world.stage.systems import Systems

TODAY = date(2026, 7, 31)  # the last day of the deals' service
_STORY = "tm-rate-change"
_PORTS = 8  # more than the stack takes in a row
_BUDGET = "requests_per_second"
_UNREACHED = f"{_BUDGET} = 100000\n"
_LOWEST, _HIGHEST = 20_000, 32_000  # below the ports that the kernel gives out by itself
_LOOK = timedelta(milliseconds=50)
T = TypeVar("T")


class BenchError(Exception):
    """A run is no measurement; the text says why."""


@dataclass(frozen=True)
class House:
    """A running stack, the firm's people in its three systems, and the story of its deals."""

    running: Running
    stack: Stack
    systems: Systems
    script: Script
    numbers: Iterator[int] = field(default_factory=lambda: count(1))  # of its deals

    def system(self, role: str) -> str:
        """Return the id of the system that plays a role."""
        return next(each.id for each in self.running.landscape.systems if each.role == role)


@asynccontextmanager
async def opened(
    progress: Progress, processes: Processes = embedded.ours, *, erp: str | None = None
) -> AsyncGenerator[House]:
    """Run a stack with the firm set up in it, and remove every trace of it in the end.

    With `erp`, that vendor's serves every legal entity.
    """

    def unthrottled(root: Path, ports: Ports, environment: Mapping[str, str]) -> Sequence[Child]:
        _lift_budgets(Path(environment["TIEBEAM_LANDSCAPE"]))
        return processes(root, ports, environment)

    with tempfile.TemporaryDirectory(prefix="tiebeam-bench-") as folder:
        state = Path(folder)
        async with (
            embedded_stack(state, free_ports(), progress, unthrottled, erp=erp) as (running, stack),
            systems.connect(running.theater.urls, running.theater.keys) as people,
        ):
            script = loader.load(loader.find(_STORY))
            await people.move_clocks(TODAY)
            await PlatformOnStage(running).set_today(TODAY)
            await people.set_up(script.firm)
            yield House(running, stack, people, script)


async def until(look: Callable[[], Awaitable[T | None]], what: str, patience: timedelta) -> T:
    """Look again and again, and return the first thing that is found.

    Raises:
        BenchError: the patience ends before.
    """
    deadline = asyncio.get_running_loop().time() + patience.total_seconds()
    while asyncio.get_running_loop().time() < deadline:
        found = await look()
        if found is not None:
            return found
        await asyncio.sleep(_LOOK.total_seconds())
    text = f"{what} did not come about within {patience.total_seconds():g} s"
    raise BenchError(text)


def _lift_budgets(landscape: Path) -> None:
    """Let no system's budget be reached: what is measured is work, not waiting by order."""
    lines = landscape.read_text().splitlines(keepends=True)
    lifted = [_UNREACHED if line.startswith(_BUDGET) else line for line in lines]
    landscape.write_text("".join(lifted))


def free_ports() -> int:
    """Return the first of some ports in a row that nobody listens on.

    Raises:
        BenchError: there are none.
    """
    for _ in range(100):
        base = random.randrange(_LOWEST, _HIGHEST)  # noqa: S311 - no secret
        if _are_free(range(base, base + _PORTS)):
            return base
    text = f"no {_PORTS} free ports in a row between {_LOWEST} and {_HIGHEST}"
    raise BenchError(text)


def _are_free(ports: range) -> bool:
    with ExitStack() as probes:
        try:
            for port in ports:
                probe = probes.enter_context(socket.socket())
                probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
