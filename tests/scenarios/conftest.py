"""One stack for every story."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

import starter
from tests.scenarios import stage


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[starter.Running]:
    async with stage.stack(tmp_path_factory.mktemp("stack")) as (found, _):
        yield found
