import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.contracts import ActivateTerms, CheckContract, ContractRecords, TermsActivated
from canonical.clients import ClientId
from canonical.contracts import ContractId, Milestones, TimeAndMaterials
from canonical.projects import ProjectCode
from store import contracts
from store.database import Database
from tests.activities import house
from tests.fakes import milestone_deal, money, price, project

CONTRACT = ContractId("CT-00001")
ACTIVATE = ActivateTerms(contract=CONTRACT, client=ClientId("CL-00001"), routes=house.ROUTES)
CHECK = CheckContract(contract=CONTRACT, routes=house.ROUTES)


async def _activate(database: Database) -> TermsActivated:
    return await ActivityEnvironment().run(ContractRecords(database).activate, ACTIVATE)


async def test_finds_nothing_wrong_with_a_complete_deal(database: Database) -> None:
    await house.won(database)

    checked = await ActivityEnvironment().run(ContractRecords(database).check, CHECK)

    assert checked.defects == ()


async def test_names_what_is_missing_and_what_is_not_mapped(database: Database) -> None:
    await house.won(database, billing_frequency=None, practice="AI")

    checked = await ActivityEnvironment().run(ContractRecords(database).check, CHECK)

    found = {(defect.error_class, defect.field) for defect in checked.defects}
    assert found == {("E05", "billing schedule"), ("E06", "business_unit")}


async def test_a_complete_deal_becomes_a_contract_with_a_project(database: Database) -> None:
    await house.won(database)

    activated = await _activate(database)

    async with database.reading() as tx:
        contract = await contracts.get(tx, CONTRACT)
        plan = await contracts.project(tx, activated.projects[0])
    assert (contract.client, contract.price) == ("CL-00001", money("2480.00"))
    assert plan == project()


async def test_a_milestone_deal_keeps_its_milestones_under_our_ids(database: Database) -> None:
    deal = milestone_deal("36000.00", "48000.00", "36000.00")
    await house.won(database, **deal.model_dump(exclude={"id", "name"}))

    activated = await _activate(database)

    async with database.reading() as tx:
        terms = (await contracts.get(tx, CONTRACT)).lines[0].terms
        plan = await contracts.project(tx, activated.projects[0])
    assert isinstance(terms, Milestones)
    assert [term.id for term in terms.milestones] == ["CT-00001/M1", "CT-00001/M2", "CT-00001/M3"]
    assert plan.milestones == terms.milestones


async def test_a_deal_of_two_workstreams_becomes_one_contract_with_two_projects(
    database: Database,
) -> None:
    prices = (
        price("140").model_copy(update={"workstream": "Build"}),
        price("180").model_copy(update={"workstream": "Design"}),
    )
    await house.won(database, prices=prices)

    first, again = await _activate(database), await _activate(database)

    assert first == again
    assert first.projects == ("PR-00001", "PR-00002")
    async with database.reading() as tx:
        kept = await contracts.get(tx, CONTRACT)
        plans = await contracts.projects(tx, CONTRACT)
    assert [(plan.code, plan.name, plan.workstream) for plan in plans] == [
        ("PR-00001", "ERP rollout: Build", "Build"),
        ("PR-00002", "ERP rollout: Design", "Design"),
    ]
    assert [plan.dimensions.project for plan in plans] == list(first.projects)
    assert kept.line_of("Design").terms == TimeAndMaterials(prices=prices[1:], frequency="monthly")


async def test_each_project_is_planned_with_its_own_milestones(database: Database) -> None:
    deal = milestone_deal("400.00", "600.00")
    names = zip(deal.schedule, ("Training", "Build"), strict=True)
    named = tuple(line.model_copy(update={"workstream": name}) for line, name in names)
    await house.won(database, **deal.model_dump(exclude={"id", "name", "schedule"}), schedule=named)

    await _activate(database)

    async with database.reading() as tx:
        plans = await contracts.projects(tx, CONTRACT)
    assert {plan.workstream: [term.id for term in plan.milestones] for plan in plans} == {
        "Training": ["CT-00001/M1"],
        "Build": ["CT-00001/M2"],
    }


async def test_gives_out_a_code_only_once(database: Database) -> None:
    await house.won(database)

    assert await _activate(database) == await _activate(database)
    assert await house.trail(database, "CT-00001") == [
        "engagement.opened",
        "deal.read",
        "contract.activated",
    ]


async def test_an_incomplete_deal_leaves_nothing(database: Database) -> None:
    await house.won(database, service_from=None)

    with pytest.raises(ApplicationError) as caught:
        await _activate(database)
    assert (caught.value.type, caught.value.non_retryable) == ("IncompleteError", True)
    async with database.reading() as tx:
        assert await contracts.find(tx, CONTRACT) is None
        assert await contracts.projects(tx, CONTRACT) == []
        assert await contracts.project_code(tx, CONTRACT) == ProjectCode("PR-00001")


async def test_a_deal_that_was_never_read_cannot_be_checked(database: Database) -> None:
    with pytest.raises(ApplicationError) as caught:
        await ActivityEnvironment().run(ContractRecords(database).check, CHECK)
    assert caught.value.type == "UnknownContractError"
