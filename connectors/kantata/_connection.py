"""Opens a connector to one account."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import httpx

from canonical.landscape import SystemInstance
from connectors import auth, errors
from connectors.kantata._api import VENDOR
from connectors.kantata._client import Kantata
from connectors.kantata._options import Options


@asynccontextmanager
async def connect(
    instance: SystemInstance,
    credential: auth.Credential,
    *,
    clock: auth.Clock = auth.utc_now,
    transport: httpx.AsyncBaseTransport | None = None,
) -> AsyncGenerator[Kantata]:
    """Open an account; the credential is an administrator's `token`, `url` ends before `/api`.

    Raises:
        Unauthorized: the credential has no token.
        ValueError: the instance has an option that we do not know, or a wrong value of one.
    """
    if "token" not in credential:
        raise errors.Unauthorized(VENDOR, "the credential has no token")
    options = Options.model_validate(instance.options)
    async with httpx.AsyncClient(
        base_url=instance.url,
        auth=auth.BearerToken(credential["token"]),
        timeout=instance.longest_request.total_seconds(),
        follow_redirects=False,
        trust_env=False,
        transport=transport,
    ) as http_client:
        yield Kantata(http_client, instance.id, options, clock)
