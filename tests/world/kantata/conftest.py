from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest_asyncio

from tests.world.kantata.firm import Firm
from world.sandboxes.box import Box
from world.sandboxes.kantata import sandbox


@pytest_asyncio.fixture
async def firm(tmp_path: Path) -> AsyncIterator[Firm]:
    box = Box(tmp_path / "kantata.db")
    transport = httpx.ASGITransport(sandbox(box))
    async with httpx.AsyncClient(transport=transport, base_url="http://kantata.test") as http:
        firm = Firm(http)
        await firm.clock("2026-01-15T12:00:00Z")
        yield firm
    box.close()
