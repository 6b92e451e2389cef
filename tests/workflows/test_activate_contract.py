import pytest
from temporalio.client import WorkflowFailureError
from temporalio.exceptions import CancelledError

from store import contracts, mappings
from store.trail import events
from tests.fakes import mapping, milestone_deal, money, price
from tests.workflows.house import House
from tests.workflows.waiting import called, card, ended, until


async def test_makes_a_won_deal_a_contract_with_its_project(house: House) -> None:
    await house.activates()

    async with house.database.reading() as tx:
        contract = await contracts.get(tx, house.contract)
        (project,) = await contracts.projects(tx, house.contract)
        published = [event.id for event in await events(tx)]
    assert contract.client == f"CL-{house.number + 1:05}"
    assert project.code == house.project
    assert f"contract.activated/{house.contract}" in published
    assert await card(house.activation) == f"**Activated.** Projects: {house.project}."


async def test_a_missing_schedule_and_an_incomplete_client_are_seen_at_the_same_time(
    house: House,
) -> None:
    house.knows(payment_terms=None)
    await house.wins(billing_frequency=None)
    found = await house.parked(cases_open=2)
    shown = await card(house.activation)
    house.sells(billing_frequency="monthly")
    await house.hears()
    (left,) = await house.parked()
    house.knows(payment_terms="NET30")
    await house.client_master.signal("changed")

    assert await ended(house.activation) == "activated"
    assert {case.id.rpartition("/")[2] for case in found} == {"billing schedule", "payment terms"}
    assert {case.workflow for case in found} == {house.activation.id, house.onboarding().id}
    assert "billing schedule is missing" in shown
    assert left.workflow == house.onboarding().id
    assert await house.open_cases() == []


async def test_says_what_is_at_risk_and_who_can_end_it(house: House) -> None:
    await house.wins(billing_frequency=None)
    (case,) = await house.parked()

    assert str(case.at_risk) == "2480.00 USD"
    assert (case.error_class, case.owner, case.certainty) == ("E05", "sales_ops", "not_sent")


async def test_an_unmapped_dimension_waits_for_its_mapping(house: House) -> None:
    await house.wins(practice="SPACE")
    (case,) = await house.parked()
    async with house.database.transaction() as tx:
        await mappings.add(tx, [mapping("business_unit", "SPACE", "090")])
    await house.activation.signal("resume")

    assert await ended(house.activation) == "activated"
    assert (case.error_class, case.owner) == ("E06", "finance")
    assert "business_unit for 'SPACE'" in case.text
    async with house.database.reading() as tx:
        (project,) = await contracts.projects(tx, house.contract)
    assert project.dimensions.business_unit == "090"


async def test_two_values_without_a_mapping_of_one_kind_are_both_named(house: House) -> None:
    await house.wins(prices=(price("300", role="GURU"), price("400", role="SAGE")))
    found = await house.parked(cases_open=2)

    assert {case.id.rpartition("/")[2] for case in found} == {"category", "role"}
    assert all("GURU" in case.text and "SAGE" in case.text for case in found)


async def test_a_resume_without_a_cure_parks_it_again(house: House) -> None:
    await house.wins(billing_frequency=None)
    await house.parked()
    await house.activation.signal("resume")
    await until(lambda: house.audited("case.closed"))
    (case,) = await house.parked()

    assert "billing schedule is missing" in case.text
    assert len(await house.audited("case.opened")) == 2


async def test_milestones_that_do_not_add_up_wait_for_the_crm(house: House) -> None:
    await house.wins(milestone_deal("400.00", "500.00", amount=money("1000.00")))
    (case,) = await house.parked()
    house.sells(milestone_deal("400.00", "600.00"))
    await house.hears()

    assert await ended(house.activation) == "activated"
    assert case.text == "billing schedule adds up to 900.00 USD, the deal to 1000.00 USD"


async def test_cancelled_while_it_waits_for_a_person_leaves_no_case(house: House) -> None:
    await house.wins(billing_frequency=None)
    await house.parked()
    await house.loses()

    assert await ended(house.engagement) == "cancelled"
    with pytest.raises(WorkflowFailureError) as caught:
        await ended(house.activation)
    assert isinstance(caught.value.cause, CancelledError)
    assert await house.open_cases() == []


async def test_cancelled_while_it_waits_for_its_client_opens_no_project(house: House) -> None:
    gate = house.erp.holds("create_customer")
    await house.wins()
    await called(house.erp, "create_customer")
    await house.loses()
    ending = await ended(house.engagement)
    gate.set()

    assert ending == "cancelled"
    assert await ended(house.client_master) == "idle"  # the client stays onboarded
    assert house.psa.projects == {}


async def test_started_twice_is_one_run(house: House) -> None:
    await house.wins(billing_frequency=None)
    await house.parked()
    first = (await house.activation.describe()).run_id
    await house.hears()
    house.sells(billing_frequency="monthly")
    await house.hears()
    await ended(house.activation)

    assert (await house.activation.describe()).run_id == first
