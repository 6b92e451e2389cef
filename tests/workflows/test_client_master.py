from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowExecutionStatus

from canonical.clients import ClientId
from tests.workflows.house import House
from tests.workflows.waiting import called, card, ended, has_event

FIRST, SECOND = "contract:first", "contract:second"  # askers that are gone by the time


async def test_serves_one_request_after_the_other(house: House) -> None:
    gate = house.erp.holds("create_customer")
    house.knows()
    await house.asks(FIRST)
    await called(house.erp, "create_customer")
    await house.asks(SECOND)
    at_once = house.crm.calls.count("account")
    gate.set()

    assert await ended(house.client_master) == "idle"
    assert at_once == 1
    assert house.crm.calls.count("account") == 2
    assert len(house.erp.customers) == len(house.psa.companies) == 1


async def test_the_same_request_twice_is_one_onboarding(house: House) -> None:
    gate = house.erp.holds("create_customer")
    house.knows()
    await house.asks(FIRST)
    await called(house.erp, "create_customer")
    await house.asks(FIRST)
    gate.set()

    assert await ended(house.client_master) == "idle"
    assert house.crm.calls.count("account") == 1


async def test_ends_idle_and_the_next_request_starts_it_again(house: House) -> None:
    house.knows()
    await house.asks(FIRST)
    await ended(house.client_master)
    first = (await house.client_master.describe()).run_id
    await house.asks(SECOND)

    assert await ended(house.client_master) == "idle"
    assert (await house.client_master.describe()).run_id != first
    assert len(house.erp.customers) == len(house.psa.companies) == 1
    assert await card(house.client_master) == "**Idle.** The client is where it was asked for."


async def test_tells_the_asker_which_client_it_is(house: House) -> None:
    await house.activates()
    history = await house.activation.fetch_history()

    (ready,) = [
        signaled.workflow_execution_signaled_event_attributes.input.payloads[0].data
        for signaled in history.events
        if signaled.HasField("workflow_execution_signaled_event_attributes")
    ]
    assert ClientId(f"CL-{house.number + 1:05}").encode() in ready


async def test_a_change_of_the_account_lets_the_onboarding_look_again(house: House) -> None:
    house.knows(payment_terms=None)
    await house.asks(FIRST)
    await house.parked()
    house.knows(payment_terms="NET30")
    await house.client_master.signal("changed")

    assert await ended(house.client_master) == "idle"
    assert house.crm.calls.count("account") == 2


async def test_a_change_after_its_end_is_nothing_to_it(house: House) -> None:
    gate = house.erp.holds("create_customer")
    house.knows()
    await house.asks(FIRST)
    await called(house.erp, "create_customer")
    await house.client_master.signal("changed")
    await has_event(house.onboarding(), EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED)
    gate.set()

    assert await ended(house.client_master) == "idle"


async def test_started_twice_is_one_run(house: House) -> None:
    gate = house.erp.holds("create_customer")
    house.knows()
    await house.asks(FIRST)
    first = (await house.client_master.describe()).run_id
    await house.asks(SECOND)
    gate.set()
    await ended(house.client_master)

    described = await house.client_master.describe()
    assert described.run_id == first
    assert described.status is WorkflowExecutionStatus.COMPLETED
