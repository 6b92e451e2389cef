"""One stack for every story, and one in which the ERP is real."""

from collections.abc import AsyncIterator
from pathlib import Path

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


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[starter.Running]:
    """Return a stack that may be made ill for a while, because nothing else uses it."""
    async with stage.stack(tmp_path_factory.mktemp("patient")) as (found, _):
        yield found


@pytest.fixture(scope="session")
def folder(stack: starter.Running) -> Path:
    """Return the state of that stack."""
    return stack.config.credentials.parent
