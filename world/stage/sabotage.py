"""Sabotage: the ERP commits an invoice and keeps its answer to itself, until the worker is dead."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress

import httpx

_POSTING = "postFreeTextInvoice"
_HELD_SECONDS = 30.0
_LOOK_SECONDS = 0.05


@asynccontextmanager
async def lost_answer(
    erp_url: str, kill: Callable[[], None], told: Callable[[str], None]
) -> AsyncGenerator[None]:
    """Within the block, hold the answer to the first posting of an invoice and call `kill`."""
    async with httpx.AsyncClient(base_url=erp_url, timeout=10) as door:
        fault = {"do": "hold", "when": "after", "method": "POST", "path": _POSTING}
        await door.post("/_admin/faults", json={**fault, "seconds": _HELD_SECONDS})
        watching = asyncio.create_task(_strike(door, kill, told))
        try:
            yield
        finally:
            watching.cancel()
            with suppress(asyncio.CancelledError):
                await watching
            await door.delete("/_admin/faults")


async def _strike(
    door: httpx.AsyncClient, kill: Callable[[], None], told: Callable[[str], None]
) -> None:
    faults: list[dict[str, int]] = []
    while not any(fault["hits"] for fault in faults):
        await asyncio.sleep(_LOOK_SECONDS)
        faults = (await door.get("/_admin/faults")).json()
    told("the ERP has committed the invoice and not answered; killing the worker with SIGKILL")
    kill()
