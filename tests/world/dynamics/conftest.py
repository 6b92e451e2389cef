import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from tests.world.dynamics.firm import Firm, set_up
from world.sandboxes.box import Box
from world.sandboxes.dynamics import sandbox


@asynccontextmanager
async def _open(data: Path) -> AsyncIterator[Firm]:
    box = Box(data)
    transport = httpx.ASGITransport(sandbox(box))
    async with httpx.AsyncClient(transport=transport, base_url="http://erp.test") as http:
        yield Firm(http)
    box.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def set_up_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("dynamics") / "erp.db"
    async with _open(data) as firm:
        await set_up(firm)
    return data


@pytest_asyncio.fixture
async def firm(set_up_once: Path, tmp_path: Path) -> AsyncIterator[Firm]:
    """A firm that is set up, at noon of 15 March 2026."""
    data = Path(shutil.copy(set_up_once, tmp_path / "erp.db"))
    async with _open(data) as firm:
        await firm.clock("2026-03-15T12:00:00Z")
        await firm.sign_in()
        yield firm


@pytest_asyncio.fixture
async def stranger(tmp_path: Path) -> AsyncIterator[Firm]:
    """An environment in which nothing is set up, and nobody signed in."""
    async with _open(tmp_path / "erp.db") as firm:
        yield firm
