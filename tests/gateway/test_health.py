import httpx
from temporalio.client import Client

from gateway import app
from gateway.dispatcher import Dispatcher
from store.database import Database
from tests.gateway.messages import doors


async def test_says_whether_messages_are_handed_on(database: Database, nobody: Client) -> None:
    application = app.build(database, doors(), Dispatcher(nobody, database))
    transport = httpx.ASGITransport(application)
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as reader:
        async with application.router.lifespan_context(application):
            running = (await reader.get("/health")).json()
        stopped = (await reader.get("/health")).json()

    assert running == {"status": "ok", "dispatcher": "running"}
    assert stopped == {"status": "ok", "dispatcher": "stopped"}
