from datetime import date

import pytest
from sqlalchemy.exc import NoResultFound

from canonical.contracts import ContractId
from store import billing
from store.billing import CUT_OFF, MILESTONE, Request
from store.database import Database
from tests.store.trails import audited

_CONTRACT = ContractId("CT-00001")
_JUNE, _JULY = date(2026, 6, 30), date(2026, 7, 31)


async def _request(
    database: Database,
    key: str,
    *,
    kind: str = CUT_OFF,
    cut_off: date = _JUNE,
    contract: ContractId = _CONTRACT,
) -> Request:
    async with database.transaction() as tx:
        return await billing.request(tx, contract, kind=kind, key=key, cut_off=cut_off)


async def _waiting(database: Database) -> list[tuple[str, int]]:
    async with database.reading() as tx:
        return [(each.contract, each.cycle) for each in await billing.waiting(tx)]


async def test_a_request_opens_a_cycle(database: Database) -> None:
    asked = await _request(database, "2026-06-30")

    assert asked == Request(_CONTRACT, "2026-06-30", 1, CUT_OFF, _JUNE)
    async with database.reading() as tx:
        assert await billing.of_cycle(tx, _CONTRACT, 1) == asked
    (row,) = await audited(database, "CT-00001/1")
    assert (row.action, row.detail) == ("billing.requested", "2026-06-30")


async def test_the_same_key_is_the_same_cycle(database: Database) -> None:
    """R-037, R-060: repeated crossing is one billing event."""
    asked = await _request(database, "CT-00001/M1", kind=MILESTONE)
    await _request(database, "2026-07-31", cut_off=_JULY)

    assert await _request(database, "CT-00001/M1", kind=MILESTONE, cut_off=_JULY) == asked
    assert len(await _waiting(database)) == 2


async def test_the_same_key_in_one_transaction_is_the_same_cycle(database: Database) -> None:
    async with database.transaction() as tx:
        for _ in range(2):
            asked = await billing.request(tx, _CONTRACT, kind=CUT_OFF, key="a", cut_off=_JUNE)
            assert asked.cycle == 1
        other = await billing.request(tx, _CONTRACT, kind=CUT_OFF, key="b", cut_off=_JULY)

    assert other.cycle == 2


async def test_a_finished_cycle_is_not_opened_again(database: Database) -> None:
    await _request(database, "a")
    async with database.transaction() as tx:
        await billing.finish(tx, _CONTRACT, 1)

    assert (await _request(database, "a")).cycle == 1
    assert await _waiting(database) == []


async def test_each_contract_counts_its_own_cycles(database: Database) -> None:
    await _request(database, "a")

    assert (await _request(database, "a", contract=ContractId("CT-00002"))).cycle == 1
    assert (await _request(database, "b")).cycle == 2


async def test_cycles_wait_until_they_are_through_the_oldest_first(database: Database) -> None:
    for key in ("c", "a", "b"):
        await _request(database, key)
    async with database.transaction() as tx:
        await billing.finish(tx, _CONTRACT, 2)

    assert await _waiting(database) == [("CT-00001", 1), ("CT-00001", 3)]


async def test_a_cycle_that_was_never_asked_for_is_a_bug(database: Database) -> None:
    async with database.transaction() as tx:
        with pytest.raises(NoResultFound):
            await billing.of_cycle(tx, _CONTRACT, 1)
        with pytest.raises(NoResultFound):
            await billing.finish(tx, _CONTRACT, 1)
