import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from world.sandboxes.box import Box, Transaction

_KILLED_MID_WRITE = """
import sys
from pathlib import Path
from world.sandboxes.box import Box

box = Box(Path(sys.argv[1]))
with box.transaction() as tx:
    tx.put("deal", "kept", {})
    tx.log("create", {"id": "kept"})
with box.transaction() as tx:
    tx.put("deal", "lost", {})
    print("ready", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "below" / "box.db"


@pytest.fixture
def box(path: Path) -> Iterator[Box]:
    box = Box(path)
    yield box
    box.close()


def test_keeps_records_by_kind_and_id_the_oldest_first(box: Box) -> None:
    with box.transaction() as tx:
        tx.put("deal", "2", {"name": "second id"})
        tx.put("deal", "1", {"name": "first id"})
        tx.put("firm", "1", {"name": "another kind"})
        tx.put("deal", "2", {"name": "changed"})

        assert tx.get("deal", "2") == {"name": "changed"}
        assert [deal["name"] for deal in tx.all("deal")] == ["changed", "first id"]
        assert tx.get("deal", "3") is None


def test_finds_records_by_the_tags_of_their_last_version(box: Box) -> None:
    with box.transaction() as tx:
        tx.put("deal", "1", {"id": 1}, tags={"owner": "ann", "stage": None})
        tx.put_many(
            "deal", [("2", {"id": 2}, {"owner": "ann"}), ("3", {"id": 3}, {"owner": "bob"})]
        )
        tx.put("deal", "1", {"id": 1}, tags={"owner": "bob"})

        assert tx.tagged("deal", "owner", "ann") == [{"id": 2}]
        assert tx.tagged("deal", "owner", "bob") == [{"id": 1}, {"id": 3}]
        assert tx.tagged("deal", "stage", None) == []
        assert tx.tagged("firm", "owner", "ann") == []


def test_deletes_a_record_with_its_tags_once(box: Box) -> None:
    with box.transaction() as tx:
        tx.put("deal", "1", {}, tags={"owner": "ann"})

        assert tx.delete("deal", "1")
        assert not tx.delete("deal", "1")
        assert tx.tagged("deal", "owner", "ann") == []


def test_keeps_nothing_of_a_transaction_that_fails(box: Box) -> None:
    def fail() -> None:
        with box.transaction() as tx:
            tx.put("deal", "1", {}, tags={"owner": "ann"})
            tx.log("create", {})
            tx.next("deal")
            raise KeyError

    with pytest.raises(KeyError):
        fail()

    with box.transaction() as tx:
        assert tx.get("deal", "1") is None
        assert tx.logged() == []
        assert tx.next("deal") == 1


def test_numbers_each_sequence_from_its_own_start(box: Box) -> None:
    with box.transaction() as tx:
        assert [tx.next("a"), tx.next("a"), tx.next("b", first=7), tx.next("b")] == [1, 2, 7, 8]


def test_logs_with_the_sandboxs_time_and_pages_by_sequence(box: Box) -> None:
    then = datetime(2026, 3, 1, 8, tzinfo=UTC)
    box.set_clock(then)
    with box.transaction() as tx:
        for number in range(3):
            tx.log("create", {"number": number})

        first, *_ = tx.logged(limit=1)
        rest = tx.logged(after=first["seq"])

    assert [entry["body"] for entry in [first, *rest]] == [{"number": n} for n in range(3)]
    assert timedelta(0) <= datetime.fromisoformat(first["at"]) - then < timedelta(minutes=1)


@pytest.mark.parametrize("change", ["UPDATE log SET operation = 'x'", "DELETE FROM log"])
def test_log_refuses_to_be_rewritten_even_from_outside(box: Box, path: Path, change: str) -> None:
    with box.transaction() as tx:
        tx.log("create", {})
    outside = sqlite3.connect(path)

    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        outside.execute(change)

    outside.close()
    with box.transaction() as tx:
        assert len(tx.logged()) == 1


def test_clock_that_was_moved_runs_on_and_survives_a_restart(box: Box, path: Path) -> None:
    then = datetime(2020, 2, 29, tzinfo=UTC)
    box.set_clock(then)

    again = Box(path)
    first, second = box.now(), again.now()
    again.close()

    assert then <= first < second < then + timedelta(minutes=1)


def test_process_killed_inside_a_transaction_keeps_what_it_committed(path: Path) -> None:
    writer = subprocess.Popen(  # noqa: S603 - our own script
        [sys.executable, "-c", _KILLED_MID_WRITE, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    with writer:
        assert writer.stdout
        assert writer.stdout.readline() == b"ready\n"
        os.kill(writer.pid, signal.SIGKILL)

    box = Box(path)
    with box.transaction() as tx:
        assert tx.get("deal", "kept") == {}
        assert tx.get("deal", "lost") is None
        assert len(tx.logged()) == 1
    box.close()


def test_undoes_a_part_that_fails_or_asks_for_it_and_keeps_the_rest(box: Box) -> None:
    with box.transaction() as tx:
        with tx.part():
            tx.put("deal", "kept", {})
            with tx.part() as inner:
                tx.log("create", {"id": "asked"})
                tx.put("deal", "asked", {})
                inner.is_undone = True
        with pytest.raises(TypeError):
            _fail_in_part(tx)

    with box.transaction() as tx:
        kept = [tx.get("deal", key) for key in ("kept", "asked", "failed")]
        assert kept == [{}, None, None]
        assert tx.logged() == []


def _fail_in_part(tx: Transaction) -> None:
    with tx.part():
        tx.put("deal", "failed", {})
        tx.put("deal", "no JSON", {"at": object()})
