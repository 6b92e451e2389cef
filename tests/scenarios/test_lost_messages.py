"""A message that the CRM never sent costs time and nothing else: the feed of changes tells it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date

import starter
from canonical import processes
from canonical.systems import ForeignId, SystemId
from store import engagements
from store.database import Database
from tests.scenarios import stage
from tests.workflows.waiting import until
from world.stage import loader, salesforce
from world.stage.salesforce import Salesforce

_CRM = SystemId("crm-main")
_PLAY = 700  # a number that no play of the scenario reaches


@asynccontextmanager
async def _silent(running: starter.Running) -> AsyncIterator[Salesforce]:
    """Open the CRM with its outbound messages lost for as long as the block lasts."""
    theater = running.theater
    async with salesforce.connect(theater.urls.crm, theater.keys) as crm:
        rules = (await crm.door.settings())["outbound_messages"]
        await crm.door.change_settings({"outbound_messages": []})
        try:
            yield crm
        finally:
            await crm.door.change_settings({"outbound_messages": rules})


async def test_a_win_of_which_no_message_came_is_carried_through_all_the_same(
    running: starter.Running,
) -> None:
    await stage.first(running, "tm-rate-change")
    script = loader.load(loader.find("tm-rate-change"))
    (deal,) = script.scenario.deals.values()
    client = script.scenario.clients[deal.client]
    database = Database(running.config.store_url)
    async with _silent(running) as crm:
        await crm.set_up(script.firm)
        account = await crm.add_client(client, _PLAY)
        opportunity = await crm.add_deal(deal, account, _PLAY, date(2026, 6, 1))

        await crm.win(opportunity, date(2026, 6, 1))

        async def activated() -> tuple[str, ...]:
            return await crm.project_codes(opportunity)

        (code,) = await until(activated)
        (waiting,) = [await crm.waiting()]
    subject = ForeignId(system=_CRM, value=opportunity)
    async with database.reading() as tx:
        latest = await engagements.latest(tx, subject)
    await database.close()
    assert code
    assert waiting == []
    assert latest is not None
    assert latest.generation == 1
    run = running.client.get_workflow_handle(processes.engagement_id(subject, 1))
    assert (await run.describe()).workflow_type == "Engagement"
    await stage.at_rest(running)
