"""What an examination of an account looks at. Kantata tells neither quotas nor rights to write."""

from collections.abc import Iterable

import httpx

from canonical.findings import Brief, Finding, broken, doubtful, well
from connectors import errors, examination
from connectors.examination import CREDENTIALS, QUOTA, RIGHTS, Plan
from connectors.kantata import _mapping, _wire
from connectors.kantata._api import Api, drift

_EVERYBODY = {"on_my_account": "true"}
_EMPLOYEES = {"subject_type": "User", "service_name": "hr", "service_model": "Worker"}


class Examination:
    """One examination of one account, over the connector's own calls."""

    def __init__(self, http_client: httpx.AsyncClient, api: Api, brief: Brief) -> None:
        self._http = http_client
        self._api = api
        self._brief = brief
        self._me = ""

    async def carried_out(self) -> tuple[Finding, ...]:
        """Return what is found."""
        plan = Plan(
            path="/api/v1/users/me",
            signs_in=self._sign_in,
            credentials="put the token of an account administrator into `token` of its credentials",
            looks=(
                (RIGHTS, self._rights),
                ("currencies", self._currencies),
                ("roles", self._roles),
                ("people", self._people),
            ),
        )
        return await examination.carried_out(self._http, plan)

    async def _sign_in(self) -> Iterable[Finding]:
        me = await self._api.one("users/me", _wire.Answer)
        self._me = me.results[0].id
        return (well(CREDENTIALS, "the token is accepted"),)

    async def _rights(self) -> Iterable[Finding]:
        query = {"event_types": ",".join(_mapping.NOTICES), "order": "created_at:asc"}
        try:
            await self._api.page("subscribed_events", _wire.Page, query, 1)
        except errors.Unauthorized:
            fix = "use the token of an account administrator: nobody else sees events and all time"
            return (broken(RIGHTS, "the token's user may not read the events", fix),)
        return (
            well(RIGHTS, "reads the events, as administrators do; they may write"),
            well(QUOTA, "Kantata does not tell its limits"),
        )

    async def _currencies(self) -> Iterable[Finding]:
        found = await self._api.currencies()
        fix = "ask Kantata's support, or let another PSA serve the entity"
        return examination.currencies(self._brief, found, fix)

    async def _roles(self) -> Iterable[Finding]:
        names: set[str] = set()
        async for page in self._api.pages("roles", _wire.Roles, {}):
            with drift("a role"):
                names |= {page.roles[found.id].name for found in page.results}
        rows = {row.ours: row for row in self._brief.mappings.rows if row.kind == "role"}
        unmapped = [
            doubtful(
                f"role {name}",
                "is mapped to none of our roles: time under it is held (E06)",
                f'add a row to mappings.toml: kind = "role", ours = "{name}"',
            )
            for name in sorted(names - rows.keys())
        ]
        unused = [
            doubtful(
                f"role {name}",
                "is mapped, and Kantata has no such role",
                f"{rows[name].owner}: create the role in Kantata, or map its name there",
            )
            for name in sorted(rows.keys() - names)
        ]
        return [*unmapped, *unused] or [well("roles", f"each of {len(names)} is mapped")]

    async def _people(self) -> Iterable[Finding]:
        people: set[str] = set()
        async for page in self._api.pages("users", _wire.Page, _EVERYBODY):
            people |= {found.id for found in page.results}
        numbered: set[str] = set()
        async for page in self._api.pages("external_references", _wire.Page, _EMPLOYEES):
            with drift("an employee number"):
                numbered |= _mapping.employees(page).keys()
        without = people - numbered - {self._me}
        if not without:
            return (well("people", "each has an employee number"),)
        fix = "give each an external reference of service hr, model Worker: its employee number"
        found = f"{len(without)} of {len(people)} have no employee number: their time is held (E06)"
        return (doubtful("people", found, fix),)
