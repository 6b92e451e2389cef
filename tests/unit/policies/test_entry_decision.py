from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from canonical.contracts import Contract
from canonical.entries import TimeEntry
from canonical.mappings import Mappings
from canonical.worktime import WorkTime
from policies.billing import entry_decision, pricing
from tests.fakes import (
    DIMENSIONS,
    JULY,
    USMF,
    contract,
    entry,
    erp_codes,
    hours,
    mapping,
    milestones,
    money,
    price,
    project,
    psa_codes,
    rate,
    time_and_materials,
)


def _decide(
    worked: TimeEntry,
    *,
    sold: Contract | None = None,
    erp: Mappings | None = None,
    psa: Mappings | None = None,
    hours_decimals: int = 4,
) -> entry_decision.Decision:
    codes = entry_decision.Codes(
        erp=erp or erp_codes(),
        psa=psa or psa_codes(),
        entity=USMF,
        hours_decimals=hours_decimals,
    )
    return entry_decision.decide(worked, sold or contract(), project(), codes)


def test_a_complete_entry_becomes_a_slice_and_a_cost_line() -> None:
    """R-058: the verdict with its rule stays with the entry."""
    decision = _decide(entry(work_date=date(2026, 6, 30)))

    assert decision.defect is None
    assert isinstance(decision.verdict, pricing.Priced)
    assert decision.part.state == "ready"
    assert (decision.part.amount, decision.part.unit_price) == (money("1200.00"), Decimal(150))
    assert (decision.part.source, decision.part.number) == ("psa-main:101", 1)
    assert decision.part.worked == hours("8")
    assert decision.part.text == "Hours: Consultant"


def test_the_cost_line_speaks_the_erps_codes() -> None:
    line = _decide(entry()).line

    assert line is not None
    assert (line.category, line.resource) == ("CONS", "000123")
    assert line.dimensions == DIMENSIONS
    assert (line.worked, line.cost, line.entry) == (hours("8"), rate("70"), "psa-main:101")


def test_work_under_a_fixed_price_is_covered_and_still_costs() -> None:
    decision = _decide(entry(), sold=contract(lines=(milestones("120000.00"),)))

    assert (decision.part.state, decision.part.amount) == ("covered", money("0.00"))
    assert decision.line is not None
    assert decision.line.cost == rate("70")


def test_work_that_is_not_billable_still_costs() -> None:
    decision = _decide(entry(is_billable=False))

    assert (decision.part.state, decision.part.amount) == ("non_billable", money("0.00"))
    assert decision.line is not None


@pytest.mark.parametrize(
    ("worked", "codes", "expected"),
    [
        (
            entry(role="Architect"),
            {},
            (
                "E06",
                "role",
                "psa-main has no role for 'Architect' on 2026-06-30 (USMF): add the mapping",
            ),
        ),
        (
            entry(employee=None),
            {},
            ("E06", "employee", "the person has no employee number in the PSA: add it there"),
        ),
        (
            entry(cost=None),
            {},
            ("E13", "cost rate", "no cost rate on 2026-06-30: add it for the person"),
        ),
        (
            entry(),
            {"erp": erp_codes(without=["category"])},
            (
                "E06",
                "category",
                "erp-main has no category for 'CONSULTANT' on 2026-06-30 (USMF): add the mapping",
            ),
        ),
        (
            entry(),
            {"sold": contract(lines=(time_and_materials(price("160", JULY)),))},
            (
                "E13",
                "price",
                "no price for role 'CONSULTANT' on 2026-06-30: the contract has to be amended",
            ),
        ),
    ],
    ids=["role", "employee", "cost-rate", "category", "price"],
)
def test_an_entry_that_lacks_something_is_held_and_told_what_to_add(
    worked: TimeEntry, codes: dict[str, Any], expected: tuple[str, str, str]
) -> None:
    """R-012, E06, E13: nothing of it moves on, neither its price nor its cost."""
    decision = _decide(worked, **codes)

    assert decision.defect is not None
    found = decision.defect
    assert (found.error_class, found.field, found.text) == expected
    assert found.subject == "psa-main:101"
    assert (decision.part.state, decision.part.amount) == ("held", money("0.00"))
    assert decision.part.worked == hours("8")
    assert decision.line is None


def test_work_that_is_not_billable_is_held_too_while_its_cost_is_unknown() -> None:
    decision = _decide(entry(is_billable=False, cost=None))

    assert decision.part.state == "held"


@pytest.mark.parametrize(
    ("minutes", "cost", "decimals", "state"),
    [
        (10, "150", 4, "held"),
        (10, "150", 5, "ready"),
        (10, "70", 4, "ready"),
        (20, "75", 2, "held"),
        (15, "150", 2, "ready"),
    ],
)
def test_work_is_held_whose_cost_does_not_survive_the_erps_hours(
    minutes: int, cost: str, decimals: int, state: str
) -> None:
    """E25: 0.1667 h at 150 would be booked as 25.01, not as 25.00."""
    worked = entry(cost=rate(cost)).model_copy(update={"worked": WorkTime.of_minutes(minutes)})

    decision = _decide(worked, hours_decimals=decimals)

    assert decision.part.state == state
    if state == "held":
        assert decision.defect is not None
        assert (decision.defect.error_class, decision.defect.field) == ("E25", "hours")
        assert f"{decimals} decimals" in decision.defect.text


def test_a_role_is_the_one_it_meant_on_the_work_date() -> None:
    roles = psa_codes(
        mapping("role", "Consultant", "CONSULTANT", system="psa-main"),
        mapping("role", "Consultant", "MANAGER", system="psa-main", valid_from=JULY),
    )

    june = _decide(entry(work_date=date(2026, 6, 30)), psa=roles)
    july = _decide(entry(work_date=JULY), psa=roles)

    assert june.part.state == "ready"
    assert (july.part.state, july.part.text) == ("held", "Hours: Manager")


def test_a_decision_comes_back_from_json_with_its_verdict() -> None:
    decision = _decide(entry())

    found = entry_decision.Decision.model_validate_json(decision.model_dump_json())

    assert found == decision


@pytest.mark.parametrize(("workstream", "amount"), [("Build", "1120.00"), ("Design", "1440.00")])
def test_work_has_the_price_of_its_own_project(workstream: str, amount: str) -> None:
    sold = contract(
        lines=(
            time_and_materials(price("140")).model_copy(update={"workstream": "Build"}),
            time_and_materials(price("180")).model_copy(update={"workstream": "Design"}),
        )
    )
    codes = entry_decision.Codes(erp=erp_codes(), psa=psa_codes(), entity=USMF)

    found = entry_decision.decide(entry(), sold, project(workstream=workstream), codes)

    assert found.part.amount == money(amount)


def test_a_price_of_another_project_is_no_price() -> None:
    sold = contract(
        lines=(
            time_and_materials(price("140")).model_copy(update={"workstream": "Build"}),
            time_and_materials(price("180", JULY)).model_copy(update={"workstream": "Design"}),
        )
    )
    codes = entry_decision.Codes(erp=erp_codes(), psa=psa_codes(), entity=USMF)

    found = entry_decision.decide(entry(), sold, project(workstream="Design"), codes)

    assert found.part.state == "held"
    assert found.defect is not None
    assert found.defect.error_class == "E13"
