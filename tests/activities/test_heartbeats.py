"""While a write is under way the server hears of it, and only then."""

import asyncio

import pytest
from temporalio.testing import ActivityEnvironment

from activities import effects
from activities.effects import Effect, Effects, Kind
from canonical.systems import ForeignId
from connectors import errors
from store.database import Database
from tests.activities import house
from tests.fakes import ERP, foreign

MADE = foreign(ERP, "1")


class _Server:
    """Hears the heartbeats of one step."""

    def __init__(self) -> None:
        self.heard = asyncio.Event()
        self.environment = ActivityEnvironment()
        self.environment.on_heartbeat = lambda *_: self.heard.set()

    async def perform(self, database: Database, send: effects.Send) -> ForeignId:
        effect = Effect(
            kind=Kind.JOURNAL_POST,
            key="batch/1/journal.post",
            system=ERP,
            content=house.LANE,
            send=send,
            resolve=effects.send_again,
        )
        return await self.environment.run(Effects(database).once, effect)


async def test_a_write_under_way_is_heard_of(database: Database) -> None:
    server = _Server()

    async def send() -> ForeignId:
        await asyncio.wait_for(server.heard.wait(), timeout=5)
        return MADE

    assert await server.perform(database, send) == MADE


async def test_a_failed_write_falls_silent(database: Database) -> None:
    running = asyncio.all_tasks()
    throttled = errors.Transient("fake", "POST answered 429")

    async def send() -> ForeignId:
        raise throttled

    with pytest.raises(errors.Transient):
        await _Server().perform(database, send)
    assert asyncio.all_tasks() == running


async def test_a_step_told_to_stop_stops_and_falls_silent(database: Database) -> None:
    running = asyncio.all_tasks()
    sending = asyncio.Event()

    async def send() -> ForeignId:
        sending.set()
        await asyncio.Event().wait()
        return MADE

    step = asyncio.create_task(_Server().perform(database, send))
    await sending.wait()
    step.cancel()

    with pytest.raises(asyncio.CancelledError):
        await step
    assert asyncio.all_tasks() == running
    assert await house.states(database) == {"batch/1/journal.post": "sent"}
