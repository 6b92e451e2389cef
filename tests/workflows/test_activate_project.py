from datetime import timedelta

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowFailureError
from temporalio.exceptions import CancelledError

from canonical.landscape import Landscape
from store import contracts
from tests.fakes import milestone_deal
from tests.workflows.house import House, housed
from tests.workflows.slow_store import SlowStore
from tests.workflows.systems import SlowPsa
from tests.workflows.waiting import called, card, ended, has_event, held, until

STEPS = [
    ("psa", "create_project"),
    ("psa", "create_milestones"),
    ("erp", "create_project"),
    ("crm", "record_project"),
]
each_step = pytest.mark.parametrize(("system", "call"), STEPS, ids=[".".join(s) for s in STEPS])


def _leaves_nothing_in_use(house: House) -> bool:
    return set(house.psa.archived) == set(house.psa.projects)


async def _is_cancelled(house: House) -> bool:
    with pytest.raises(WorkflowFailureError) as caught:
        await ended(house.opening)
    return isinstance(caught.value.cause, CancelledError)


async def test_opens_the_project_under_one_code_in_every_system(house: House) -> None:
    await house.activates(milestone_deal("400.00", "600.00"))

    assert list(house.psa.projects.values()) == [house.project]
    assert len(house.psa.milestones) == 2
    assert [project.value for project in house.erp.projects] == [house.project]
    assert house.crm.projects[house.opportunity] == (house.project, "active")


@each_step
async def test_cancelled_within_a_step_leaves_no_shell_in_use(
    house: House, system: str, call: str
) -> None:
    acting = getattr(house, system)
    gate = acting.holds(call)
    await house.wins(milestone_deal("1000.00"))
    await called(acting, call)
    await house.loses()
    await has_event(house.opening, EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCEL_REQUESTED)
    gate.set()

    assert await ended(house.engagement) == "cancelled"
    assert await _is_cancelled(house)
    assert _leaves_nothing_in_use(house)


@each_step
async def test_cancelled_while_a_step_is_parked_leaves_no_shell_in_use_and_no_case(
    house: House, system: str, call: str
) -> None:
    getattr(house, system).refuses(call)
    await house.wins(milestone_deal("1000.00"))
    await house.parked()
    await house.loses()

    assert await ended(house.engagement) == "cancelled"
    assert await _is_cancelled(house)
    assert _leaves_nothing_in_use(house)
    assert await house.open_cases() == []


async def test_cancelled_while_it_opens_a_case_leaves_none(house: House) -> None:
    gate = house.database.holds("cases.open")
    house.erp.refuses("create_project")
    await house.wins()
    await held(house.database, "cases.open")
    await house.opening.cancel()
    await has_event(house.opening, EventType.EVENT_TYPE_ACTIVITY_TASK_CANCEL_REQUESTED)
    gate.set()

    assert await _is_cancelled(house)
    assert _leaves_nothing_in_use(house)
    await until(lambda: house.audited("case.opened"))
    assert await house.open_cases() == []


async def test_archives_a_shell_that_appears_after_the_cancellation(
    client: Client, database: SlowStore, landscape: Landscape
) -> None:
    psa = SlowPsa()
    settle = timedelta(milliseconds=300)
    async with housed(client, database, landscape, settle=settle, psa=psa) as house:
        await house.wins()
        await called(psa, "create_project")
        await house.loses()

        assert await ended(house.engagement) == "cancelled"
    assert len(psa.projects) == 1
    assert psa.archived == list(psa.projects)


async def test_a_refused_step_shows_the_vendors_words_to_a_person_and_resumes(
    house: House,
) -> None:
    house.erp.refuses("create_project", "project group TM is blocked")
    await house.wins()
    (case,) = await house.parked()
    shown = await card(house.opening)
    await house.opening.signal("resume")

    assert await ended(house.opening) == "activated"
    assert case.text == "project group TM is blocked"
    assert (case.error_class, case.certainty) == ("E05", "rejected")
    assert shown.startswith("**Waiting for a person: Create the ERP project.**")
    assert await house.open_cases() == []


async def test_a_step_that_goes_on_is_no_longer_shown_as_waiting(house: House) -> None:
    house.erp.refuses("create_project")
    await house.wins()
    await house.parked()
    gate = house.erp.holds("create_project")
    await house.opening.signal("resume")
    await called(house.erp, "create_project", 2)
    shown = await card(house.opening)
    gate.set()

    assert await ended(house.opening) == "activated"
    assert shown == "Opening the milestones, and the project in the ERP."


async def test_a_shell_that_cannot_be_archived_waits_for_a_person(house: House) -> None:
    house.psa.refuses("archive_project", "time is still being approved")
    house.erp.refuses("create_project")
    await house.wins()
    await house.parked()
    await house.loses()
    await called(house.psa, "archive_project")
    (case,) = await house.parked()
    await house.opening.signal("resume")

    assert await ended(house.engagement) == "cancelled"
    assert case.text == "time is still being approved"
    assert _leaves_nothing_in_use(house)


async def test_cancelled_twice_archives_once(house: House) -> None:
    gate = house.psa.holds("archive_project")
    house.erp.refuses("create_project")
    await house.wins()
    await house.parked()
    await house.opening.cancel()
    await called(house.psa, "archive_project")
    await house.opening.cancel()
    gate.set()

    assert await _is_cancelled(house)
    assert house.psa.calls.count("archive_project") == 1


async def test_started_twice_is_one_run(house: House) -> None:
    house.erp.refuses("create_project")
    await house.wins()
    await house.parked()
    first = (await house.opening.describe()).run_id
    await house.hears()
    await house.opening.signal("resume")
    await ended(house.activation)

    assert (await house.opening.describe()).run_id == first
    assert len(house.psa.projects) == len(house.erp.projects) == 1
    async with house.database.reading() as tx:
        assert len(await contracts.projects(tx, house.contract)) == 1
