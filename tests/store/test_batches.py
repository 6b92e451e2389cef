import pytest
from sqlalchemy.exc import IntegrityError, NoResultFound

from canonical.postings import BatchId, HourBatch
from store import batches, trail
from store.database import Database
from tests.fakes import batch
from tests.store.trails import actions

_LANE = "erp-main/USMF/0"


async def _freeze(database: Database, *frozen: HourBatch, lane: str = _LANE) -> None:
    async with database.transaction() as tx:
        for each in frozen:
            await batches.freeze(tx, lane, int(each.id.rpartition("/")[2]), each)


async def _post(database: Database, name: str, voucher: str) -> None:
    async with database.transaction() as tx:
        await batches.mark_posted(tx, BatchId(name), voucher)


async def _unposted(database: Database) -> list[tuple[str, int]]:
    async with database.reading() as tx:
        return list(await batches.unposted(tx, _LANE))


async def test_a_lanes_batches_are_numbered_in_order(database: Database) -> None:
    async with database.transaction() as tx:
        assert await batches.following_id(tx, _LANE) == (f"{_LANE}/1", 1)
        await batches.freeze(tx, _LANE, 1, batch(1))

        assert await batches.following_id(tx, _LANE) == (f"{_LANE}/2", 2)
        assert await batches.following_id(tx, "erp-main/DEMF/0") == ("erp-main/DEMF/0/1", 1)


async def test_a_batch_comes_back_as_it_was_frozen(database: Database) -> None:
    await _freeze(database, batch(1, size=3))

    async with database.reading() as tx:
        assert await batches.get(tx, BatchId(f"{_LANE}/1")) == batch(1, size=3)
    assert await actions(database, f"{_LANE}/1") == ["batch.frozen"]


async def test_a_batch_is_never_cut_again(database: Database) -> None:
    await _freeze(database, batch(1))

    with pytest.raises(IntegrityError):
        await _freeze(database, batch(1, size=2))

    async with database.reading() as tx:
        assert await batches.get(tx, BatchId(f"{_LANE}/1")) == batch(1)


async def test_a_batch_that_was_never_frozen_is_a_bug(database: Database) -> None:
    async with database.reading() as tx:
        with pytest.raises(NoResultFound):
            await batches.get(tx, BatchId("erp-main/USMF/0/9"))


async def test_unposted_batches_stand_in_the_order_of_their_numbers(database: Database) -> None:
    await _freeze(database, batch(10), batch(9, size=2), batch(8))
    await _post(database, f"{_LANE}/8", "V-1")

    assert await _unposted(database) == [(f"{_LANE}/9", 2), (f"{_LANE}/10", 1)]


async def test_a_posted_batch_keeps_its_first_voucher_and_is_published_once(
    database: Database,
) -> None:
    """R-099."""
    await _freeze(database, batch(1, size=2))
    await _post(database, f"{_LANE}/1", "V-1")
    await _post(database, f"{_LANE}/1", "V-2")

    assert await _unposted(database) == []
    async with database.reading() as tx:
        (event,) = await trail.events(tx)
    assert (event.type, event.subject) == ("time.posted", f"{_LANE}/1")
    assert event.data == {"entries": "2"}
    assert await actions(database, f"{_LANE}/1") == ["batch.frozen", "batch.posted"]
