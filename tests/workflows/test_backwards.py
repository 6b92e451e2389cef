"""A stage that goes backwards while a step runs ends in one live set of records, or in none."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from temporalio.client import Client

from canonical.engagements import Stage
from canonical.landscape import Landscape
from gateway.dispatcher import Dispatcher
from store import engagements
from store.engagements import Engagement
from tests.fakes import milestone_deal
from tests.workflows import steps
from tests.workflows.house import House, housed
from tests.workflows.slow_store import SlowStore
from tests.workflows.turnstile import Step, Turnstile
from tests.workflows.waiting import called, ended, until

each_step = pytest.mark.parametrize("step", [*steps.CARRIED, *steps.ONBOARDED], ids=str)


@pytest.fixture
def turnstile() -> Turnstile:
    return Turnstile()


@pytest_asyncio.fixture
async def house(
    client: Client, database: SlowStore, landscape: Landscape, turnstile: Turnstile
) -> AsyncIterator[House]:
    async with housed(turnstile.on(client), database, landscape) as house:
        yield house


async def _wins(house: House) -> None:
    await house.wins(milestone_deal("400.00", "600.00"))


async def _loses(house: House) -> None:
    await house.activates(milestone_deal("400.00", "600.00"))
    await house.loses()


async def _active(house: House) -> Engagement:
    """Wait until the deal's last engagement is active, as its messages are handed on."""

    async def look() -> Engagement | None:
        await Dispatcher(house.client, house.database).dispatch()
        async with house.database.reading() as tx:
            found = await engagements.latest(tx, house.opportunity)
        return found if found and found.stage is Stage.ACTIVE else None

    return await until(look)


def _is_one_live_set(house: House, engagement: Engagement) -> bool:
    plans = [at for at in house.psa.projects if at not in house.psa.archived]
    code = house.psa.projects[plans[0]]
    in_erp = {each.value for each in house.erp.in_use}
    return (
        len(plans) == 1
        and in_erp == {engagement.contract, code}
        and house.crm.projects[house.opportunity] == (code, "active")
        and len(house.erp.customers) == len(house.psa.companies) == 1
    )


@each_step
async def test_un_won_while_a_step_runs_nothing_is_left(
    house: House, turnstile: Turnstile, step: Step
) -> None:
    await steps.stopped(house, turnstile, step, _wins)
    await house.loses()
    turnstile.open()

    assert await ended(house.engagement) == "cancelled"
    await steps.nothing_is_left(house)


@each_step
async def test_un_won_and_won_again_while_a_step_runs_is_one_live_set(
    house: House, turnstile: Turnstile, step: Step
) -> None:
    await steps.stopped(house, turnstile, step, _wins)
    await house.loses()
    if step.process != "Engagement":  # which reads nothing while a step of its own is stopped
        await called(house.crm, "opportunity", 2)
    await _wins(house)
    turnstile.open()

    assert _is_one_live_set(house, await _active(house))


@pytest.mark.parametrize("step", steps.UNWOUND, ids=str)
async def test_won_again_while_it_is_unwound_is_one_live_set(
    house: House, turnstile: Turnstile, step: Step
) -> None:
    await steps.stopped(house, turnstile, step, _loses)
    await _wins(house)
    turnstile.open()

    async def settled() -> bool:
        engagement = await _active(house)
        return _is_one_live_set(house, engagement)

    assert await until(settled)
