"""Kantata's REST API as the stage speaks it: envelopes, pages, and who is calling."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx

from world.stage.admin import AdminDoor
from world.stage.calls import TIMEOUT_SECONDS, Calls

SYSTEM = "psa-main"
Record = dict[str, Any]
_BASE = "/api/v1"
_LARGEST_PAGE = "200"


@asynccontextmanager
async def connect(
    url: str, token: str, transport: httpx.AsyncBaseTransport | None
) -> AsyncIterator["Account"]:
    """Call as the account's administrator, unless a call says as whom."""
    async with httpx.AsyncClient(
        base_url=url, timeout=TIMEOUT_SECONDS, trust_env=False, transport=transport
    ) as client:
        yield Account(Calls(SYSTEM, client), token)


class Account:
    """Records of one account."""

    def __init__(self, calls: Calls, token: str) -> None:
        self._calls = calls
        self._token = token
        self.door = AdminDoor(calls)

    async def all(self, key: str, params: Mapping[str, str]) -> list[Record]:
        """Return every record of an index in its order."""
        found, _ = await self.all_with(key, params)
        return found

    async def all_with(
        self, key: str, params: Mapping[str, str]
    ) -> tuple[list[Record], dict[str, dict[str, Record]]]:
        """Return every record of an index in its order, and what `include` brought, by type."""
        found: list[Record] = []
        beside: dict[str, dict[str, Record]] = {}
        number, last = 1, 1
        while number <= last:
            paged = {**params, "page": str(number), "per_page": _LARGEST_PAGE}
            page = await self._calls.ask(
                "GET", f"{_BASE}/{key}", params=paged, headers=self._signed()
            )
            found += [page[key][result["id"]] for result in page["results"]]
            for kind, records in page.items():
                if isinstance(records, dict) and kind not in (key, "meta"):
                    beside.setdefault(kind, {}).update(records)
            last = page["meta"]["page_count"]
            number += 1
        return found, beside

    async def create(self, key: str, member: str, record: Mapping[str, object]) -> Record:
        """Create a record and return it."""
        return await self.write("POST", key, {member: dict(record)})

    async def write(
        self, method: str, path: str, body: object, *, token: str | None = None
    ) -> Record:
        """Send a change and return the record that it answers with."""
        answer = await self._calls.ask(
            method, f"{_BASE}/{path}", body=body, headers=self._signed(token)
        )
        result = answer["results"][0]
        record: Record = answer[result["key"]][result["id"]]
        return record

    async def join(self, full_name: str, email: str) -> str:
        """Let somebody accept an invitation, for which the vendor has a page only."""
        body = {"full_name": full_name, "email_address": email}
        answer = await self._calls.ask("POST", "/_admin/users", body=body)
        return str(answer["id"])

    def _signed(self, token: str | None = None) -> dict[str, str]:
        return {"Authorization": f"Bearer {token or self._token}"}
