"""Salesforce's REST API as the stage speaks it: sign-in, rows, and simple queries."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from joserfc import jwk, jwt

from world.stage.admin import AdminDoor
from world.stage.calls import TIMEOUT_SECONDS, Calls, Granted
from world.stage.keys import Keys

SYSTEM = "crm-main"
Record = dict[str, Any]
Wanted = str | bool | Sequence[str]
_DATA = "/services/data/v60.0"
_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_LIFETIME = timedelta(minutes=2)


@asynccontextmanager
async def connect(
    url: str, keys: Keys, transport: httpx.AsyncBaseTransport | None
) -> AsyncIterator["Org"]:
    """Sign in as the connected app's user."""

    def grant() -> httpx.Request:
        expires = int((datetime.now(UTC) + _LIFETIME).timestamp())
        claims = {"iss": keys.consumer_key, "sub": keys.username, "aud": url, "exp": expires}
        key = jwk.RSAKey.import_key(keys.private_key_pem)
        assertion = jwt.encode({"alg": "RS256"}, claims, key)
        form = {"grant_type": _GRANT, "assertion": assertion}
        return httpx.Request("POST", f"{url}/services/oauth2/token", data=form)

    async with httpx.AsyncClient(
        base_url=url,
        auth=Granted(grant),
        timeout=TIMEOUT_SECONDS,
        trust_env=False,
        transport=transport,
    ) as client:
        yield Org(Calls(SYSTEM, client))


class Org:
    """Rows of one org."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self.door = AdminDoor(calls)

    async def get(self, sobject: str, key: str) -> Record:
        """Return a row."""
        found: Record = await self._calls.ask("GET", f"{_DATA}/sobjects/{sobject}/{key}")
        return found

    async def create(self, sobject: str, record: Mapping[str, object]) -> str:
        """Create a row and return its id."""
        path = f"{_DATA}/sobjects/{sobject}"
        answer = await self._calls.ask("POST", path, body=dict(record))
        return str(answer["id"])

    async def update(self, sobject: str, key: str, record: Mapping[str, object]) -> None:
        """Change a row."""
        await self._calls.ask("PATCH", f"{_DATA}/sobjects/{sobject}/{key}", body=dict(record))

    async def select(
        self,
        sobject: str,
        columns: Sequence[str],
        where: Mapping[str, Wanted],
        *,
        order: str = "Id",
    ) -> list[Record]:
        """Return the rows where every column has the value, or one of the values."""
        conditions = " AND ".join(_condition(name, value) for name, value in where.items())
        parts = ("SELECT", ", ".join(columns), "FROM", sobject, "WHERE", conditions, "ORDER BY")
        soql = " ".join((*parts, order))
        page = await self._calls.ask("GET", f"{_DATA}/query", params={"q": soql})
        found: list[Record] = page["records"]
        while not page["done"]:
            page = await self._calls.ask("GET", page["nextRecordsUrl"])
            found += page["records"]
        return found

    async def unacknowledged(self) -> list[Record]:
        """Return the outbound messages that still wait."""
        found: list[Record] = await self._calls.ask("GET", "/_admin/outbound")
        return found


def _condition(column: str, value: Wanted) -> str:
    if isinstance(value, bool):
        return f"{column} = {str(value).lower()}"
    if isinstance(value, str):
        return f"{column} = {_text(value)}"
    return f"{column} IN ({', '.join(_text(item) for item in value)})"


def _text(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
