"""A history carries ids and decisions: no rows, no secrets, no personal data."""

import re

from temporalio.client import WorkflowHistory

from connectors import errors
from tests.fakes import milestone_deal
from tests.trouble import VENDOR
from tests.workflows.house import House
from tests.workflows.waiting import ended

NAME = "Canary Traders"
STREET = "1 Canary Wharf"
CITY = "Canaryville"
TAX_ID = "CANARY-TAX-ID"
DEAL = "Canary rollout"
ORDER = "CANARY-PO-7"
NOTE = "Canary was ill today"
EMPLOYEE = "canary-000123"
APPROVER = "kim.canary"
BEARER = "Authorization: Bearer canary-token"
WORDS = "Kim Canary earns 70.00 an hour"
CANARY = re.compile(rb"canary", re.IGNORECASE)


async def _histories(house: House) -> list[WorkflowHistory]:
    runs = [run async for run in house.client.list_workflows()]
    return [
        await house.client.get_workflow_handle(run.id, run_id=run.run_id).fetch_history()
        for run in runs
        if re.search(rf"A{house.number}|{house.number + 1:05}|:{house.number}|posting:", run.id)
    ]


def _leaks(histories: list[WorkflowHistory]) -> list[str]:
    """Return where a canary sings. Payloads are bytes in here, not the base64 of the JSON."""
    return [
        f"{history.workflow_id}: {event.SerializeToString()!r}"
        for history in histories
        for event in history.events
        if CANARY.search(event.SerializeToString())
    ]


def _knows_a_canary(house: House) -> None:
    house.knows(name=NAME, street=STREET, city=CITY, tax_id=TAX_ID)


async def test_a_deal_leaves_nothing_of_anybody_in_its_histories(house: House) -> None:
    _knows_a_canary(house)
    await house.activates(name=DEAL, purchase_order=ORDER)
    canary = house.worked(1, note=NOTE, employee=EMPLOYEE, approved_by=APPROVER)
    await house.posts(canary, house.worked(2, note=NOTE))
    await house.bills()
    await ended(house.engagement)
    histories = await _histories(house)

    assert {history.workflow_id.partition(":")[0] for history in histories} == {
        *("billing", "client", "collect", "contract", "engagement"),
        *("invoice", "onboard", "posting", "project"),
    }
    assert _leaks(histories) == []


async def test_a_refusal_leaves_the_vendors_words_to_the_store(house: House) -> None:
    _knows_a_canary(house)
    house.psa.refuses("create_client", WORDS)
    house.erp.fails("create_project", errors.Uncertain(VENDOR, "create_project", reason=WORDS))
    await house.wins(name=DEAL)
    (case,) = await house.parked()
    await house.onboarding().signal("resume")
    await ended(house.activation)

    assert case.text == WORDS
    assert _leaks(await _histories(house)) == []


async def test_work_that_waits_for_a_mapping_leaves_its_row_to_the_store(house: House) -> None:
    await house.activates()
    held = house.worked(1, note=NOTE, employee=None, approved_by=APPROVER)
    await house.approves(held, house.worked(2, cost=None, employee=EMPLOYEE))
    await house.parked(cases_open=2)

    assert _leaks(await _histories(house)) == []


async def test_a_mistake_of_ours_leaves_what_it_quotes_to_the_log(house: House) -> None:
    house.crm.fails("account", ValueError(BEARER))
    house.psa.fails("create_project", KeyError(WORDS))
    await house.activates()

    assert house.crm.calls.count("account") == 2
    assert _leaks(await _histories(house)) == []


async def test_milestones_leave_their_names_to_the_store(house: House) -> None:
    deal = milestone_deal("1000.00")
    named = tuple(line.model_copy(update={"name": NOTE}) for line in deal.schedule)
    await house.activates(deal, schedule=named)
    await house.reaches(1)
    await ended(house.engagement)

    assert _leaks(await _histories(house)) == []
