"""The Temporal Web UI alone tells the story of a deal."""

from functools import partial

from temporalio.client import WorkflowExecution

from tests.fakes import ERP, PSA
from tests.workflows.house import House
from tests.workflows.waiting import ended, until


async def _found(house: House, query: str) -> list[WorkflowExecution]:
    return [run async for run in house.client.list_workflows(query)]


async def _fulfilled(house: House) -> None:
    await house.activates()
    await house.posts(house.worked())
    await house.bills()
    await ended(house.engagement)


async def test_every_run_has_a_title(house: House) -> None:
    await _fulfilled(house)
    deal, account, contract = house.opportunity, house.account, house.contract
    titles = {
        house.engagement: f"Engagement of {deal}: {contract}",
        house.client_master: f"Client {account}",
        house.onboarding(): f"Onboard {account} for USMF",
        house.activation: f"Activate contract {contract}",
        house.opening: f"Activate project {house.project}",
        house.collecting: f"Collect approvals from {PSA}",
        house.posting: f"Post time of USMF to {ERP}",
        house.billing: f"Billing of {contract}",
        house.issue(): f"Invoice of {contract}, cycle 1",
    }

    for run, title in titles.items():
        assert await (await run.describe()).static_summary() == title


async def test_every_step_says_what_it_does(house: House) -> None:
    await _fulfilled(house)
    runs = (
        *(house.engagement, house.onboarding(), house.activation, house.opening),
        *(house.collecting, house.posting, house.issue()),
    )

    for run in runs:
        for event in (await run.fetch_history()).events:
            if event.HasField("activity_task_scheduled_event_attributes"):
                assert event.user_metadata.summary.data, event


async def test_all_runs_of_a_contract_are_found_by_it(house: House) -> None:
    await _fulfilled(house)

    async def look() -> bool:
        found = await _found(house, f'TiebeamContract = "{house.contract}"')
        return sorted(run.workflow_type for run in found) == [
            *("ActivateContract", "ActivateProject", "Billing", "Engagement", "IssueInvoice"),
        ]

    assert await until(look)


async def test_a_deal_that_was_never_activated_is_found_too(house: House) -> None:
    await house.wins(is_won=False)
    await ended(house.engagement)
    query = f'TiebeamContract = "{house.contract}" AND TiebeamStage = "cancelled"'

    (run,) = await until(lambda: _found(house, query))
    assert run.id == house.engagement.id


async def test_runs_are_found_by_client_project_invoice_system_and_stage(house: House) -> None:
    await _fulfilled(house)
    client = f"CL-{house.number + 1:05}"
    queries = {
        f'TiebeamClient = "{client}" AND WorkflowType = "OnboardClient"': house.onboarding(),
        f'TiebeamClient = "{client}" AND WorkflowType = "ClientMaster"': house.client_master,
        f'TiebeamProject = "{house.project}"': house.opening,
        f'TiebeamInvoice = "{house.contract}/1"': house.issue(),
        f'TiebeamSystem = "{PSA}" AND WorkflowId = "{house.collecting.id}"': house.collecting,
        f'TiebeamStage = "fulfilled" AND TiebeamContract = "{house.contract}"': house.engagement,
    }

    for query, run in queries.items():
        found = await until(partial(_found, house, query))
        assert [one.id for one in found] == [run.id]


async def test_what_waits_for_a_person_is_found_by_the_class_of_its_case(house: House) -> None:
    await house.wins(billing_frequency=None)
    await house.parked()
    mine = f'TiebeamContract = "{house.contract}"'
    waiting = await until(lambda: _found(house, f'{mine} AND TiebeamCase = "E05"'))
    house.sells(billing_frequency="monthly")
    await house.hears()
    through = await until(lambda: _found(house, f'{mine} AND TiebeamCase = "none"'))

    assert [run.id for run in waiting] == [run.id for run in through] == [house.activation.id]
