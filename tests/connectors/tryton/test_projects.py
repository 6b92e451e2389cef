from typing import Any

import pytest

from connectors import errors
from connectors.tryton import Tryton
from tests.connectors.tryton.firm import Firm
from tests.connectors.tryton.house import (
    CUSTOMER_CODES,
    DEMF,
    Wire,
    client,
    contract,
    foreign,
    next_number,
    own_deal,
    project,
)

WORK = "model.project.work.write"
AXIS = "model.analytic_account.account.write"


async def test_own_deal_is_a_root_work_a_work_below_it_and_a_value_of_the_axis(
    erp: Tryton, firm: Firm
) -> None:
    deal = await own_deal(erp)

    fields = ("name", "type", "party", "parent", "project_invoice_method", "timesheet_available")
    root, below = firm.rows(
        "project.work", [["id", "in", [int(deal.contract.value), int(deal.project.value)]]], *fields
    )
    common = {
        "type": "project",
        "party": firm.id_of("party.party", "code", deal.customer.value),
        "project_invoice_method": "manual",
    }
    assert root == {
        **common,
        "id": int(deal.contract.value),
        "name": f"CT-{deal.number:05} Rollout",
        "parent": None,
        "timesheet_available": False,
    }
    assert below == {
        **common,
        "id": int(deal.project.value),
        "name": f"PR-{deal.number:05} Rollout",
        "parent": root["id"],
        "timesheet_available": True,
    }
    (value,) = _values(firm, deal.number)
    assert (value["type"], value["parent."]["code"]) == ("normal", "PROJECT")


async def test_a_contract_is_found_and_created_once_under_exactly_its_id(erp: Tryton) -> None:
    deal = await own_deal(erp)

    again = await erp.create_contract(contract(deal.number), deal.customer)

    assert again == deal.contract
    assert await erp.find_contracts(contract(deal.number)) == (deal.contract,)
    longer = contract(deal.number).model_copy(update={"id": f"CT-{deal.number:04}"})
    assert await erp.find_contracts(longer) == ()


async def test_a_contract_with_a_lost_answer_is_found(erp: Tryton, wire: Wire) -> None:
    number = next_number()

    customer = await erp.create_customer(DEMF, client(number), CUSTOMER_CODES)
    wire.lose("model.project.work.create")
    with pytest.raises(errors.Uncertain):
        await erp.create_contract(contract(number), customer)

    (found,) = await erp.find_contracts(contract(number))

    assert await erp.create_contract(contract(number), customer) == found


async def test_an_id_of_another_customers_contract_is_refused(erp: Tryton) -> None:
    deal, other = await own_deal(erp), await own_deal(erp)

    with pytest.raises(errors.Rejected, match="another record's"):
        await erp.create_contract(contract(deal.number), other.customer)


@pytest.mark.parametrize("method", [WORK, AXIS])
async def test_a_project_with_a_lost_answer_is_completed_and_never_doubled(
    erp: Tryton, wire: Wire, firm: Firm, method: str
) -> None:
    number = next_number()
    customer = await erp.create_customer(DEMF, client(number), CUSTOMER_CODES)
    below = await erp.create_contract(contract(number), customer)
    wire.lose(method)
    with pytest.raises(errors.Uncertain):
        await erp.create_project(project(number), below, "TM")

    created = await erp.create_project(project(number), below, "TM")

    assert await erp.find_projects(project(number)) == (created,)
    assert len(_values(firm, number)) == 1


@pytest.mark.parametrize("method", [WORK, AXIS])
async def test_an_attempt_that_arrives_late_is_refused_by_the_stamp(
    erp: Tryton, wire: Wire, firm: Firm, method: str
) -> None:
    number = next_number()
    customer = await erp.create_customer(DEMF, client(number), CUSTOMER_CODES)
    below = await erp.create_contract(contract(number), customer)
    wire.delay(method)
    with pytest.raises(errors.Uncertain):
        await erp.create_project(project(number), below, "TM")
    created = await erp.create_project(project(number), below, "TM")

    (answer,) = await wire.arrive()

    assert b"ConcurrencyException" in answer
    assert await erp.find_projects(project(number)) == (created,)
    assert len(_values(firm, number)) == 1


async def test_a_code_of_another_contracts_project_is_refused(erp: Tryton) -> None:
    deal, other = await own_deal(erp), await own_deal(erp)

    with pytest.raises(errors.Rejected, match="another record's"):
        await erp.create_project(project(deal.number), other.contract, "TM")


async def test_a_business_unit_that_is_not_there_is_refused_before_anything_is(
    erp: Tryton, firm: Firm
) -> None:
    deal = await own_deal(erp)
    number = next_number()
    told = project(number)
    lost = told.dimensions.model_copy(update={"business_unit": "999"})

    with pytest.raises(errors.Rejected) as caught:
        await erp.create_project(told.model_copy(update={"dimensions": lost}), deal.contract, "TM")

    assert "999" in caught.value.reason
    assert await erp.find_projects(told) == ()
    assert _values(firm, number) == []


async def test_a_project_below_no_contract_is_missing(erp: Tryton) -> None:
    with pytest.raises(errors.Missing):
        await erp.create_project(project(next_number()), foreign(999_999), "TM")


async def test_the_project_group_is_the_works_product_if_the_firm_has_one(
    erp: Tryton, firm: Firm
) -> None:
    unit = firm.id_of("product.uom", "name", "Hour")
    product = {"name": "Fixed price", "type": "service", "default_uom": unit, "code": "FP"}
    firm.create("product.template", **product, products=[["create", [{}]]])
    number = next_number()
    customer = await erp.create_customer(DEMF, client(number), CUSTOMER_CODES)
    below = await erp.create_contract(contract(number), customer)

    created = await erp.create_project(project(number), below, "FP")

    (work,) = firm.rows("project.work", [["id", "=", int(created.value)]], "product.code")
    assert work["product."]["code"] == "FP"


def _values(firm: Firm, number: int) -> list[dict[str, Any]]:
    where: list[Any] = [["code", "=", f"PR-{number:05}"], ["company", "=", firm.company]]
    return firm.rows("analytic_account.account", where, "type", "parent.code")
