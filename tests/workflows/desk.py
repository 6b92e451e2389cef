"""What people do with the first draft of a house, as the command line does it."""

from contextlib import suppress
from typing import Any

from activities.prebill import Edit, Hold, Reject
from canonical.entries import TimeEntry
from console import prebill
from console.prebill import NotChangedError
from tests.workflows.house import House
from tests.workflows.waiting import card, started, until


def reference(house: House, cycle: int = 1) -> str:
    return f"{house.contract}/{cycle}/1"


async def shown(house: House, cycle: int = 1) -> dict[str, Any]:
    return await prebill.read(house.database, reference(house, cycle))


async def waiting(house: House, cycle: int = 1) -> str:
    """Wait until the draft waits for an approval as it stands, and return its hash."""

    async def look() -> str | None:
        with suppress(NotChangedError):  # it is not drafted yet
            content = str((await shown(house, cycle))["content_hash"])
            return content if content in await card(house.issue(cycle)) else None
        return None

    await started(house.issue(cycle))
    return await until(look)


async def edit(house: House, *, by: str = "person-1", text: str = "Advice") -> str:
    seen = str((await shown(house))["content_hash"])
    wish = Edit(line=1, text=text, content_hash=seen, reason="the client asked")
    return await prebill.change(house.client, house.database, reference(house), by, wish)


async def hold(house: House, entry: TimeEntry, *, by: str = "person-1") -> str:
    wish = Hold(source=entry.key, reason="wrong week")
    return await prebill.change(house.client, house.database, reference(house), by, wish)


async def reject(house: House, *, by: str = "person-1") -> str:
    wish = Reject(reason="the rates are wrong")
    return await prebill.change(house.client, house.database, reference(house), by, wish)


async def release(house: House, entry: TimeEntry, *, by: str = "person-1") -> str:
    return await prebill.release(house.database, house.landscape, reference(house), entry.key, by)


async def approve(
    house: House, *, by: str = "person-7", seen: str | None = None, cycle: int = 1
) -> None:
    """Approve the draft as it is shown, or as it was seen before."""
    content = seen or str((await shown(house, cycle))["content_hash"])
    await prebill.approve(house.client, house.database, reference(house, cycle), by, content)
