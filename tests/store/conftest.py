"""Every store test runs on SQLite and on PostgreSQL."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import delete
from sqlmodel import SQLModel

from store import schema
from store.database import Database
from tests.postgres import Server, postgres

__all__ = ["postgres"]

_KINDS = ["sqlite", "postgresql"]


def _url(kind: str, request: pytest.FixtureRequest, folder: Path) -> str:
    if kind == "sqlite":
        return f"sqlite+aiosqlite:///{folder}/store.db"
    server = request.getfixturevalue("postgres")
    assert isinstance(server, Server)
    return server.create_database()


@pytest_asyncio.fixture(scope="session", loop_scope="session", params=_KINDS)
async def migrated(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Database]:
    """Return a store with every table; one for all tests of a kind."""
    database = Database(_url(request.param, request, tmp_path_factory.mktemp("store")))
    await schema.upgrade(database)
    yield database
    await database.close()


@pytest_asyncio.fixture
async def database(migrated: Database) -> Database:
    """Return a store with every table and no row."""
    async with migrated.transaction() as tx:
        for table in SQLModel.metadata.sorted_tables:
            await tx.exec(delete(table))
    return migrated


@pytest_asyncio.fixture(params=_KINDS)
async def empty(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    """Return a store without a table, for tests of the schema."""
    database = Database(_url(request.param, request, tmp_path))
    yield database
    await database.close()
