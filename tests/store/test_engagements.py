import pytest

from canonical.contracts import ContractId
from canonical.engagements import Stage
from canonical.systems import ForeignId
from store import engagements, trail
from store.database import Database
from store.engagements import Engagement, UnknownContractError
from tests.fakes import CRM, DEMF, PSA, USMF, foreign, money, opportunity
from tests.store.trails import actions, audited

_DEAL = foreign(CRM, "006A")
_CONTRACT = ContractId("CT-00001")


async def _claim(database: Database, deal: ForeignId = _DEAL) -> Engagement | None:
    async with database.transaction() as tx:
        return await engagements.claim(tx, deal)


async def _move(database: Database, stage: Stage, contract: ContractId = _CONTRACT) -> None:
    async with database.transaction() as tx:
        await engagements.move(tx, contract, stage)


async def _running(database: Database) -> Engagement | None:
    async with database.reading() as tx:
        return await engagements.running(tx, _DEAL)


async def _latest(database: Database) -> Engagement | None:
    async with database.reading() as tx:
        return await engagements.latest(tx, _DEAL)


async def test_a_win_opens_the_first_generation(database: Database) -> None:
    opened = await _claim(database)

    assert opened == Engagement(_DEAL, 1, _CONTRACT, Stage.WON)
    assert await _running(database) == await _latest(database) == opened
    (row,) = await audited(database, "CT-00001")
    assert (row.action, row.detail) == ("engagement.opened", "crm-main:006A")


async def test_a_running_engagement_is_claimed_again_as_it_is(database: Database) -> None:
    await _claim(database)
    await _move(database, Stage.ACTIVE)

    assert await _claim(database) == Engagement(_DEAL, 1, _CONTRACT, Stage.ACTIVE)


async def test_one_transaction_claims_a_deal_once(database: Database) -> None:
    async with database.transaction() as tx:
        first = await engagements.claim(tx, _DEAL)

        assert await engagements.claim(tx, _DEAL) == first


async def test_a_cancelled_engagement_is_followed_by_the_next_generation(
    database: Database,
) -> None:
    await _claim(database)
    await _move(database, Stage.CANCELLED)
    assert await _running(database) is None

    second = Engagement(_DEAL, 2, ContractId("CT-00002"), Stage.WON)
    assert await _claim(database) == second
    assert await _running(database) == second


async def test_a_fulfilled_engagement_is_not_opened_again(database: Database) -> None:
    await _claim(database)
    await _move(database, Stage.FULFILLED)

    assert await _claim(database) is None
    assert await _running(database) is None
    assert await _latest(database) == Engagement(_DEAL, 1, _CONTRACT, Stage.FULFILLED)


async def test_each_opportunity_of_each_system_has_its_own_engagement(database: Database) -> None:
    await _claim(database)
    other = await _claim(database, foreign(CRM, "006B"))
    namesake = await _claim(database, foreign(PSA, "006A"))

    assert other is not None
    assert namesake is not None
    assert (other.contract, other.generation) == ("CT-00002", 1)
    assert (namesake.contract, namesake.generation) == ("CT-00003", 1)
    async with database.reading() as tx:
        found = [engagement.contract for engagement in await engagements.everything(tx)]
    assert found == ["CT-00001", "CT-00002", "CT-00003"]


async def test_an_entitys_work_under_way_is_found(database: Database) -> None:
    await _claim(database)
    await _claim(database, foreign(CRM, "006B"))
    async with database.transaction() as tx:
        await engagements.save_deal(tx, _CONTRACT, opportunity())
        await engagements.save_deal(tx, ContractId("CT-00002"), opportunity())
    await _move(database, Stage.ACTIVE)

    async with database.reading() as tx:
        found = await engagements.under_way(tx, USMF)
        assert await engagements.under_way(tx, DEMF) == []
    assert [engagement.contract for engagement in found] == ["CT-00001"]


async def test_an_opportunity_that_was_never_won_has_none(database: Database) -> None:
    assert await _running(database) is None
    assert await _latest(database) is None


async def test_a_stage_is_published_once(database: Database) -> None:
    await _claim(database)
    await _move(database, Stage.ACTIVE)
    await _move(database, Stage.ACTIVE)

    async with database.reading() as tx:
        events = [(event.type, event.subject) for event in await trail.events(tx)]
        assert (await engagements.of_contract(tx, _CONTRACT)).stage is Stage.ACTIVE
    assert events == [("engagement.active", "CT-00001")]
    assert await actions(database, "CT-00001") == ["engagement.opened", "engagement.active"]


async def test_the_deal_is_kept_as_last_read(database: Database) -> None:
    await _claim(database)
    changed = opportunity(amount=money("3000.00"))

    async with database.transaction() as tx:
        assert await engagements.save_deal(tx, _CONTRACT, opportunity())
        assert not await engagements.save_deal(tx, _CONTRACT, opportunity())
        assert await engagements.save_deal(tx, _CONTRACT, changed)

    async with database.reading() as tx:
        assert await engagements.deal(tx, _CONTRACT) == changed
        assert await engagements.value(tx, _CONTRACT) == money("3000.00")
    assert (await actions(database, "CT-00001")).count("deal.read") == 2


async def test_a_deal_that_was_never_read_is_worth_nothing_known(database: Database) -> None:
    await _claim(database)

    async with database.reading() as tx:
        assert await engagements.value(tx, _CONTRACT) is None
        with pytest.raises(UnknownContractError, match="CT-00001"):
            await engagements.deal(tx, _CONTRACT)


async def test_a_contract_that_was_never_opened_is_named(database: Database) -> None:
    async with database.transaction() as tx:
        with pytest.raises(UnknownContractError, match="CT-00001"):
            await engagements.of_contract(tx, _CONTRACT)
        with pytest.raises(UnknownContractError, match="CT-00001"):
            await engagements.move(tx, _CONTRACT, Stage.ACTIVE)
        with pytest.raises(UnknownContractError, match="CT-00001"):
            await engagements.save_deal(tx, _CONTRACT, opportunity())
