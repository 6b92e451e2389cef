"""The gateway as a process."""

import signal
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
    """Serve until told to stop, and return once that is done in order."""
    for name in (signal.SIGINT, signal.SIGTERM):
        # uvicorn hears it, ends in order, and then raises it again to end the process.
        signal.signal(name, lambda _name, _frame: None)
    application = app.build(database, doors, Dispatcher(client, database))
    config = uvicorn.Config(application, host=host, port=port, log_config=None, access_log=False)
    await uvicorn.Server(config).serve()
