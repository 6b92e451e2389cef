"""The gateway's application: webhooks in, and whether it is well."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager

from fastapi import FastAPI

from canonical.systems import SystemId
from gateway import webhooks
from gateway.dispatcher import Dispatcher
from gateway.webhooks import Door
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

    @app.get("/health")
    async def health() -> dict[str, str]:
        """Say that the gateway runs and that messages are handed on."""
        return {"status": "ok", "dispatcher": "running" if dispatcher.is_running else "stopped"}

    return app
