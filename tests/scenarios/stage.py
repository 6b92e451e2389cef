"""An embedded stack of a test's own, on free ports, and a play on it."""

import asyncio
import random
import socket
from collections.abc import AsyncGenerator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path

import starter
from console.progress import Progress
from console.stack import Stack
from world.stage.report import Report
from world.stage.theater import Story

_PORTS = 8
_LOOKS, _LOOK_SECONDS = 1200, 0.05
_FIRST: dict[str, dict[str, Report]] = {}  # by store and scenario


def free_ports() -> int:
    """Return the first of some free ports in a row; by chance, so that two runs do not meet."""
    bases = range(20_000, 32_000, 50)  # below the ports that the kernel gives out by itself
    for base in random.sample(bases, len(bases)):
        with ExitStack() as held:
            try:
                for port in range(base, base + _PORTS):
                    held.enter_context(socket.socket()).bind(("127.0.0.1", port))
            except OSError:
                continue
            return base
    raise AssertionError


@asynccontextmanager
async def stack(
    state: Path, *, erp: str | None = None
) -> AsyncGenerator[tuple[starter.Running, Stack]]:
    """Run a stack whose files are in `state`; with `erp`, that vendor's serves every entity."""
    async with starter.embedded_stack(state, free_ports(), Progress(), erp=erp) as found:
        yield found


async def first(running: starter.Running, scenario: str) -> Report:
    """Return the report of a shipped scenario's first play on a stack, played if need be."""
    known = _FIRST.setdefault(running.config.store_url, {})
    if scenario not in known:
        known[scenario] = await played(running, scenario)
    return known[scenario]


async def played(running: starter.Running, scenario: str) -> Report:
    """Play a shipped scenario to its end."""
    platform = starter.PlatformOnStage(running)
    return await running.theater.play(Story.of(scenario), platform, lambda _: None)


async def at_rest(running: starter.Running) -> None:
    """Wait until the platform has nothing under way."""
    platform = starter.PlatformOnStage(running)
    for _ in range(_LOOKS):
        if await platform.settled():
            return
        await asyncio.sleep(_LOOK_SECONDS)
    raise AssertionError
