import httpx
import pytest
from temporalio.client import Client

from gateway import app
from gateway.dispatcher import Dispatcher
from store.database import Database
from tests.gateway.messages import doors


async def _said(application: object, path: str) -> tuple[int, dict[str, str]]:
    transport = httpx.ASGITransport(application)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as reader:
        answer = await reader.get(path)
    return answer.status_code, answer.json()


@pytest.mark.parametrize("path", ["/health", "/ready"])
async def test_is_unwell_once_messages_are_not_handed_on(
    path: str, database: Database, nobody: Client
) -> None:
    application = app.build(database, doors(), Dispatcher(nobody, database))
    async with application.router.lifespan_context(application):
        running = await _said(application, path)
    stopped = await _said(application, path)

    assert running[0] == 200
    assert running[1]["dispatcher"] == "ok"
    assert stopped[0] == 503
    assert stopped[1]["dispatcher"] == "messages are not handed on"


async def test_without_its_store_it_lives_and_takes_no_messages(nobody: Client) -> None:
    away = Database("postgresql+psycopg://tiebeam@127.0.0.1:1/tiebeam")
    application = app.build(away, doors(), Dispatcher(nobody, away))
    async with application.router.lifespan_context(application):
        alive, ready = await _said(application, "/health"), await _said(application, "/ready")
    await away.close()

    assert alive == (200, {"status": "ok", "dispatcher": "ok"})
    assert ready[0] == 503
    assert ready[1]["store"] == "the store does not answer"
