"""Several projects in one deal: which lines its contract has, and what is wrong with its names."""

import pytest

from canonical.cases import Defect
from canonical.contracts import ContractId, Milestones, TimeAndMaterials
from canonical.opportunities import Opportunity, PriceLine
from policies import contract_check, workstream_check
from tests.fakes import (
    JULY,
    erp_codes,
    mapping,
    milestone_deal,
    opportunity,
    price,
    psa_codes,
    schedule,
)


def _price(per_hour: str, workstream: str | None, **changes: object) -> PriceLine:
    return price(per_hour).model_copy(update={"workstream": workstream} | changes)


def _phases(*workstreams: str | None) -> Opportunity:
    lines = zip(schedule(*["100.00"] * len(workstreams)), workstreams, strict=True)
    named = tuple(line.model_copy(update={"workstream": name}) for line, name in lines)
    return milestone_deal(*["100.00"] * len(workstreams), schedule=named)


def _decide(deal: Opportunity) -> contract_check.Verdict:
    return contract_check.decide(deal, ContractId("CT-00001"), erp=erp_codes(), psa=psa_codes())


def _complete(deal: Opportunity) -> contract_check.Complete:
    verdict = _decide(deal)
    assert isinstance(verdict, contract_check.Complete)
    return verdict


def _defects(deal: Opportunity) -> tuple[Defect, ...]:
    verdict = _decide(deal)
    assert isinstance(verdict, contract_check.Incomplete)
    return verdict.defects


def test_each_workstream_is_a_line_with_its_own_prices() -> None:
    build, design = _price("140", "Build"), _price("180", "Design")
    later = _price("150", "Build", valid_from=JULY)

    lines = _complete(opportunity(prices=(build, later, design))).lines

    assert [(line.number, line.workstream) for line in lines] == [(1, "Build"), (2, "Design")]
    terms = [line.terms for line in lines]
    assert all(isinstance(each, TimeAndMaterials) for each in terms)
    assert [each.prices for each in terms if isinstance(each, TimeAndMaterials)] == [
        (build, later),
        (design,),
    ]


def test_each_workstream_is_a_line_with_its_own_milestones_under_ids_of_the_contract() -> None:
    lines = _complete(_phases("Build", "Training", "Build")).lines

    found = {
        line.workstream: [term.id for term in line.terms.milestones]
        for line in lines
        if isinstance(line.terms, Milestones)
    }
    assert found == {"Build": ["CT-00001/M1", "CT-00001/M3"], "Training": ["CT-00001/M2"]}


def test_a_price_without_a_project_among_others_is_named() -> None:
    (defect,) = _defects(opportunity(prices=(_price("140", "Build"), _price("180", None))))

    assert (defect.error_class, defect.field, defect.owner) == ("E05", "workstream", "sales_ops")
    assert defect.text == (
        "the price of role 'CONSULTANT' from 2026-06-01 names no project, and others do: "
        "name it in the CRM"
    )


def test_a_schedule_line_without_a_project_among_others_is_named() -> None:
    (defect,) = _defects(_phases("Build", None))

    assert defect.text == (
        "line 2 of the billing schedule (Phase 2) names no project, and others do: "
        "name it in the CRM"
    )


def test_names_that_differ_in_capitals_only_are_one_name_misspelled() -> None:
    (defect,) = _defects(_phases("Build", "BUILD"))

    assert defect.text == (
        "projects 'Build' and 'BUILD' differ in capitals only: name one in the CRM"
    )


@pytest.mark.parametrize(("count", "is_fine"), [(20, True), (21, False)])
def test_a_deal_has_no_more_projects_than_the_crm_can_show(count: int, *, is_fine: bool) -> None:
    deal = _phases(*(f"Site {number}" for number in range(count)))

    assert (list(workstream_check.defects(deal)) == []) is is_fine


def test_one_role_may_have_one_price_a_day_in_each_project() -> None:
    twice = (_price("140", "Build"), _price("150", "Build"), _price("180", "Design"))

    (defect,) = _defects(opportunity(prices=twice))

    assert defect.error_class == "E13"
    assert defect.text == (
        "role 'CONSULTANT' has two prices from 2026-06-01 in Build: remove one in the CRM"
    )


def test_the_roles_of_every_project_need_their_mappings() -> None:
    manager = _price("250", "Design", role="MANAGER")
    deal = opportunity(prices=(_price("140", "Build"), manager))

    assert {defect.field for defect in _defects(deal)} == {"category", "role"}
    mapped = contract_check.decide(
        deal,
        ContractId("CT-00001"),
        erp=erp_codes(mapping("category", "MANAGER", "MGR")),
        psa=psa_codes(
            *psa_codes().rows, mapping("role", "Manager", "MANAGER", system=psa_codes().system)
        ),
    )
    assert mapped.verdict == "complete"
