"""Fixtures that any test may ask for."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

import settings
from canonical.landscape import Landscape
from console import deployment
from settings import Settings
from store.database import Database
from tests import servers
from tests.tryton_server import fresh_tryton, tryton

__all__ = ["fresh_tryton", "tryton"]

_WHOLE_STACKS = ("scenarios", "bench", "deploy/test_services", "world/tryton")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let `-n 2` run whole stacks, which mostly wait, beside everything else, in that order."""
    tests = Path(__file__).parent
    for item in items:
        is_whole = item.path.relative_to(tests).as_posix().startswith(_WHOLE_STACKS)
        item.add_marker(pytest.mark.xdist_group("stacks" if is_whole else "parts"))


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def temporal() -> AsyncIterator[WorkflowEnvironment]:
    async with await servers.temporal() as environment:
        yield environment


@pytest.fixture
def client(temporal: WorkflowEnvironment) -> Client:
    return temporal.client


@pytest.fixture(scope="session")
def landscape() -> Landscape:
    """Return the shipped landscape: entities USMF and DEMF on one CRM, PSA and ERP."""
    return settings.load_landscape(Settings().landscape)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def prepared_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file of a store with every table and the shipped mappings; copy it."""
    file = tmp_path_factory.mktemp("store") / "store.db"
    database = Database(f"sqlite+aiosqlite:///{file}")
    await deployment.prepare_store(database, settings.load_mappings(Settings().mappings))
    await database.close()
    return file


@pytest_asyncio.fixture
async def database(prepared_store: Path, tmp_path: Path) -> AsyncIterator[Database]:
    """Return a store of the test's own, with the shipped mappings and nothing else."""
    file = shutil.copy(prepared_store, tmp_path / "store.db")
    database = Database(f"sqlite+aiosqlite:///{file}")
    yield database
    await database.close()
