"""Every step of a deal's processes, and what a deal that is given up must leave behind."""

from collections.abc import Awaitable, Callable

from sqlmodel import col, select

from canonical.engagements import Stage
from store.tables.effects import IntentRow, State
from store.tables.parties import CrosswalkRow
from tests.workflows.house import House
from tests.workflows.turnstile import Step, Turnstile
from tests.workflows.waiting import Handle, until

CARRIED = [
    Step("Engagement", "deals.read"),
    Step("ActivateContract", "lanes.request_client"),
    Step("ActivateContract", "contracts.check"),
    Step("ActivateContract", "contracts.activate"),
    Step("ActivateContract", "contracts.open_in_erp"),
    Step("ActivateProject", "projects.open_plan"),
    Step("ActivateProject", "projects.open_milestones"),
    Step("ActivateProject", "projects.open_in_erp"),
    Step("ActivateProject", "projects.publish_to_crm"),
    Step("Engagement", "engagements.move"),
    Step("Engagement", "engagements.is_fulfilled"),
]
ONBOARDED = [
    Step("OnboardClient", "clients.check"),
    Step("OnboardClient", "clients.open_in_erp"),
    Step("OnboardClient", "clients.open_in_psa"),
    Step("OnboardClient", "clients.publish_to_crm"),
    Step("OnboardClient", "clients.onboarded"),
]
UNWOUND = [
    Step("Unwind", "unwind.begin"),
    Step("Unwind", "unwind.enter"),
    Step("Unwind", "projects.close_plan"),
    Step("Unwind", "approvals.collect"),
    Step("Unwind", "lanes.wake"),
    Step("Unwind", "projects.close_in_erp"),
    Step("Unwind", "projects.close_in_crm"),
    Step("Unwind", "contracts.close_in_erp"),
]

Way = Callable[[House], Awaitable[None]]


async def stopped(house: House, turnstile: Turnstile, step: Step, way: Way) -> Handle:
    """Return the run whose step is stopped in front of the turnstile."""
    turnstile.stop(step)
    await way(house)
    await turnstile.arrival()
    return house.client.get_workflow_handle(turnstile.workflow_id, run_id=turnstile.run_id)


async def nothing_is_left(house: House) -> None:
    """Assert that nothing of ours is in use, in doubt, or waits for anybody."""
    assert set(house.psa.projects) - set(house.psa.archived) == set()
    assert house.erp.in_use == set()
    assert house.crm.projects.get(house.opportunity, ("", "cancelled"))[1] == "cancelled"
    assert await house.open_cases() == []
    await until(lambda: house.is_at(Stage.CANCELLED))
    await nothing_is_in_doubt(house)


async def nothing_is_in_doubt(house: House) -> None:
    """Wait for an onboarding that still goes on, as it may: the client is not the deal's."""

    async def look() -> bool:
        async with house.database.reading() as tx:
            unanswered = col(IntentRow.state).in_((State.SENT, State.UNCERTAIN))
            in_doubt = (await tx.exec(select(IntentRow.key).where(unanswered))).all()
            linked = set((await tx.exec(select(CrosswalkRow.theirs))).all())
        there = {each.value for each in (*house.erp.customers, *house.psa.companies)}
        return not in_doubt and there <= linked

    await until(look)
