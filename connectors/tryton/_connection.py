"""Opens a database as one of its users."""

import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import httpx

from canonical.landscape import SystemInstance
from connectors import auth
from connectors.tryton._client import Tryton
from connectors.tryton._kept import Clock
from connectors.tryton._options import Options
from connectors.tryton._session import Session


@asynccontextmanager
async def connect(
    instance: SystemInstance,
    credential: auth.Credential,
    *,
    clock: Clock = time.monotonic,
    transport: httpx.AsyncBaseTransport | None = None,
) -> AsyncGenerator[Tryton, None]:
    """Open a database. The credential is `user` and `password`.

    Raises:
        ValueError: the instance has an option that we do not know, or lacks an account.
    """
    options = Options.model_validate(instance.options)
    url = instance.url.rstrip("/")
    session = Session(f"{url}/{options.database}/rpc/", credential["user"], credential["password"])
    async with httpx.AsyncClient(
        auth=session,
        base_url=url,
        headers={"Accept": "application/json"},
        timeout=instance.longest_request.total_seconds(),
        transport=transport,
        trust_env=False,
    ) as http_client:
        yield Tryton(http_client, instance.id, options, clock)
