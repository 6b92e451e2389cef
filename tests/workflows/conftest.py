"""The house that most tests of processes live in."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from temporalio.client import Client

from canonical.landscape import Landscape
from tests.workflows.house import House, housed
from tests.workflows.slow_store import SlowStore


@pytest_asyncio.fixture
async def database(prepared_store: Path, tmp_path: Path) -> AsyncIterator[SlowStore]:
    file = shutil.copy(prepared_store, tmp_path / "store.db")
    database = SlowStore(f"sqlite+aiosqlite:///{file}")
    yield database
    await database.close()


@pytest_asyncio.fixture
async def house(client: Client, database: SlowStore, landscape: Landscape) -> AsyncIterator[House]:
    async with housed(client, database, landscape) as house:
        yield house
