"""Failpoints: where a test orders a worker to die, to prove that it changes nothing.

A failpoint file has one boundary a line, `kind:point` (`invoice.post:answered`). Reaching a
boundary takes its line out of the file and kills the process, so each fires once.
"""

import os
import signal
from pathlib import Path

from activities.effects import Boundary, Kind, Point


def armed(file: Path | None) -> Boundary:
    """Return what an effect tells of each boundary; without a file nothing ever fires."""

    def at(kind: Kind, point: Point) -> None:
        if file is not None and _take(file, f"{kind.value}:{point.value}"):
            os.kill(os.getpid(), signal.SIGKILL)

    return at


def _take(file: Path, boundary: str) -> bool:
    if not file.exists():
        return False
    lines = file.read_text().split()
    if boundary not in lines:
        return False
    lines.remove(boundary)
    fresh = file.with_suffix(".next")
    fresh.write_text("\n".join(lines))
    fresh.replace(file)
    return True
