import asyncio

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import select

from canonical.contracts import ContractId
from store import counters, slices, trail
from store.database import Database
from store.tables.effects import AuditRow
from store.tables.reference import CounterRow
from tests.fakes import part


async def _value(database: Database) -> int | None:
    async with database.reading() as tx:
        row = await tx.get(CounterRow, "client")
        return row.value if row else None


async def _take(database: Database) -> None:
    async with database.transaction() as tx:
        await counters.following(tx, "client")


async def test_a_transaction_commits_at_its_end(database: Database) -> None:
    async with database.transaction() as tx:
        await counters.following(tx, "client")
        assert await _value(database) is None

    assert await _value(database) == 1


async def test_a_transaction_that_fails_does_nothing(database: Database) -> None:
    """The audit row is rolled back together with the change."""

    async def change_and_fail() -> None:
        async with database.transaction() as tx:
            await counters.following(tx, "client")
            trail.audit(tx, "client.saved", "CL-00001")
            await trail.publish(tx, "client.onboarded", "CL-00001")
            await tx.flush()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await change_and_fail()

    assert await _value(database) is None
    async with database.reading() as tx:
        assert await trail.events(tx) == []
        assert (await tx.exec(select(AuditRow))).all() == []


async def test_an_error_does_not_quote_the_row(database: Database) -> None:
    """R-072: errors end up in histories and logs."""

    async def add() -> None:
        async with database.transaction() as tx:
            await slices.add(tx, [(ContractId("CT-00001"), part(text="between us"))])

    await add()
    with pytest.raises(IntegrityError) as caught:
        await add()

    assert "between us" not in str(caught.value)


async def test_a_reader_sees_one_state_whatever_is_written_meanwhile(database: Database) -> None:
    await _take(database)

    async with database.reading() as tx:
        before = await tx.get(CounterRow, "client")
        await _take(database)
        after = await tx.get(CounterRow, "client", populate_existing=True)

        assert before is not None
        assert after is not None
        assert after.value == 1

    assert await _value(database) == 2


async def test_a_reader_does_not_wait_for_a_writer(database: Database) -> None:
    async with database.transaction() as tx:
        await counters.following(tx, "client")

        assert await asyncio.wait_for(_value(database), timeout=5) is None


async def test_many_writers_take_turns(database: Database) -> None:
    await asyncio.gather(*(_take(database) for _ in range(50)))

    assert await _value(database) == 50
