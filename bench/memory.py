"""The memory of another process, as the kernel counts it: now, and the most within a block.

RSS is what lies in memory; PSS shares out what several processes have in common, so that the
PSS of all workers of a machine adds up.
"""

import re
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from bench.figures import Memory, Peak

_PROC = Path("/proc")
_KIB_IN_MIB = 1024
_RESET_PEAK = "5"  # what `clear_refs` takes for it


def now(pid: int) -> Memory:
    """Return what a process has in memory."""
    rollup = (_PROC / str(pid) / "smaps_rollup").read_text()
    return Memory(rss_mib=_mib(rollup, "Rss"), pss_mib=_mib(rollup, "Pss"))


@contextmanager
def peak(pid: int, of: str) -> Generator[list[Peak]]:
    """Yield a list that holds the highest RSS of a process within the block, once it ended."""
    found: list[Peak] = []
    (_PROC / str(pid) / "clear_refs").write_text(_RESET_PEAK)
    yield found
    status = (_PROC / str(pid) / "status").read_text()
    found.append(Peak(of=of, rss_mib=_mib(status, "VmHWM"), after=now(pid)))


def _mib(text: str, name: str) -> float:
    found = re.search(rf"^{name}:\s+(\d+) kB$", text, re.MULTILINE)
    assert found, name  # noqa: S101 - Linux tells it since 4.14
    return round(int(found[1]) / _KIB_IN_MIB, 1)
