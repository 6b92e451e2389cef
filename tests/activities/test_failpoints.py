"""Failpoints kill a real process, each once."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from activities import failpoints
from activities.effects import Kind, Point

_ROOT = Path(__file__).parents[2]
_WORKER = """
import sys
from pathlib import Path
from activities import failpoints
from activities.effects import Kind, Point

at = failpoints.armed(Path(sys.argv[1]))
for point in Point:
    print(point.value, flush=True)
    at(Kind.INVOICE_POST, point)
"""


def _work(file: Path) -> tuple[int, list[str]]:
    """Return how a process ended that passes every point of one write, and how far it came."""
    command = [sys.executable, "-c", _WORKER, str(file)]
    ended = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=False)  # noqa: S603 - our own code
    return ended.returncode, ended.stdout.split()


def test_a_worker_dies_at_the_boundary_and_only_once(tmp_path: Path) -> None:
    file = tmp_path / "failpoints"
    file.write_text("invoice.post:answered\njournal.post:sent\n")

    assert _work(file) == (-signal.SIGKILL, ["planned", "sent", "answered"])
    assert file.read_text().split() == ["journal.post:sent"]
    assert _work(file) == (0, ["planned", "sent", "answered", "confirmed"])


@pytest.mark.parametrize("armed", [None, "", "invoice.post:sent\n"])
def test_nobody_dies_at_a_boundary_that_is_not_named(tmp_path: Path, armed: str | None) -> None:
    file = tmp_path / "failpoints"
    if armed is not None:
        file.write_text(armed)
    at = failpoints.armed(file)

    at(Kind.INVOICE_POST, Point.ANSWERED)
    at(Kind.JOURNAL_POST, Point.SENT)

    assert (file.read_text() if file.exists() else None) == armed


def test_without_a_file_nothing_is_armed() -> None:
    at = failpoints.armed(None)
    for kind in Kind:
        for point in Point:
            at(kind, point)
