"""The house that most tests of processes live in."""

from collections.abc import AsyncIterator

import pytest_asyncio
from temporalio.client import Client

from canonical.landscape import Landscape
from store.database import Database
from tests.workflows.house import House, housed


@pytest_asyncio.fixture
async def house(client: Client, database: Database, landscape: Landscape) -> AsyncIterator[House]:
    async with housed(client, database, landscape) as house:
        yield house
