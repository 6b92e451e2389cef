"""A gateway without a server behind it: what comes in is kept, and waits."""

from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

from gateway import app
from gateway.dispatcher import Dispatcher
from store.database import Database
from tests.gateway.messages import doors


@pytest_asyncio.fixture
async def nobody() -> Client:
    """Return a client of a server that is not there."""
    return await Client.connect("127.0.0.1:1", lazy=True, data_converter=pydantic_data_converter)


@pytest_asyncio.fixture
async def web(database: Database, nobody: Client) -> AsyncIterator[httpx.AsyncClient]:
    """Return a sender in front of the gateway."""
    application = app.build(database, doors(), Dispatcher(nobody, database))
    transport = httpx.ASGITransport(application, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as sender:
        yield sender


@pytest.fixture
def subject() -> str:
    """Return an id of Salesforce, in its full form."""
    return "0065f00000A1b2CAAR"
