import pytest

from connectors import errors
from connectors.dynamics import Dynamics
from tests.connectors.dynamics.fake_environment import FakeEnvironment
from tests.connectors.dynamics.house import (
    CUSTOMER_CODES,
    USMF,
    client,
    contract,
    foreign,
    opened,
    project,
)

PROJECT, CONTRACT = foreign("P-00001"), foreign("CT-00001")


async def _opened_deal(erp: Dynamics) -> None:
    await erp.create_customer(USMF, client(), CUSTOMER_CODES)
    await erp.create_contract(contract(), foreign("C-00001"))
    await erp.create_project(project(), CONTRACT, "TM")


async def test_what_was_never_used_is_deleted() -> None:
    fake = FakeEnvironment()

    async with opened(fake) as erp:
        await _opened_deal(erp)
        await erp.close_project(project(), PROJECT)
        await erp.close_contract(contract(), CONTRACT)

    assert fake.sets["ProjectsV2"] == fake.sets["ProjectContracts"] == []
    assert fake.calls[-2:] == [
        "DELETE ProjectsV2(dataAreaId='usmf',ProjectId='P-00001')",
        "DELETE ProjectContracts(dataAreaId='usmf',ProjectContractID='CT-00001')",
    ]


async def test_what_is_gone_is_closed() -> None:
    fake = FakeEnvironment()

    async with opened(fake) as erp:
        await erp.close_project(project(), PROJECT)
        await erp.close_contract(contract(), CONTRACT)

    assert {name for name, rows in fake.sets.items() if rows} == set()


async def test_a_project_that_was_used_is_completed_and_its_contract_left() -> None:
    fake = FakeEnvironment()
    fake.undeletable = {"ProjectsV2", "ProjectContracts"}

    async with opened(fake) as erp:
        await _opened_deal(erp)
        for _ in range(2):
            await erp.close_project(project(), PROJECT)
            await erp.close_contract(contract(), CONTRACT)

    assert [row["ProjectStage"] for row in fake.sets["ProjectsV2"]] == ["Completed"]
    assert len(fake.sets["ProjectContracts"]) == 1


async def test_a_contract_with_a_project_that_goes_on_is_not_closed() -> None:
    fake = FakeEnvironment()
    fake.undeletable = {"ProjectContracts"}

    async with opened(fake) as erp:
        await _opened_deal(erp)
        fake.sets["ProjectsV2"][0]["ProjectStage"] = "Created"
        with pytest.raises(errors.Rejected) as caught:
            await erp.close_contract(contract(), CONTRACT)

    assert "cannot be deleted" in caught.value.reason
