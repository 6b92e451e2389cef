import pytest
from temporalio.client import Client, WorkflowExecutionStatus

from canonical.engagements import Stage
from canonical.landscape import Landscape
from gateway.dispatcher import Dispatcher
from store import engagements
from tests.fakes import JUNE, milestone_deal
from tests.workflows.house import House, housed
from tests.workflows.slow_store import SlowStore
from tests.workflows.systems import ClosedErp
from tests.workflows.waiting import called, card, ended, held


async def _stages(house: House) -> list[tuple[int, Stage]]:
    async with house.database.reading() as tx:
        found = await engagements.everything(tx)
    return [(engagement.generation, engagement.stage) for engagement in found]


async def test_carries_a_won_deal_through_to_its_last_invoice(house: House) -> None:
    await house.activates()
    await house.posts(house.worked(1), house.worked(2))
    await house.bills()

    assert await ended(house.engagement) == "fulfilled"
    assert await _stages(house) == [(1, Stage.FULFILLED)]
    assert await card(house.engagement) == "**Fulfilled.**"


async def test_carries_milestones_through_to_the_last_one(house: House) -> None:
    await house.activates(milestone_deal("400.00", "600.00"))
    await house.reaches(2)
    await ended(house.issue(1))
    still = (await house.engagement.describe()).status
    await house.reaches(1)

    assert await ended(house.engagement) == "fulfilled"
    assert still is WorkflowExecutionStatus.RUNNING


async def test_is_not_through_before_the_end_of_service_is_billed(house: House) -> None:
    await house.activates()
    await house.posts(house.worked())
    await house.bills(JUNE)
    await ended(house.billing)
    still = (await house.engagement.describe()).status
    await house.bills()

    assert await ended(house.engagement) == "fulfilled"
    assert still is WorkflowExecutionStatus.RUNNING


async def test_waits_for_time_that_is_posted_after_the_last_invoice(house: House) -> None:
    await house.activates(milestone_deal("1000.00"))
    house.erp.refuses("post_journal")
    await house.approves(house.worked())
    await house.parked()
    await house.reaches(1)
    await ended(house.billing)
    await house.posting.signal("resume")

    assert await ended(house.engagement) == "fulfilled"


async def test_hears_of_time_posted_while_another_batch_stays_parked(
    client: Client, database: SlowStore, landscape: Landscape
) -> None:
    async with housed(client, database, landscape, erp=ClosedErp()) as house:
        await house.leaves_batches(1)
        await house.activates(milestone_deal("1000.00"))
        gate = house.erp.holds("post_journal")
        await house.approves(house.worked())
        await house.reaches(1)
        await ended(house.billing)
        gate.set()

        assert await ended(house.engagement) == "fulfilled"
        assert len(await house.parked()) == 1


async def test_ends_cancelled_if_the_deal_is_not_won_at_the_first_read(house: House) -> None:
    await house.wins(is_won=False)

    assert await ended(house.engagement) == "cancelled"
    assert await _stages(house) == [(1, Stage.CANCELLED)]
    assert house.psa.calls == house.erp.calls == []


async def test_ends_cancelled_if_the_deal_is_lost_before_its_activation_is_through(
    house: House,
) -> None:
    house.erp.refuses("create_project")
    await house.wins()
    await house.parked()
    await house.loses()

    assert await ended(house.engagement) == "cancelled"
    assert await _stages(house) == [(1, Stage.CANCELLED)]
    assert house.psa.archived == [house.shell]
    assert await card(house.engagement) == "**Cancelled.**"


async def test_a_deal_won_again_while_it_is_cancelled_becomes_the_next_engagement(
    house: House,
) -> None:
    gate = house.psa.holds("archive_project")
    house.erp.refuses("create_project")
    await house.wins()
    await house.parked()
    await house.loses()
    await called(house.psa, "archive_project")
    await house.wins()
    await called(house.crm, "opportunity", 3)
    gate.set()
    ending = await ended(house.engagement)
    await Dispatcher(house.client, house.database).dispatch()
    await ended(house.run(f"contract:CT-{house.number + 2:05}"))

    assert ending == "cancelled"
    assert [generation for generation, _ in await _stages(house)] == [1, 2]
    assert len(house.psa.projects) == 2
    assert len(house.psa.archived) == 1


async def test_a_message_that_comes_with_its_end_is_the_next_engagements(house: House) -> None:
    gate = house.database.holds("engagements.move")
    await house.wins(is_won=False)
    await held(house.database, "engagements.move")
    house.sells()
    await house.engagement.signal("changed")
    gate.set()
    ending = await ended(house.engagement)
    await Dispatcher(house.client, house.database).dispatch()
    await ended(house.run(f"contract:CT-{house.number + 2:05}"))

    assert ending == "cancelled"
    assert [generation for generation, _ in await _stages(house)] == [1, 2]


@pytest.mark.parametrize("entity", [None, "MARS"], ids=["missing", "unknown"])
async def test_a_deal_without_a_known_entity_waits_for_one(
    house: House, entity: str | None
) -> None:
    await house.wins(entity=entity)
    (case,) = await house.parked()
    shown = await card(house.engagement)
    house.sells()
    await house.hears()

    assert await ended(house.activation) == "activated"
    assert (case.error_class, case.owner, case.step) == ("E05", "sales_ops", "Read the deal")
    assert "legal entity is missing or unknown" in shown
    assert await house.open_cases() == []


async def test_a_change_lets_the_activation_look_again(house: House) -> None:
    await house.wins(billing_frequency=None)
    await house.parked()
    house.sells(billing_frequency="monthly")
    await house.hears()

    assert await ended(house.activation) == "activated"


async def test_a_deal_that_cannot_be_read_waits_for_a_person(house: House) -> None:
    house.crm.refuses("opportunity", "the field set is locked")
    await house.wins()
    (case,) = await house.parked()
    await house.engagement.signal("resume")

    assert await ended(house.activation) == "activated"
    assert case.subject == str(house.opportunity)


async def test_started_twice_is_one_run(house: House) -> None:
    await house.wins(billing_frequency=None)
    await house.parked()
    first = (await house.engagement.describe()).run_id
    await house.hears()

    assert (await house.engagement.describe()).run_id == first
    assert len(await _stages(house)) == 1
