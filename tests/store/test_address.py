import subprocess
import sys

import pytest
from sqlalchemy.engine import make_url

from store import address
from store.address import StoreError
from store.database import Database
from tests.architecture.trees import ROOT
from tests.postgres import Server


@pytest.mark.parametrize(
    ("typed", "driver"),
    [
        ("postgresql://firm@db.firm.test/tiebeam", "postgresql+psycopg"),
        ("postgres://firm:sesame@db.firm.test:5433/tiebeam?sslmode=require", "postgresql+psycopg"),
        ("postgresql+psycopg://firm@db.firm.test/tiebeam", "postgresql+psycopg"),
        ("postgresql:///tiebeam?host=/run/postgresql", "postgresql+psycopg"),
        ("sqlite:///store.db", "sqlite+aiosqlite"),
        ("sqlite+aiosqlite:////var/lib/tiebeam/store.db", "sqlite+aiosqlite"),
    ],
)
def test_what_people_type_finds_its_driver(typed: str, driver: str) -> None:
    url = address.parse(typed)

    assert url.drivername == driver
    assert (url.host, url.port, url.query) == (
        make_url(typed).host,
        make_url(typed).port,
        make_url(typed).query,
    )


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("store.db", "is no URL: it looks like postgresql://USER@HOST:PORT/DATABASE or sqlite"),
        ("postgresql://firm@db.firm.test:port/tiebeam", "is no URL"),
        ("mysql://firm@db.firm.test/tiebeam", "no store is kept in 'mysql'"),
        ("postgresql+asyncpg://db.firm.test/tiebeam", "no store is kept in 'postgresql.asyncpg'"),
        ("postgresql://firm:sesame@db.firm.test", "names no database"),
        ("sqlite://", "names no database"),
    ],
)
def test_what_is_no_address_is_told_what_one_looks_like(typed: str, says: str) -> None:
    with pytest.raises(StoreError, match=says) as caught:
        address.parse(typed)

    assert "sesame" not in str(caught.value)


@pytest.mark.parametrize(
    "typed",
    ["postgresql://firm:sesame@db/tiebeam", "postgresql://db/tiebeam?user=firm&password=sesame"],
)
def test_a_password_is_seen_and_never_shown(typed: str) -> None:
    assert address.has_password(typed)
    assert not address.has_password("postgresql://firm@db/tiebeam")
    assert "sesame" not in address.shown(address.parse(typed))


async def _refused(url: str) -> str:
    database = Database(url)
    with pytest.raises(StoreError) as caught:
        await database.reach()
    await database.close()
    return str(caught.value)


async def test_a_server_that_does_not_answer_is_named(postgres: Server) -> None:
    del postgres
    said = await _refused("postgresql://firm:sesame@127.0.0.1:1/tiebeam")

    assert said.startswith("cannot open postgresql://firm@127.0.0.1:1/tiebeam: ")
    assert "Connection refused. Is the database running, and its host right?" in said
    assert "sesame" not in said


async def test_a_database_that_does_not_exist_is_to_be_created(postgres: Server) -> None:
    there = postgres.create_database().replace("tiebeam@", "tiebeam:sesame@")
    url = make_url(there).set(database="nowhere")

    said = await _refused(url.render_as_string(hide_password=False))

    assert 'database "nowhere" does not exist. Create it first (createdb)' in said
    assert "sesame" not in said


async def test_a_user_that_does_not_exist_is_told(postgres: Server) -> None:
    url = make_url(postgres.create_database()).set(username="stranger")

    assert 'role "stranger" does not exist' in await _refused(url.render_as_string())


async def test_a_file_without_its_folder_is_told() -> None:
    assert "Create its folder" in await _refused("sqlite:////nowhere/store.db")


def test_a_driver_that_is_not_installed_is_named() -> None:
    program = """
import sys
sys.modules["psycopg"] = None
from store.address import StoreError
from store.database import Database
try:
    Database("postgresql://firm@127.0.0.1/tiebeam")
except StoreError as exc:
    print(exc)
"""
    command = [sys.executable, "-c", program]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603 - our own program

    assert ended.stdout == ("PostgreSQL needs its driver: pip install 'tiebeam[postgresql]'\n")
