"""How a deal ends that was un-won or given up, for the recorder."""

from contextlib import suppress

from temporalio.client import WorkflowFailureError

from store import slices
from store.tables.work import HoldKind
from tests.fakes import milestone_deal
from tests.workflows.house import House
from tests.workflows.stories import Runs, Story
from tests.workflows.waiting import called, ended, until


async def unwound(house: House) -> Runs:
    await house.activates(milestone_deal("400.00", "600.00"))
    await house.loses()
    await ended(house.engagement)
    return {"engagement-cancelled-unwound": house.engagement, "unwind-closed": house.unwinding}


async def kept(house: House) -> Runs:
    await house.activates()
    await house.posts(house.worked())
    await house.loses()
    await house.parked()
    await house.wins()
    ending = await ended(house.unwinding)
    await house.bills()
    await ended(house.engagement)
    return {
        f"unwind-{ending}": house.unwinding,
        "engagement-fulfilled-won_again_in_time": house.engagement,
    }


async def unwound_with_its_work_billed(house: House) -> Runs:
    await house.activates()
    await house.posts(house.worked())
    await house.loses()
    await house.parked()
    await house.decides("bill")
    await ended(house.engagement)
    return {"unwind-closed-billed": house.unwinding}


async def unwound_with_its_work_written_off(house: House) -> Runs:
    await house.activates()
    await house.posts(house.worked())
    await house.loses()
    await house.parked()
    await house.decides("write_off", "goodwill")
    await ended(house.engagement)
    return {"unwind-closed-written_off": house.unwinding}


async def unwound_with_its_held_work_asked_about_twice(house: House) -> Runs:
    await house.activates()
    await house.posts(house.worked())
    async with house.database.transaction() as tx:
        parts = [part for _, _, part in await slices.all_slices(tx)]
        await slices.hold(tx, parts, HoldKind.PERSON, "disputed")
    await house.loses()
    await house.parked()
    await house.decides("bill")
    await until(lambda: _asked_twice(house))
    await house.decides("write_off", "not_recoverable")
    await ended(house.engagement)
    return {"unwind-closed-asked_twice": house.unwinding}


async def _asked_twice(house: House) -> bool:
    asked = await house.audited("case.opened")
    return len(asked) > 1 and len(await house.open_cases()) == 1


async def given_up(house: House) -> Runs:
    gate = house.erp.holds("create_project")
    await house.wins()
    await called(house.erp, "create_project")
    await house.opening.cancel()
    gate.set()
    ending = await ended(house.activation)
    await ended(house.engagement)
    return {f"activate_contract-{ending}": house.activation}


async def cancelled_by_hand(house: House) -> Runs:
    await house.activates()
    await house.engagement.cancel()
    with suppress(WorkflowFailureError):
        await ended(house.engagement)
    return {"engagement-cancelled-by_hand": house.engagement}


async def onboarding_cancelled(house: House) -> Runs:
    gate = house.erp.holds("create_customer")
    await house.wins()
    await called(house.erp, "create_customer")
    await house.client_master.cancel()
    gate.set()
    with suppress(WorkflowFailureError):
        await ended(house.client_master)
    return {
        "onboard_client-cancelled": house.onboarding(),
        "client_master-cancelled": house.client_master,
    }


STORIES: tuple[Story, ...] = (
    unwound,
    kept,
    unwound_with_its_work_billed,
    unwound_with_its_work_written_off,
    unwound_with_its_held_work_asked_about_twice,
    given_up,
    cancelled_by_hand,
    onboarding_cancelled,
)
