"""The gateway as a process."""

from collections.abc import Mapping

import uvicorn
from temporalio.client import Client

from canonical.systems import SystemId
from gateway import app
from gateway.dispatcher import Dispatcher
from gateway.webhooks import Door
from store.database import Database


async def serve(
    client: Client, database: Database, doors: Mapping[SystemId, Door], host: str, port: int
) -> None:
    """Serve until told to stop."""
    application = app.build(database, doors, Dispatcher(client, database))
    config = uvicorn.Config(application, host=host, port=port, log_config=None, access_log=False)
    await uvicorn.Server(config).serve()
