"""Fixtures that any test may ask for."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment
from typing_extensions import override
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

import settings
from canonical.landscape import Landscape
from console import deployment
from settings import Settings
from store.database import Database
from tests import servers
from tests.tryton_server import fresh_tryton, tryton

__all__ = ["fresh_tryton", "tryton"]

_WHOLE_STACKS = ("scenarios", "bench", "deploy/test_services", "world/tryton")
_TOGETHER = ("connectors/conformance",)  # its table is of one process


class Stacks(LoadScopeScheduling):
    """Lets one worker run whole stacks, which mostly wait, and deals out the others by file."""

    @override
    def _split_scope(self, nodeid: str) -> str:
        name = _name(nodeid)
        if name.startswith(_WHOLE_STACKS):
            return "stacks"
        folders = (folder for folder in _TOGETHER if name.startswith(folder))
        return next(folders, name.partition("::")[0])


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the whole stacks: they take longest."""
    items.sort(key=lambda item: not _name(item.nodeid).startswith(_WHOLE_STACKS))


def _name(nodeid: str) -> str:
    return nodeid.removeprefix("tests/")


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Stacks:
    """Deal the tests out for `-n 2`; xdist's own groups are not heard by pytest 9."""
    return Stacks(config, log)


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
