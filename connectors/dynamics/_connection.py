"""Opens an environment: an app registered in Entra ID and in F&O."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import httpx
from typing_extensions import override

from canonical.landscape import SystemInstance
from connectors import auth
from connectors.dynamics._client import Dynamics
from connectors.dynamics._faults import VENDOR
from connectors.dynamics._options import Options


class EntraToken(auth.GrantedToken):
    """Client credentials, v2: the scope is the environment itself."""

    def __init__(
        self, url: str, token_url: str, credential: auth.Credential, clock: auth.Clock
    ) -> None:
        super().__init__(VENDOR, clock)
        self._scope = f"{url}/.default"
        self._token_url = token_url
        self._credential = credential

    @override
    def grant_request(self) -> httpx.Request:
        """Return the request for a token; its secret travels in the body."""
        form = {
            "grant_type": "client_credentials",
            "client_id": self._credential["client_id"].get_secret_value(),
            "client_secret": self._credential["client_secret"].get_secret_value(),
            "scope": self._scope,
        }
        return httpx.Request("POST", self._token_url, data=form)


@asynccontextmanager
async def connect(
    instance: SystemInstance,
    credential: auth.Credential,
    *,
    clock: auth.Clock = auth.utc_now,
    transport: httpx.AsyncBaseTransport | None = None,
) -> AsyncGenerator[Dynamics, None]:
    """Open an environment. The credential is `client_id` and `client_secret`.

    Raises:
        ValueError: the instance has an option that we do not know, or a wrong value of one.
    """
    if "hours_decimals" in instance.options:  # time is held by the instance's own
        msg = f"{instance.id}: hours_decimals stands beside the options, not among them"
        raise ValueError(msg)
    options = Options.model_validate(
        {**instance.options, "hours_decimals": instance.hours_decimals}
    )
    url = instance.url.rstrip("/")
    token_url = options.token_url.replace("{tenant}", options.tenant)
    async with httpx.AsyncClient(
        auth=EntraToken(url, token_url, credential, clock),
        base_url=url,
        headers={"Accept": "application/json"},
        timeout=instance.longest_request.total_seconds(),
        transport=transport,
        trust_env=False,
    ) as http_client:
        yield Dynamics(http_client, instance.id, options)
