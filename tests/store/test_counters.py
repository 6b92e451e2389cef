import asyncio

import pytest

from store import counters
from store.database import Database


async def _take(database: Database, name: str = "client") -> int:
    async with database.transaction() as tx:
        return await counters.following(tx, name)


async def test_numbers_begin_at_one_and_follow_each_other(database: Database) -> None:
    assert [await _take(database) for _ in range(3)] == [1, 2, 3]


async def test_each_name_has_its_own_numbers(database: Database) -> None:
    await _take(database, "client")

    assert await _take(database, "contract") == 1


async def test_one_transaction_may_take_several(database: Database) -> None:
    async with database.transaction() as tx:
        taken = [await counters.following(tx, "client") for _ in range(3)]

    assert taken == [1, 2, 3]


async def test_twenty_at_once_get_twenty_numbers(database: Database) -> None:
    taken = await asyncio.gather(*(_take(database) for _ in range(20)))

    assert sorted(taken) == list(range(1, 21))


async def test_two_processes_get_different_numbers(database: Database) -> None:
    """Another engine is another process to the database."""
    other = Database(database.engine.url.render_as_string(hide_password=False))
    both = (database, other)

    taken = await asyncio.gather(*(_take(both[turn % 2]) for turn in range(20)))

    await other.close()
    assert sorted(taken) == list(range(1, 21))


async def test_a_number_is_used_up_only_by_a_commit(database: Database) -> None:
    async def take_and_fail() -> None:
        async with database.transaction() as tx:
            await counters.following(tx, "client")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await take_and_fail()

    assert await _take(database) == 1


async def test_the_last_number_can_be_read_without_taking_one(database: Database) -> None:
    async with database.transaction() as tx:
        before = await counters.latest(tx, "client")
        taken = await counters.following(tx, "client")

        assert (before, await counters.latest(tx, "client")) == (0, taken)
