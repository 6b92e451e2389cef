"""Tryton's databases: made once, copied from then on, and never half."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from tests.postgres import Server, postgres
from tests.tryton_server import TrytonServer, required
from world.tryton import databases, server
from world.tryton.house import House, TrytonError

__all__ = ["postgres"]

_FEW = ("currency",)  # enough to see that it is one of Tryton's, and soon made
_RESET_SECONDS = 5


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> House:
    """Return a house with the real programs, another module list, and no golden copy yet."""
    required()
    home = tmp_path_factory.mktemp("house")
    (home / "venv").symlink_to(House.here().home / "venv")
    return House(home, _FEW)


@pytest.fixture
def url(postgres: Server) -> str:
    """Return the address of a PostgreSQL server, as one gives it to Tryton."""
    found = postgres.create_database().replace("postgresql+psycopg", "postgresql")
    return found.rpartition("/")[0]


def _activated(file: Path) -> set[str]:
    query = "SELECT name FROM ir_module WHERE state = 'activated'"
    with closing(sqlite3.connect(file)) as connection:
        return {str(name) for (name,) in connection.execute(query)}


def test_a_golden_copy_is_made_once_and_then_copied(few: House, tmp_path: Path) -> None:
    files = databases.of(few, None)
    with pytest.raises(TrytonError, match="no golden copy of these modules yet: run `make tryton`"):
        files.provide(tmp_path)

    files.prepare()
    made = few.golden.stat().st_mtime_ns
    files.prepare()

    assert few.golden.stat().st_mtime_ns == made
    assert [each.name for each in few.golden.parent.iterdir()] == [few.golden.name]
    assert files.provide(tmp_path)
    assert not files.provide(tmp_path)
    assert _activated(tmp_path / "tryton.sqlite") == {"ir", "res", *_FEW}


def test_other_modules_have_another_golden_copy(few: House) -> None:
    assert few.golden.name != House(few.home).golden.name


def test_what_fails_leaves_no_golden_copy(few: House) -> None:
    wrong = House(few.home, ("no_such_module",))

    with pytest.raises(TrytonError, match=r"trytond-admin failed: .*no_such_module"):
        databases.of(wrong, None).prepare()

    assert not wrong.golden.exists()


def test_postgresql_does_the_same(few: House, url: str, tmp_path: Path) -> None:
    with pytest.raises(TrytonError, match="no golden copy"):
        databases.of(House(few.home, ("never", "made")), url).provide(tmp_path)

    found = databases.of(few, url)
    found.prepare()
    found.prepare()

    assert found.provide(tmp_path)
    assert not found.provide(tmp_path)
    found.drop(tmp_path)
    assert found.provide(tmp_path)
    found.drop(tmp_path)


def test_a_database_that_somebody_else_began_is_not_served(
    few: House, url: str, tmp_path: Path
) -> None:
    found = databases.of(few, url)
    found.prepare()
    (tmp_path / "mine").mkdir()
    server.reset(few, found, tmp_path / "mine")

    with pytest.raises(TrytonError, match=r"was not begun from .*theirs .* reset --data"):
        server.serve(few, found, tmp_path / "theirs", 1)

    found.drop(tmp_path)


def test_a_postgresql_that_is_not_there_is_told(few: House) -> None:
    with pytest.raises(TrytonError, match="PostgreSQL failed: "):
        databases.of(few, "postgresql://nobody@127.0.0.1:1/").prepare()


@pytest.fixture
def on_postgresql(url: str, tmp_path: Path) -> Iterator[TrytonServer]:
    required()
    databases.of(House.here(), url).prepare()
    found = TrytonServer(tmp_path / "data", url)
    try:
        yield found
    finally:
        found.kill()


@pytest.mark.prove
def test_every_module_runs_on_postgresql_too(on_postgresql: TrytonServer) -> None:
    on_postgresql.start()
    started = time.monotonic()
    on_postgresql.reset()

    assert time.monotonic() - started < _RESET_SECONDS
    body = {"id": 0, "method": "common.db.list", "params": []}
    listed = httpx.post(f"{on_postgresql.url}/rpc/", json=body, trust_env=False).json()
    assert listed["result"] == ["tryton"]
