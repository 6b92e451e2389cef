"""Profile: one more run, on a stack whose worker has a sampler in it."""

import json
import os
import signal
import tempfile
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path

from bench import house, sampler, timesheets
from bench.figures import Profile
from bench.house import until
from bench.posting import Load, Runs
from console import embedded
from console.embedded import Ports
from console.progress import Progress
from console.stack import Child

_PATIENCE = timedelta(seconds=10)
_WORKER = "worker"
_Samples = dict[str, dict[str, float]]


async def measure(load: Load, progress: Progress) -> Profile:
    """Post once by a sampled platform, after a first run has warmed it up."""
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder) / "samples.json"
        async with (
            house.opened(progress, partial(_processes, told)) as stack,
            timesheets.opened(stack) as desk,
        ):
            runs = Runs(stack, desk, load)
            await runs.platform.pause()
            await runs.by_platform()
            await runs.by_platform(_sampling(stack.stack.pids()[_WORKER]))
            return _profile(load, await _written(told))


def _processes(
    told: Path, root: Path, ports: Ports, settings: Mapping[str, str]
) -> Sequence[Child]:
    children = embedded.ours(root, ports, settings)
    worker = next(child for child in children if child.name == _WORKER)
    worker.command = [*worker.command[:1], "-m", "bench.sampled_worker", str(told)]
    return children


@contextmanager
def _sampling(pid: int) -> Generator[None]:
    os.kill(pid, signal.SIGUSR1)
    yield
    os.kill(pid, signal.SIGUSR2)


async def _written(told: Path) -> _Samples:
    async def look() -> _Samples | None:
        return _read(told)

    return await until(look, "what the sampled worker writes", _PATIENCE)


def _read(told: Path) -> _Samples | None:
    if not told.exists():
        return None
    found: _Samples = json.loads(told.read_text())
    return found


def _profile(load: Load, found: _Samples) -> Profile:
    seconds, samples = found["seconds"], found["samples"]
    busy = {room: number for room, number in samples.items() if room != sampler.IDLE}
    total = sum(busy.values())
    rooms = {room: seconds["main"] * number / total for room, number in busy.items()}
    rooms["store"] = rooms.get("store", 0.0) + seconds.get("sqlite", 0.0)
    rooms["engine"] = rooms.get("engine", 0.0) + seconds.get("python", 0.0)
    rooms["engine_core"] = seconds.get("engine_core", 0.0)
    by_cost = sorted(rooms.items(), key=lambda item: item[1], reverse=True)
    return Profile(
        entries=load.entries,
        samples=int(sum(samples.values())),
        worker_cpu_seconds_per_1000_entries=_per_1000(load, sum(seconds.values())),
        by_room={room: _per_1000(load, used) for room, used in by_cost},
    )


def _per_1000(load: Load, seconds: float) -> float:
    return round(seconds * 1000 / load.entries, 4)
