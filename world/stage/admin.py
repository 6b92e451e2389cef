"""The admin door of a sandbox: what a person would do in the vendor's own pages."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, time
from typing import Any

from world.stage.calls import Calls

_NOON = time(12, tzinfo=UTC)  # the same day in every place where the firm works


class AdminDoor:
    """The door of one sandbox."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def today(self) -> date:
        """Return the day that the sandbox's clock shows, in UTC."""
        health = await self._calls.ask("GET", "/_admin/health")
        return datetime.fromisoformat(health["now"]).astimezone(UTC).date()

    async def move_clock(self, day: date) -> None:
        """Move the clock to noon of a day, unless it shows that day already."""
        if await self.today() != day:
            now = datetime.combine(day, _NOON).isoformat()
            await self._calls.ask("PUT", "/_admin/clock", body={"now": now})

    async def settings(self) -> dict[str, Any]:
        """Return the settings in force."""
        found: dict[str, Any] = await self._calls.ask("GET", "/_admin/settings")
        return found

    async def change_settings(self, changes: dict[str, Any]) -> None:
        """Change settings; the others stay."""
        await self._calls.ask("PUT", "/_admin/settings", body=changes)

    async def log(self, after: int = 0) -> AsyncIterator[dict[str, Any]]:
        """Yield what the sandbox has accepted after an entry of its log, the oldest first."""
        while page := await self._calls.ask("GET", "/_admin/log", params={"after": str(after)}):
            for entry in page:
                yield entry
                after = entry["seq"]

    async def outbound(self) -> list[dict[str, Any]]:
        """Return the messages that wait for an acknowledgment."""
        found: list[dict[str, Any]] = await self._calls.ask("GET", "/_admin/outbound")
        return found

    async def activate_events(self, wanted: list[dict[str, str]]) -> None:
        """Activate exactly these business events, each with its endpoint's url."""
        await self._calls.ask("PUT", "/_admin/business_events", body=wanted)

    async def invite(self, full_name: str, email: str) -> str:
        """Let somebody accept an invitation, and return the id of the new user."""
        body = {"full_name": full_name, "email_address": email}
        user = await self._calls.ask("POST", "/_admin/users", body=body)
        return str(user["id"])

    async def set_company(self, company: dict[str, Any]) -> None:
        """Set up the ledger of a legal entity."""
        await self._calls.ask("PUT", "/_admin/company", body=company)
