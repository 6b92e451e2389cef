"""Sabotage: the ERP commits an invoice and keeps its answer to itself, until the worker is dead."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import asynccontextmanager, suppress

import httpx

from world.stage.calls import StageError
from world.stage.ledgers import Ledger

_POSTING = {"dynamics": "postFreeTextInvoice"}  # by vendor: only a sandbox can be told to
_HELD_SECONDS = 30.0
_LOOK_SECONDS = 0.05


@asynccontextmanager
async def lost_answer(
    ledgers: Iterable[Ledger], kill: Callable[[], None], told: Callable[[str], None]
) -> AsyncGenerator[None]:
    """Within the block, hold the answer to the first posting of an invoice and call `kill`.

    Raises:
        StageError: no ERP can be told to.
    """
    able = [ledger for ledger in ledgers if ledger.vendor in _POSTING]
    if not able:
        message = "only a sandbox can be told to keep an answer: leave out --kill-worker"
        raise StageError(message)
    async with httpx.AsyncClient(base_url=able[0].url, timeout=10) as door:
        path = _POSTING[able[0].vendor]
        fault = {"do": "hold", "when": "after", "method": "POST", "path": path}
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
