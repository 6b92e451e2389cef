"""How a connector comes to life: one HTTP client with base URL, auth and timeout."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import httpx

from canonical.landscape import SystemInstance
from connectors import auth
from connectors.salesforce._auth import signed_in
from connectors.salesforce._client import Salesforce
from connectors.salesforce._options import Options


@asynccontextmanager
async def connect(
    instance: SystemInstance,
    credential: auth.Credential,
    *,
    clock: auth.Clock = auth.utc_now,
    transport: httpx.AsyncBaseTransport | None = None,
) -> AsyncGenerator[Salesforce]:
    """Open a connector to one org; `instance.url` is its login host or its own domain.

    Raises:
        Unauthorized: the credential lacks a part, or its key is none.
        ValueError: the instance has an option that we do not know, or a wrong value of one, or
            a host that does not grant what the flow asks for.
    """
    options = Options.model_validate(instance.options)
    async with httpx.AsyncClient(
        base_url=instance.url,
        auth=signed_in(instance.url, credential, options, clock),
        headers={"Sforce-Call-Options": f"client={options.client_name}"},
        timeout=instance.longest_request.total_seconds(),
        follow_redirects=False,
        trust_env=False,
        transport=transport,
    ) as http_client:
        yield Salesforce(http_client, instance.id, options, clock)
