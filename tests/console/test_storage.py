"""Where an embedded stack keeps its store, and what it refuses to keep it in."""

import stat
from pathlib import Path

import pytest

import settings
from canonical.landscape import Landscape
from canonical.systems import ForeignId
from console import embedded, storage
from console.embedded import Ports
from console.storage import OtherStoreError
from settings import Settings
from store import engagements, schema
from store.address import StoreError
from store.database import Database
from tests.fakes import CRM
from tests.postgres import Server, postgres

__all__ = ["postgres"]

_AWAY = "postgresql://firm@db.firm.test/tiebeam"


def _begin(state: Path, landscape: Landscape, database: str | None) -> str:
    ports = Ports.of(landscape, 9000)
    embedded.environment(state, ports, Settings().landscape, landscape, database)
    return settings.of_stack(state).store_url


def test_a_database_is_kept_for_later_commands(landscape: Landscape, tmp_path: Path) -> None:
    kept = _begin(tmp_path, landscape, "postgres://firm:sesame@db.firm.test/tiebeam")

    assert kept == "postgresql+psycopg://firm:sesame@db.firm.test/tiebeam"
    assert stat.S_IMODE((tmp_path / "env").stat().st_mode) == 0o600
    assert "sesame" not in repr(settings.of_stack(tmp_path))


def test_a_state_keeps_the_store_that_it_was_begun_with(
    landscape: Landscape, tmp_path: Path
) -> None:
    kept = _begin(tmp_path, landscape, _AWAY)

    assert storage.chosen(tmp_path, None) == kept
    assert storage.chosen(tmp_path, _AWAY.replace("//firm@", "//firm:sesame@")).count("sesame") == 1
    with pytest.raises(OtherStoreError, match=f"was begun with its store in {_AWAY}: leave out"):
        storage.chosen(tmp_path, "postgresql://firm@db.firm.test/other")


def test_a_state_on_sqlite_stays_there(landscape: Landscape, tmp_path: Path) -> None:
    kept = _begin(tmp_path, landscape, None)
    (tmp_path / "store.db").touch()

    assert storage.chosen(tmp_path, None) == kept == f"sqlite+aiosqlite:///{tmp_path}/store.db"
    with pytest.raises(OtherStoreError, match="was begun with its store in sqlite:"):
        storage.chosen(tmp_path, _AWAY)


def test_a_state_that_never_came_up_may_begin_elsewhere(
    landscape: Landscape, tmp_path: Path
) -> None:
    _begin(tmp_path, landscape, None)

    assert storage.chosen(tmp_path, _AWAY).endswith("@db.firm.test/tiebeam")


def test_no_password_is_an_argument() -> None:
    storage.refuse_password(None)
    storage.refuse_password(_AWAY)

    with pytest.raises(OtherStoreError, match="put the whole address into TIEBEAM_DATABASE") as it:
        storage.refuse_password("postgresql://firm:sesame@db.firm.test/tiebeam")

    assert "sesame" not in str(it.value)


async def test_a_new_stack_refuses_a_database_with_work_of_another(
    postgres: Server, tmp_path: Path
) -> None:
    url = postgres.create_database()
    await storage.refuse_unusable(tmp_path, url)
    database = Database(url)
    await schema.upgrade(database)
    await storage.refuse_unusable(tmp_path, url)
    async with database.transaction() as tx:
        await engagements.claim(tx, ForeignId(system=CRM, value="006A"))
    await database.close()

    with pytest.raises(OtherStoreError, match="holds the work of another stack"):
        await storage.refuse_unusable(tmp_path, url)


async def test_a_database_that_is_away_is_told_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="Is the database running"):
        await storage.refuse_unusable(tmp_path, "postgresql+psycopg://firm@127.0.0.1:1/tiebeam")
