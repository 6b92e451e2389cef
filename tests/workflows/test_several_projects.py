"""A deal with several projects: opened side by side, closed together, billed as one."""

from decimal import Decimal

import pytest
from temporalio.client import WorkflowFailureError

from canonical.entries import TimeEntry
from canonical.opportunities import Opportunity
from canonical.processes import project_id
from canonical.projects import ProjectCode
from store import contracts, invoices
from tests.fakes import PSA, foreign, milestone_deal, money, opportunity, price
from tests.workflows import steps
from tests.workflows.house import House
from tests.workflows.waiting import called, ended


def _deal() -> Opportunity:
    build = price("140").model_copy(update={"workstream": "Build"})
    design = price("180").model_copy(update={"workstream": "Design"})
    return opportunity(prices=(build, design))


def _codes(house: House, after: int = 0) -> tuple[ProjectCode, ProjectCode]:
    """Return the codes that Build and Design get; `after` so many others."""
    first = house.number + 1 + after
    return ProjectCode(f"PR-{first:05}"), ProjectCode(f"PR-{first + 1:05}")


def _worked(house: House, number: int, project: ProjectCode, hours: str) -> TimeEntry:
    shell = next(at for at, code in house.psa.projects.items() if code == project)
    return house.worked(number, hours=hours, project=shell)


async def test_every_project_is_opened_under_its_own_code_below_one_contract(
    house: House,
) -> None:
    await house.activates(_deal())

    build, design = _codes(house)
    assert set(house.psa.projects.values()) == {build, design}
    assert {project.value for project in house.erp.projects} == {build, design}
    assert len(house.erp.contracts) == 1
    assert house.crm.projects[house.opportunity] == (f"{build}, {design}", "active")


async def test_milestones_are_planned_in_the_shell_of_their_own_project(house: House) -> None:
    deal = milestone_deal("400.00", "600.00", "100.00")
    names = zip(deal.schedule, ("Build", "Training", "Build"), strict=True)
    named = tuple(line.model_copy(update={"workstream": name}) for line, name in names)
    await house.activates(deal, schedule=named)

    async with house.database.reading() as tx:
        plans = await contracts.projects(tx, house.contract)
    assert {plan.workstream: [term.name for term in plan.milestones] for plan in plans} == {
        "Build": ["Phase 1", "Phase 3"],
        "Training": ["Phase 2"],
    }
    assert len(house.psa.milestones) == 3


async def test_one_that_waits_for_a_person_does_not_keep_the_other_back(house: House) -> None:
    house.psa.refuses("create_project")
    await house.wins(_deal())
    (case,) = await house.parked()
    waiting = ProjectCode(case.subject)
    (other,) = set(_codes(house)) - {waiting}
    assert await ended(house.run(project_id(other))) == "activated"

    await house.run(project_id(waiting)).signal("resume")
    assert await ended(house.activation) == "activated"
    assert set(house.psa.projects.values()) == {waiting, other}


async def test_one_that_is_cancelled_takes_the_others_with_it(house: House) -> None:
    build, design = _codes(house)
    house.psa.refuses("create_project")
    await house.wins(_deal())
    (case,) = await house.parked()
    (other,) = {build, design} - {ProjectCode(case.subject)}
    assert await ended(house.run(project_id(other))) == "activated"
    await house.run(project_id(ProjectCode(case.subject))).cancel()

    assert await ended(house.activation) == "given_up"
    assert house.erp.in_use == set()
    assert set(house.psa.projects) == set(house.psa.archived)
    assert house.crm.projects[house.opportunity] == (f"{build}, {design}", "cancelled")
    await house.loses()
    assert await ended(house.engagement) == "cancelled"
    await steps.nothing_is_left(house)


@pytest.mark.parametrize(
    ("system", "call"),
    [("psa", "create_project"), ("erp", "create_project"), ("crm", "record_project")],
)
async def test_cancelled_while_both_are_written_nothing_is_left(
    house: House, system: str, call: str
) -> None:
    acting = getattr(house, system)
    gate = acting.holds(call)
    await house.wins(_deal())
    await called(acting, call)
    await house.engagement.cancel()
    gate.set()

    with pytest.raises(WorkflowFailureError):
        await ended(house.engagement)
    await steps.nothing_is_left(house)


async def test_won_again_every_project_has_a_new_code(house: House) -> None:
    await house.activates(_deal())
    await house.loses()
    assert await ended(house.engagement) == "cancelled"
    assert set(house.psa.projects) == set(house.psa.archived)
    assert house.erp.in_use == set()

    await house.wins(_deal())
    contract = f"CT-{house.number + 2:05}"
    assert await ended(house.run(f"contract:{contract}")) == "activated"

    build, design = _codes(house, after=2)
    live = {code for at, code in house.psa.projects.items() if at not in house.psa.archived}
    assert live == {build, design}
    assert {each.value for each in house.erp.in_use} == {contract, build, design}
    assert house.crm.projects[house.opportunity] == (f"{build}, {design}", "active")


async def test_time_of_both_is_on_one_invoice_at_the_price_of_each(house: House) -> None:
    await house.activates(_deal())
    build, design = _codes(house)
    await house.posts(_worked(house, 1, design, "6"), _worked(house, 2, build, "12.5"))
    await house.bills()
    await ended(house.issue())

    async with house.database.reading() as tx:
        (kept,) = await invoices.of_contract(tx, house.contract)
    billed = {line.dimensions.project: (line.unit_price, line.net) for line in kept.invoice.lines}
    assert billed == {
        design: (Decimal(180), money("1080.00")),
        build: (Decimal(140), money("1750.00")),
    }
    assert set(house.psa.invoiced) == {foreign(PSA, "1001"), foreign(PSA, "1002")}
