"""Approved time in bulk: entered, submitted and approved through the PSA's own API."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import date, timedelta
from typing import Any

import httpx

from bench.house import TODAY, House
from world.stage.calls import TIMEOUT_SECONDS, Calls
from world.stage.kantata_api import SYSTEM, Account

_BASE = "/api/v1"
_AT_ONCE = 100  # what the PSA takes in one request
_QUARTER = 15  # minutes: hours that any ERP keeps exactly
_LONGEST = 32  # quarters of an hour
_WORKERS = ("kim", "ravi")
_ROLE = "CONSULTANT"


@asynccontextmanager
async def opened(house: House) -> AsyncGenerator["Timesheets"]:
    """Sign in, and learn the PSA's ids of the people and of their role."""
    running, firm = house.running, house.script.firm
    async with httpx.AsyncClient(
        base_url=running.theater.urls.psa, timeout=TIMEOUT_SECONDS, trust_env=False
    ) as client:
        calls, token = Calls(SYSTEM, client), running.theater.keys.kantata_tokens[0]
        account = Account(calls, token)
        users = {
            user["email_address"]: user["id"]
            for user in await account.all("users", {"on_my_account": "true"})
        }
        roles = {role["name"]: role["id"] for role in await account.all("roles", {})}
        workers = [users[firm.people[who].email] for who in _WORKERS]
        yield Timesheets(calls, token, workers, roles[firm.roles[_ROLE].name])


class Timesheets:
    """People who enter time as one role, and somebody who approves it."""

    def __init__(self, calls: Calls, token: str, workers: Sequence[str], role: str) -> None:
        self._calls = calls
        self._signed = {"Authorization": f"Bearer {token}"}
        self._users = workers
        self._role = role

    async def approve(self, workspace: str, entries: int, *, size: int) -> int:
        """Enter time and approve it, at most `size` entries a timesheet; return how many those are.

        Nothing is submitted before all is entered, and nothing approved before all is submitted.
        """
        keys = [
            await self._enter(workspace, number, min(size, entries - start))
            for number, start in enumerate(range(0, entries, size))
        ]
        sheets = [await self._submit(workspace, number, items) for number, items in enumerate(keys)]
        for sheet in sheets:
            body = {"resolution": {"description": "Approved"}}
            await self._ask("PUT", f"timesheet_submissions/{sheet}/approve", body)
        return len(sheets)

    async def _enter(self, workspace: str, sheet: int, entries: int) -> Sequence[str]:
        made: list[str] = []
        days = _workdays(entries)
        while len(made) < entries:
            rows = [
                {
                    "workspace_id": workspace,
                    "user_id": self._users[sheet % len(self._users)],
                    "role_id": self._role,
                    "date_performed": days[number].isoformat(),
                    "time_in_minutes": _QUARTER * (1 + number % _LONGEST),
                    "billable": True,
                    "notes": f"Work package {number}",
                }
                for number in range(len(made), min(len(made) + _AT_ONCE, entries))
            ]
            answer = await self._ask("POST", "time_entries", {"time_entries": rows})
            made += [result["id"] for result in answer["results"]]
        return made

    async def _submit(self, workspace: str, sheet: int, items: Sequence[str]) -> str:
        submission = {
            "workspace_id": workspace,
            "user_id": self._users[sheet % len(self._users)],
            "title": f"Timesheet {sheet}",
            "line_item_ids": list(items),
        }
        body = {"timesheet_submission": submission}
        answer = await self._ask("POST", "timesheet_submissions", body)
        return str(answer["results"][0]["id"])

    async def _ask(self, method: str, path: str, body: object) -> Any:  # noqa: ANN401 - any JSON
        return await self._calls.ask(method, f"{_BASE}/{path}", body=body, headers=self._signed)


def _workdays(entries: int) -> Sequence[date]:
    first = TODAY - timedelta(days=60)
    days = [first + timedelta(days=number) for number in range(61)]
    workdays = [day for day in days if day.isoweekday() <= 5]  # noqa: PLR2004 - Friday
    return [day for _ in range(1 + entries // len(workdays)) for day in workdays]
