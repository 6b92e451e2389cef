"""Which mappings a landscape needs."""

from datetime import date

import pytest

from canonical.landscape import Landscape
from canonical.mappings import Mapping, Mappings
from canonical.systems import SystemId
from policies import mapping_coverage
from tests.fakes import CRM, DEMF, ERP, JULY, PSA, USMF
from tests.fakes import mapping as row

TODAY = date(2026, 6, 15)


def _rows(*rows: Mapping) -> dict[SystemId, Mappings]:
    return {
        system: Mappings(system=system, rows=tuple(each for each in rows if each.system == system))
        for system in (CRM, PSA, ERP)
    }


def _complete(landscape: Landscape) -> list[Mapping]:
    role = row("role", "Consultant", "CONSULTANT").model_copy(update={"system": PSA})
    return [
        role,
        *(
            row(gap.kind, gap.ours or "ANY", "X")
            for gap in mapping_coverage.decide(landscape, _rows(role), TODAY)
            if gap.entity == USMF
        ),
    ]


def test_an_empty_store_lacks_every_closed_code_for_each_entity(landscape: Landscape) -> None:
    gaps = mapping_coverage.decide(landscape, _rows(), TODAY)

    assert {gap.entity for gap in gaps} == {USMF, DEMF}
    assert {gap.ours for gap in gaps if gap.kind == "tax_group"} == {
        "domestic",
        "exempt",
        "reverse_charge",
        "outside_scope",
    }
    assert {gap.ours for gap in gaps if gap.kind == "payment_terms"} == {""}
    assert {gap.system for gap in gaps if gap.kind == "role"} == {PSA}


def test_a_complete_store_lacks_nothing(landscape: Landscape) -> None:
    assert mapping_coverage.decide(landscape, _rows(*_complete(landscape)), TODAY) == ()


def test_a_role_needs_a_category(landscape: Landscape) -> None:
    role = row("role", "Partner", "PARTNER").model_copy(update={"system": PSA})

    gaps = mapping_coverage.decide(landscape, _rows(*_complete(landscape), role), TODAY)

    assert {(gap.kind, gap.ours, gap.entity) for gap in gaps} == {
        ("category", "PARTNER", USMF),
        ("category", "PARTNER", DEMF),
    }


@pytest.mark.parametrize(
    "changes", [{"valid_from": JULY}, {"entity": DEMF}], ids=["later", "of another entity"]
)
def test_a_row_that_does_not_count_today_is_missing(
    landscape: Landscape, changes: dict[str, object]
) -> None:
    rows = [
        each.model_copy(update=changes) if each.ours == "domestic" else each
        for each in _complete(landscape)
    ]

    gaps = mapping_coverage.decide(landscape, _rows(*rows), TODAY)

    assert (ERP, USMF, "tax_group", "domestic") in gaps
