"""Dynamics 365's OData as the stage speaks it: sign-in, rows by key, and small filters."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import date
from decimal import Decimal
from typing import Any

import httpx

from world.stage.admin import AdminDoor
from world.stage.calls import TIMEOUT_SECONDS, Calls, Granted
from world.stage.keys import Keys

SYSTEM = "erp-main"
Record = dict[str, Any]


@asynccontextmanager
async def connect(
    url: str, keys: Keys, transport: httpx.AsyncBaseTransport | None
) -> AsyncIterator["Environment"]:
    """Sign in as the registered application."""

    def grant() -> httpx.Request:
        form = {
            "grant_type": "client_credentials",
            "client_id": keys.client_id,
            "client_secret": keys.client_secret,
            "scope": f"{url}/.default",
        }
        return httpx.Request("POST", f"{url}/{keys.tenant}/oauth2/v2.0/token", data=form)

    async with httpx.AsyncClient(
        base_url=url,
        auth=Granted(grant),
        timeout=TIMEOUT_SECONDS,
        trust_env=False,
        transport=transport,
    ) as client:
        yield Environment(Calls(SYSTEM, client))


class Environment:
    """Rows of one environment, of every company."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self.door = AdminDoor(calls)

    async def create(self, entity_set: str, row: Mapping[str, object]) -> Record:
        """Create a row and return it."""
        made: Record = await self._calls.ask("POST", f"/data/{entity_set}", body=dict(row))
        return made

    async def select(
        self, entity_set: str, where: Mapping[str, str | int | None] | None = None
    ) -> list[Record]:
        """Return the rows where every field has the value; a value of None asks for nothing."""
        params = {"cross-company": "true"}
        conditions = [
            f"{name} eq {_literal(value)}"
            for name, value in (where or {}).items()
            if value is not None
        ]
        if conditions:
            params["$filter"] = " and ".join(conditions)
        path: str | None = f"/data/{entity_set}"
        found: list[Record] = []
        while path:
            page = await self._calls.ask("GET", path, params=params)
            found += page["value"]
            path, params = page.get("@odata.nextLink"), {}
        return found

    async def set_company(self, company: Mapping[str, object]) -> None:
        """Set up a company's ledger, for which no entity set is known."""
        await self._calls.ask("PUT", "/_admin/company", body=dict(company))


def noon(day: date) -> str:
    """Return a day as the vendor writes it."""
    return f"{day.isoformat()}T12:00:00Z"


def day(noon: str) -> date:
    """Return the day that the vendor wrote."""
    return date.fromisoformat(noon[:10])


def number(value: object) -> Decimal:
    """Return a number of an answer, whole or not."""
    return Decimal(str(value))


def _literal(value: str | int) -> str:
    if isinstance(value, int):
        return str(value)
    escaped = value.replace("'", "''")
    return f"'{escaped}'"
