import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.contracts import ActivateTerms, CheckContract, ContractRecords, TermsActivated
from canonical.clients import ClientId
from canonical.contracts import ContractId, Milestones
from canonical.projects import ProjectCode
from store import contracts
from store.database import Database
from tests.activities import house
from tests.fakes import milestone_deal, money, project

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
