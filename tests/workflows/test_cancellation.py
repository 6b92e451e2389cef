"""A process that is cancelled at any of its steps or waits leaves nothing of ours in use."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowFailureError
from temporalio.exceptions import CancelledError

from canonical.landscape import Landscape
from tests.fakes import milestone_deal
from tests.workflows import steps
from tests.workflows.house import House, housed
from tests.workflows.slow_store import SlowStore
from tests.workflows.turnstile import Step, Turnstile
from tests.workflows.waiting import Handle, called, ended, started

_WRITES = [  # each is given up while the system is at it
    *(("erp", "create_contract"), ("psa", "create_project"), ("psa", "create_milestones")),
    *(("erp", "create_project"), ("crm", "record_project")),
]
_CLOSINGS = [("psa", "archive_project"), ("erp", "close_project"), ("erp", "close_contract")]
_CLIENT_WRITES = [
    *(("erp", "create_customer"), ("psa", "create_client"), ("crm", "record_client")),
]


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


async def _is_cancelled(run: Handle) -> bool:
    try:
        await ended(run)
    except WorkflowFailureError as failure:
        return isinstance(failure.cause, CancelledError)
    return False


async def test_these_are_all_steps_there_are(house: House, turnstile: Turnstile) -> None:
    await _loses(house)
    await ended(house.engagement)

    processes = {"Engagement", "ActivateContract", "ActivateProject", "OnboardClient", "Unwind"}
    assert {step for step in turnstile.passed if step.process in processes} == {
        *(*steps.CARRIED, *steps.ONBOARDED, *steps.UNWOUND)
    }


@pytest.mark.parametrize("step", steps.CARRIED, ids=str)
async def test_cancelled_in_front_of_a_step_nothing_is_left(
    house: House, turnstile: Turnstile, step: Step
) -> None:
    run = await steps.stopped(house, turnstile, step, _wins)
    await run.cancel()
    turnstile.open()

    assert await _is_cancelled(run)
    await _engagement_ends(house)
    await steps.nothing_is_left(house)


@pytest.mark.parametrize("step", steps.CARRIED, ids=str)
async def test_an_engagement_that_is_cancelled_at_a_step_of_any_process_leaves_nothing(
    house: House, turnstile: Turnstile, step: Step
) -> None:
    await steps.stopped(house, turnstile, step, _wins)
    await house.engagement.cancel()
    turnstile.open()

    assert await _is_cancelled(house.engagement)
    await steps.nothing_is_left(house)


@pytest.mark.parametrize(("system", "call"), _WRITES, ids=str)
async def test_cancelled_while_a_system_writes_nothing_is_left_or_in_doubt(
    house: House, system: str, call: str
) -> None:
    acting = getattr(house, system)
    gate = acting.holds(call)
    await _wins(house)
    await called(acting, call)
    await house.engagement.cancel()
    gate.set()

    assert await _is_cancelled(house.engagement)
    await steps.nothing_is_left(house)


@pytest.mark.parametrize("step", steps.UNWOUND, ids=str)
async def test_an_unwinding_that_is_cancelled_is_finished_or_begun_again(
    house: House, turnstile: Turnstile, step: Step
) -> None:
    run = await steps.stopped(house, turnstile, step, _loses)
    await run.cancel()
    turnstile.open()

    assert await _is_cancelled(run)
    assert await ended(house.engagement) == "cancelled"
    await steps.nothing_is_left(house)


@pytest.mark.parametrize(("system", "call"), _CLOSINGS, ids=str)
async def test_cancelled_while_a_system_closes_nothing_is_left_or_in_doubt(
    house: House, system: str, call: str
) -> None:
    acting = getattr(house, system)
    gate = acting.holds(call)
    await _loses(house)
    await called(acting, call)
    await house.unwinding.cancel()
    await house.engagement.cancel()
    gate.set()

    assert await _is_cancelled(house.engagement)
    await steps.nothing_is_left(house)


@pytest.mark.parametrize("step", steps.ONBOARDED, ids=str)
async def test_an_onboarding_that_is_cancelled_leaves_nothing_in_doubt_and_goes_on_when_asked(
    house: House, turnstile: Turnstile, step: Step
) -> None:
    run = await steps.stopped(house, turnstile, step, _wins)
    await house.client_master.cancel()
    turnstile.open()

    assert await _is_cancelled(run)
    assert await _is_cancelled(house.client_master)
    await steps.nothing_is_in_doubt(house)
    await house.activation.signal("resume")
    assert await ended(house.activation) == "activated"
    assert len(house.erp.customers) == len(house.psa.companies) == 1


@pytest.mark.parametrize(("system", "call"), _CLIENT_WRITES, ids=str)
async def test_an_onboarding_that_is_cancelled_while_a_system_writes_leaves_nothing_in_doubt(
    house: House, system: str, call: str
) -> None:
    acting = getattr(house, system)
    gate = acting.holds(call)
    await _wins(house)
    await called(acting, call)
    await house.client_master.cancel()
    gate.set()

    assert await _is_cancelled(house.client_master)
    await steps.nothing_is_in_doubt(house)
    await house.loses()
    assert await ended(house.engagement) == "cancelled"
    await steps.nothing_is_left(house)


@pytest.mark.parametrize(
    "missing",
    [{"entity": None}, {"billing_frequency": None}],
    ids=["deal", "contract"],
)
async def test_cancelled_while_it_waits_for_a_person_the_case_is_withdrawn(
    house: House, missing: dict[str, None]
) -> None:
    await house.wins(None, **missing)
    await house.parked()
    await house.engagement.cancel()

    assert await _is_cancelled(house.engagement)
    await steps.nothing_is_left(house)


async def test_cancelled_while_its_client_waits_for_a_person_nothing_is_left(
    house: House,
) -> None:
    house.knows(payment_terms=None)
    await house.wins()
    await house.parked()
    await house.engagement.cancel()

    assert await _is_cancelled(house.engagement)
    await house.client_master.cancel()
    assert await _is_cancelled(house.client_master)
    await steps.nothing_is_left(house)


async def test_an_unwinding_that_is_cancelled_while_it_asks_asks_again(house: House) -> None:
    await house.activates()
    await house.posts(house.worked())
    await house.loses()
    await house.parked()
    first = house.client.get_workflow_handle(
        house.unwinding.id, run_id=(await house.unwinding.describe()).run_id
    )
    await first.cancel()
    assert await _is_cancelled(first)
    await started(house.unwinding)
    await house.parked()
    await house.decides("write_off", "goodwill")

    assert await ended(house.engagement) == "cancelled"
    await steps.nothing_is_left(house)


async def _engagement_ends(house: House) -> None:
    try:
        assert await ended(house.engagement) == "cancelled"
    except WorkflowFailureError:
        described = await house.engagement.describe()
        assert described.status is WorkflowExecutionStatus.CANCELED
