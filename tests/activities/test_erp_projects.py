import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.erp_projects import ErpContracts, ErpProjects
from canonical.processes import ContractRequest
from canonical.projects import ProjectCode
from canonical.systems import ForeignId
from connectors.ports import Delivery
from store.database import Database
from tests.activities import house
from tests.erp_port import LOOSE, FakeErp
from tests.fakes import ERP, contract, foreign, project

CODE = ProjectCode("PR-00001")
CONTRACT = ContractRequest(contract=contract().id, routes=house.ROUTES)


def _contracts(database: Database, erp: FakeErp) -> ErpContracts:
    return ErpContracts(erp, database, house.effects(database), settle=house.AT_ONCE)


def _projects(database: Database, erp: FakeErp) -> ErpProjects:
    return ErpProjects(erp, database, house.effects(database), settle=house.AT_ONCE)


async def _open(database: Database, erp: FakeErp) -> ForeignId:
    await ActivityEnvironment().run(_contracts(database, erp).open, CONTRACT)
    return await ActivityEnvironment().run(_projects(database, erp).open, house.PROJECT)


async def _close(database: Database, erp: FakeErp) -> None:
    await ActivityEnvironment().run(_projects(database, erp).close, house.PROJECT)
    await ActivityEnvironment().run(_contracts(database, erp).close, CONTRACT)


async def test_opens_contract_and_project_in_the_erp_once(database: Database) -> None:
    await house.active(database)
    erp = house.erp()
    erp.loses("create_contract")
    erp.loses("create_project")

    for _ in range(2):
        with pytest.raises(ApplicationError):
            await _open(database, erp)
    made = await _open(database, erp)

    theirs = foreign(ERP, contract().id)
    assert erp.contracts == {theirs: house.CUSTOMER}
    assert erp.projects == {made: (theirs, "TM")}
    assert await house.linked(database, "project", CODE, made) == made
    assert await house.linked(database, "contract", "CT-00001", theirs) == theirs


async def test_an_erp_that_enforces_no_keys_still_has_one_contract_and_one_project(
    database: Database,
) -> None:
    await house.active(database)
    erp = house.erp(delivers=LOOSE)
    erp.loses("create_contract")
    erp.loses("create_project")

    for _ in range(2):
        with pytest.raises(ApplicationError):
            await _open(database, erp)
    await _open(database, erp)

    assert (len(erp.contracts), len(erp.projects)) == (1, 1)


async def test_a_lost_answer_that_nothing_can_find_waits_for_a_person(database: Database) -> None:
    await house.active(database)
    blind = LOOSE.model_copy(update={"contract": Delivery.NEITHER})
    erp = house.erp(delivers=blind)
    erp.loses("create_contract")
    kinds = []
    for _ in range(2):
        with pytest.raises(ApplicationError) as caught:
            await _open(database, erp)
        kinds.append(caught.value.type)

    assert kinds == ["Uncertain", "OutcomeUnknownError"]
    assert erp.calls == ["create_contract"]


async def test_a_project_that_the_erp_refuses_is_not_linked(database: Database) -> None:
    await house.active(database)
    erp = house.erp()
    erp.refuses("create_project", "Value 040 of dimension BusinessUnit is suspended")

    with pytest.raises(ApplicationError) as caught:
        await _open(database, erp)
    assert (caught.value.type, caught.value.non_retryable) == ("Rejected", True)
    assert "040" not in caught.value.message
    assert await house.linked(database, "project", CODE, foreign(ERP, CODE)) is None


async def test_an_erp_project_needs_a_customer(database: Database) -> None:
    await house.active(database, terms=contract(entity="DEMF"), plan=project(entity="DEMF"))
    erp = FakeErp()

    with pytest.raises(ApplicationError, match="client CL-00001/DEMF in erp-main"):
        await _open(database, erp)
    assert erp.calls == []


async def test_closes_what_it_opened_and_opens_nothing_afterwards(database: Database) -> None:
    await house.active(database)
    erp = house.erp()
    erp.loses("create_project")
    with pytest.raises(ApplicationError):
        await _open(database, erp)

    for _ in range(2):
        await _close(database, erp)
    with pytest.raises(ApplicationError) as caught:
        await ActivityEnvironment().run(_projects(database, erp).open, house.PROJECT)

    assert (erp.contracts, erp.projects) == ({}, {})
    assert caught.value.type == "WithdrawnError"
    assert erp.calls.count("close_project") == erp.calls.count("close_contract") == 1


async def test_closes_nothing_that_no_write_of_ours_made(database: Database) -> None:
    await house.active(database)
    erp = house.erp()
    theirs = foreign(ERP, contract().id)
    erp.contracts[theirs] = house.CUSTOMER
    erp.projects[foreign(ERP, CODE)] = (theirs, "TM")

    await _close(database, erp)

    assert (len(erp.contracts), len(erp.projects)) == (1, 1)


async def test_has_nothing_to_close_before_there_is_a_contract(database: Database) -> None:
    erp = house.erp()

    await ActivityEnvironment().run(_contracts(database, erp).close, CONTRACT)

    assert erp.calls == []


async def test_a_closing_that_is_refused_is_for_a_person(database: Database) -> None:
    await house.active(database)
    erp = house.erp()
    await _open(database, erp)
    erp.refuses("close_contract", "Project contract CT-00001 is under revision")

    with pytest.raises(ApplicationError) as caught:
        await _close(database, erp)
    await _close(database, erp)

    assert (caught.value.type, caught.value.non_retryable) == ("Rejected", True)
    assert erp.contracts == {}
