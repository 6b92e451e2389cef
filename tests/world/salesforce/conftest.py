"""An org in this process."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest_asyncio

from tests.world.salesforce.house import APP, Org, public_pem
from world.sandboxes.box import Box
from world.sandboxes.salesforce import sandbox


@pytest_asyncio.fixture
async def org(tmp_path: Path) -> AsyncIterator[Org]:
    box = Box(tmp_path / "org.db")
    transport = httpx.ASGITransport(sandbox(box))
    async with httpx.AsyncClient(transport=transport, base_url="http://org.example") as client:
        org = Org(client)
        await org.set_up(certificate_pem=public_pem(), **APP)
        await org.sign_in()
        yield org
    box.close()
