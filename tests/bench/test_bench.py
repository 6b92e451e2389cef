"""The bench at toy size: what it prints, and that it leaves nothing behind."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bench.figures import Document
from tests import tryton_server

pytestmark = pytest.mark.prove
ROOT = Path(__file__).parents[2]
TOY = (
    *("--entries", "200", "--timesheet", "20", "--pairs", "1"),
    *("--deals", "1", "--latency", "10", "--stream", "4"),
)


@contextmanager
def _bench(folder: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "bench", *arguments]
    environment = {**os.environ, "TMPDIR": str(folder)}
    with subprocess.Popen(  # noqa: S603 - our own module
        command,
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        yield process


def _measured(folder: Path, *parts: str) -> Document:
    only = [word for part in parts for word in ("--only", part)]
    with _bench(folder, *TOY, *only) as process:
        document, progress = process.communicate()
    assert process.returncode == 0, progress
    return Document.model_validate_json(document)


def _left_behind(folder: Path) -> list[str]:
    commands = [
        path.read_bytes().decode(errors="replace").replace("\0", " ")
        for path in Path("/proc").glob("[0-9]*/cmdline")
        if path.exists()
    ]
    return [
        *(path.name for path in folder.iterdir()),
        *(line for line in commands if str(folder) in line),
    ]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bench")


@pytest.fixture(scope="module")
def document(folder: Path) -> Document:
    return _measured(folder, "posting", "history", "activation", "engagements")


def test_says_where_and_with_what_it_was_measured(document: Document) -> None:
    facts = document.machine

    assert facts.cores >= 1
    assert facts.memory_gib > 0
    assert facts.packages["temporalio"]
    assert len(facts.load_average) == 3


def test_measures_posting_to_the_real_erp(folder: Path) -> None:
    tryton_server.required()

    found = _measured(folder, "tryton").tryton

    assert found is not None
    assert (found.entries, found.ratio.bar) == (200, 1.3)


def test_compares_the_platform_with_the_bare_loop(document: Document) -> None:
    found = document.posting

    assert found is not None
    assert (found.entries, found.timesheets) == (200, 10)
    assert len(found.platform_seconds) == len(found.bare_loop_seconds) == 1
    expected = found.platform_seconds[0] / found.bare_loop_seconds[0]
    assert found.ratio.figure == pytest.approx(expected, rel=0.01)
    assert found.ratio.holds == (found.ratio.figure <= found.ratio.bar)
    assert found.cpu_seconds_per_1000_entries.worker > 0


def test_counts_the_events_of_every_run_that_took_part(document: Document) -> None:
    found = document.history

    assert found is not None
    assert set(found.events_by_process) == {"CollectApprovals", "PostTime"}
    total = sum(found.events_by_process.values())
    assert found.events_per_1000_entries.figure == total * 5
    assert 0 < found.events_of_an_idle_poll < total


def test_holds_an_activation_against_its_longest_chain_of_calls(document: Document) -> None:
    found = document.activation

    assert found is not None
    assert found.critical_path_seconds == pytest.approx(0.01 * len(found.critical_path))
    assert found.seconds[0] > found.critical_path_seconds
    assert sum(found.calls_by_system.values()) >= len(found.critical_path)


def test_counts_how_many_engagements_become_active_a_minute(document: Document) -> None:
    found = document.engagements

    assert found is not None
    assert found.deals == 4
    assert found.per_minute > 0
    assert 0 < found.seconds_until_all_are_won < found.seconds_until_all_are_active
    assert found.cpu_seconds_each["worker"] > 0


def test_tells_the_memory_of_the_worker_at_rest_and_at_most(document: Document) -> None:
    found = document.worker_memory

    assert found is not None
    assert [peak.of for peak in found.peaks] == ["engagements", "posting"]
    assert all(peak.rss_mib >= peak.after.rss_mib > 0 for peak in found.peaks)
    assert 0 < found.at_rest.pss_mib <= found.at_rest.rss_mib < found.peaks[0].rss_mib


def test_holds_the_sandboxes_to_a_bar_of_their_own(document: Document) -> None:
    assert document.posting is not None
    found = document.posting.sandbox_milliseconds_per_entry

    assert found is not None
    assert (found.bar, found.figure > 0) == (0.1, True)


def test_leaves_out_what_was_not_asked_for(document: Document) -> None:
    assert document.profile is None


def test_leaves_nothing_running_and_no_file(document: Document, folder: Path) -> None:
    assert document is not None
    assert _left_behind(folder) == []


def test_shares_the_workers_time_out_among_the_rooms(tmp_path: Path) -> None:
    found = _measured(tmp_path, "profile").profile

    assert found is not None
    assert found.samples > 0
    assert {"store", "connectors"} <= set(found.by_room)
    whole = found.worker_cpu_seconds_per_1000_entries
    assert sum(found.by_room.values()) == pytest.approx(whole, abs=0.01)


def test_leaves_nothing_running_when_it_is_told_to_stop(tmp_path: Path) -> None:
    with _bench(tmp_path, *TOY) as process:
        assert process.stderr is not None
        while "erp-main is up" not in process.stderr.readline():
            assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        process.communicate()

    assert process.returncode == 1
    assert _left_behind(tmp_path) == []
