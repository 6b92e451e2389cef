"""A story's platform: when nothing is under way."""

from datetime import date

from temporalio.client import Client

from canonical.contracts import ContractId
from canonical.engagements import Stage
from canonical.landscape import Landscape
from console.platform import PlatformDriver
from store import contracts, engagements
from store.database import Database
from tests.activities import house

_CONTRACT = ContractId("CT-00001")


async def test_a_deal_of_which_all_is_billed_is_at_work_until_it_has_heard_of_it(
    client: Client, database: Database, landscape: Landscape
) -> None:
    nobody = landscape.model_copy(update={"systems": ()})  # whose work would be collected
    platform = PlatformDriver(client, database, nobody)
    await house.active(database)
    async with database.transaction() as tx:
        await engagements.move(tx, _CONTRACT, Stage.ACTIVE)
    assert await platform.settled()

    async with database.transaction() as tx:
        await contracts.mark_billed(tx, _CONTRACT, date(2026, 7, 31))
    assert not await platform.settled()

    async with database.transaction() as tx:
        await engagements.move(tx, _CONTRACT, Stage.FULFILLED)
    assert await platform.settled()
