import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.deals import CrmDeals, DealRead, ReadDeal
from canonical.contracts import ContractId
from canonical.landscape import Landscape
from canonical.opportunities import Opportunity
from connectors import errors
from store import engagements
from store.database import Database
from tests.activities import house
from tests.fakes import opportunity
from tests.ports import FakeCrm

CONTRACT = ContractId("CT-00001")
QUESTION = ReadDeal(contract=CONTRACT, opportunity=house.DEAL)


async def _read(crm: FakeCrm, database: Database, landscape: Landscape) -> DealRead:
    return await ActivityEnvironment().run(CrmDeals(crm, database, landscape).read, QUESTION)


async def _kept(database: Database) -> Opportunity:
    async with database.reading() as tx:
        return await engagements.deal(tx, CONTRACT)


async def test_keeps_what_the_crm_has_now(database: Database, landscape: Landscape) -> None:
    await house.won(database)
    grown = opportunity(name="ERP rollout, with training")

    read = await _read(FakeCrm(grown), database, landscape)

    assert read == DealRead(
        is_won=True, is_changed=True, account=grown.account, routes=house.ROUTES
    )
    assert await _kept(database) == grown


async def test_says_when_nothing_has_changed(database: Database, landscape: Landscape) -> None:
    await house.won(database)
    crm = FakeCrm(opportunity(purchase_order="PO-7"))

    assert (await _read(crm, database, landscape)).is_changed
    assert not (await _read(crm, database, landscape)).is_changed


@pytest.mark.parametrize("entity", [None, "NOWHERE"])
async def test_leads_nowhere_while_its_entity_is_unknown(
    database: Database, landscape: Landscape, entity: str | None
) -> None:
    await house.won(database)

    assert (await _read(FakeCrm(opportunity(entity=entity)), database, landscape)).routes is None


async def test_a_deal_that_is_gone_is_for_a_person(
    database: Database, landscape: Landscape
) -> None:
    await house.won(database)

    with pytest.raises(ApplicationError) as caught:
        await _read(FakeCrm(), database, landscape)
    assert (caught.value.type, caught.value.non_retryable) == ("Missing", True)
    assert await _kept(database) == opportunity()


async def test_a_deal_that_does_not_fit_our_words_is_not_kept(
    database: Database, landscape: Landscape
) -> None:
    await house.won(database)
    crm = FakeCrm(opportunity(name="never seen"))
    crm.fails("opportunity", errors.Drifted("fake", "Opportunity: StageName does not fit"))

    with pytest.raises(ApplicationError) as caught:
        await _read(crm, database, landscape)
    assert caught.value.type == "Drifted"
    assert await _kept(database) == opportunity()
