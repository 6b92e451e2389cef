"""The gateway's application: webhooks in, and whether it is well."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager

from fastapi import FastAPI

from canonical.systems import SystemId
from gateway import webhooks
from gateway.dispatcher import Dispatcher
from gateway.webhooks import Door
from runtime.health import Health, UnwellError, routes
from store.database import Database


def build(database: Database, doors: Mapping[SystemId, Door], dispatcher: Dispatcher) -> FastAPI:
    """Return the application; its dispatcher runs for as long as it does."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncGenerator[None]:
        async with dispatcher.running():
            yield

    app = FastAPI(
        title="Tiebeam gateway", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None
    )
    app.include_router(webhooks.router(database, doors, dispatcher))
    app.router.routes.extend(routes(_health(database, dispatcher)))
    return app


def _health(database: Database, dispatcher: Dispatcher) -> Health:
    """Return what the gateway is looked at by; without Temporal it still takes messages in.

    A message that cannot be handed on is told, and keeps no other message out.
    """

    async def hands_on() -> None:
        if not dispatcher.is_running:
            msg = "messages are not handed on"
            raise UnwellError(msg)

    async def keeps() -> None:
        if not await database.answers():
            msg = "the store does not answer"
            raise UnwellError(msg)

    async def goes_on() -> None:
        trouble = await dispatcher.trouble()
        if trouble:
            raise UnwellError(trouble)

    return Health({"dispatcher": hands_on}, {"store": keeps}, {"messages": goes_on})
