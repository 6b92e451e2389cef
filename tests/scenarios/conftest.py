"""One stack for every story, and one in which the ERP is real."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

import starter
from tests import tryton_server
from tests.scenarios import stage


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[starter.Running]:
    async with stage.stack(tmp_path_factory.mktemp("stack")) as (found, _):
        yield found


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def on_tryton(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[starter.Running]:
    tryton_server.required()
    async with stage.stack(tmp_path_factory.mktemp("stack"), erp="tryton") as (found, _):
        yield found
