"""What happens at the same moment happens once: deals of one client, a win that is told thrice."""

import asyncio

from sqlmodel import select

from canonical import processes
from console import starting
from store import engagements
from store.tables.traffic import InboxRow
from tests.fakes import CRM, foreign, opportunity
from tests.workflows.house import House
from tests.workflows.waiting import ended


async def test_two_deals_of_one_client_won_at_the_same_moment_onboard_it_once(
    house: House,
) -> None:
    second = foreign(CRM, f"006B{house.number}")
    house.knows()
    house.sells()
    house.crm.deals[second] = opportunity(id=second, account=house.account, name="Audit")

    await asyncio.gather(
        house.hears(),
        starting.engagement(house.client, house.database, second, "message-of-the-second"),
    )
    runs = [f"contract:CT-{house.number + number:05}" for number in (1, 2)]
    endings = [await ended(house.run(run)) for run in runs]

    assert endings == ["activated", "activated"]
    assert len(house.erp.customers) == len(house.psa.companies) == 1
    assert len(house.erp.contracts) == len(house.erp.projects) == len(house.psa.projects) == 2
    assert set(house.erp.contracts.values()) == set(house.erp.customers)


async def test_a_win_that_is_delivered_three_times_is_one_engagement(house: House) -> None:
    house.knows()
    house.sells()

    await asyncio.gather(
        *(
            starting.engagement(house.client, house.database, house.opportunity, f"delivery-{n}")
            for n in (1, 1, 2, 3)
        )
    )
    await ended(house.activation)

    async with house.database.reading() as tx:
        found = await engagements.everything(tx)
        messages = (await tx.exec(select(InboxRow))).all()
    assert [(one.generation, one.contract) for one in found] == [(1, house.contract)]
    assert sorted((row.message, row.outcome.value) for row in messages) == [
        (f"delivery-{number}", "applied") for number in (1, 2, 3)
    ]
    assert len(house.psa.projects) == len(house.erp.projects) == len(house.erp.customers) == 1
    assert house.engagement.id == processes.engagement_id(house.opportunity, 1)
