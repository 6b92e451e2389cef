"""The steps that others meet at the same rows run on SQLite and on PostgreSQL."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

import settings
from console import deployment
from settings import Settings
from store.database import Database
from tests.postgres import Server, postgres

__all__ = ["postgres"]


_ON_BOTH = ("test_cutting", "test_effects", "test_lanes")
_TEMPLATES: dict[Server, str] = {}


async def _template(server: Server) -> str:
    """Return the address of a database with every table and the shipped mappings; copy it."""
    if server not in _TEMPLATES:
        url = server.create_database()
        database = Database(url)
        await deployment.prepare_store(database, settings.load_mappings(Settings().mappings))
        await database.close()
        _TEMPLATES[server] = url
    return _TEMPLATES[server]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run the tests of some modules on both databases."""
    if "database" in metafunc.fixturenames and metafunc.module.__name__.endswith(_ON_BOTH):
        metafunc.parametrize("database", ["sqlite", "postgresql"], indirect=True)


@pytest_asyncio.fixture
async def database(
    request: pytest.FixtureRequest, prepared_store: Path, tmp_path: Path
) -> AsyncIterator[Database]:
    """Return a store of the test's own, with the shipped mappings and nothing else."""
    if getattr(request, "param", "sqlite") == "sqlite":
        file = shutil.copy(prepared_store, tmp_path / "store.db")
        url = f"sqlite+aiosqlite:///{file}"
    else:
        server = request.getfixturevalue("postgres")
        url = server.create_database(await _template(server))
    database = Database(url)
    yield database
    await database.close()
