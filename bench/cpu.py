"""CPU seconds that other processes have used, as the kernel counts them."""

import os
from collections.abc import Mapping
from pathlib import Path

from bench.house import BenchError

_PROC = Path("/proc")
_TICKS = os.sysconf("SC_CLK_TCK")
_USER, _SYSTEM = 11, 12  # of /proc/PID/stat, counted from the field after the name


def used(pids: Mapping[str, int]) -> dict[str, float]:
    """Return user and system seconds of each process so far, all of its threads together.

    Raises:
        BenchError: the kernel tells them in another way.
    """
    if not _PROC.exists():
        text = "CPU times are read from /proc, so the bench needs Linux"
        raise BenchError(text)
    return {name: _seconds(_PROC / str(pid) / "stat") for name, pid in pids.items()}


def between(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, float]:
    """Return what each process used in between."""
    return {name: after[name] - seconds for name, seconds in before.items()}


def _seconds(stat: Path) -> float:
    # The name stands in parentheses and may hold anything, even a space.
    fields = stat.read_text().rpartition(")")[2].split()
    return (int(fields[_USER]) + int(fields[_SYSTEM])) / _TICKS
