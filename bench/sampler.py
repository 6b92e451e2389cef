"""A sampler inside the worker: where its main thread is, each time some CPU time has passed.

`ITIMER_PROF` counts the CPU time of all threads; its signal finds the main thread wherever it
is. What the other threads used is read from the kernel, thread by thread.
"""

import json
import os
import signal
import threading
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import FrameType

_EVERY_SECONDS = 0.004
_TICKS = os.sysconf("SC_CLK_TCK")
_USER, _SYSTEM = 11, 12  # of a thread's stat, counted from the field after the name
IDLE = "idle"
_ROOMS = {
    **dict.fromkeys(("store", "sqlalchemy", "sqlmodel", "aiosqlite", "greenlet"), "store"),
    **dict.fromkeys(("connectors", "httpx", "httpcore", "h11", "anyio"), "connectors"),
    **dict.fromkeys(("temporalio", "google", "workflows", "worker"), "engine"),
    "activities": "activities",
    "policies": "policies",
    "canonical": "canonical",
    "asyncio": "event_loop",
    "selectors": IDLE,
}
_SQLITE_THREAD = "_connection_worker_thread"


class Sampler:
    """Samples between two signals: SIGUSR1 begins, SIGUSR2 ends and writes what was found."""

    def __init__(self, to: Path) -> None:
        self._to = to
        self._samples: Counter[str] = Counter()
        self._before: dict[int, float] = {}

    def install(self) -> None:
        """Wait for the signals; only the main thread can."""
        signal.signal(signal.SIGUSR1, self._begin)
        signal.signal(signal.SIGUSR2, self._end)
        signal.signal(signal.SIGPROF, self._sample)

    def _begin(self, _number: int, _frame: FrameType | None) -> None:
        self._samples.clear()
        self._before = _threads()
        signal.setitimer(signal.ITIMER_PROF, _EVERY_SECONDS, _EVERY_SECONDS)

    def _sample(self, _number: int, frame: FrameType | None) -> None:
        self._samples[room(_modules(frame))] += 1

    def _end(self, _number: int, _frame: FrameType | None) -> None:
        signal.setitimer(signal.ITIMER_PROF, 0)
        seconds: dict[str, float] = defaultdict(float)
        for thread, used in _threads().items():
            seconds[_kind(thread)] += used - self._before.get(thread, 0.0)
        found = {"samples": self._samples, "seconds": seconds}
        part = self._to.with_suffix(".part")
        part.write_text(json.dumps(found))
        part.rename(self._to)  # whoever waits for the file finds it whole


def room(modules: Iterable[str]) -> str:
    """Return the room of the first module that belongs to one; the innermost comes first."""
    for module in modules:
        package = module.partition(".")[0]
        if package in _ROOMS:
            return _ROOMS[package]
    return "other"


def _modules(frame: FrameType | None) -> Iterator[str]:
    while frame is not None:
        yield str(frame.f_globals.get("__name__", ""))
        frame = frame.f_back


def _threads() -> dict[int, float]:
    found = {}
    for task in Path("/proc/self/task").iterdir():
        fields = (task / "stat").read_text().rpartition(")")[2].split()
        found[int(task.name)] = (int(fields[_USER]) + int(fields[_SYSTEM])) / _TICKS
    return found


def _kind(thread: int) -> str:
    if thread == os.getpid():
        return "main"
    names = {each.native_id: each.name for each in threading.enumerate()}
    if thread not in names:
        return "engine_core"
    return "sqlite" if _SQLITE_THREAD in names[thread] else "python"
