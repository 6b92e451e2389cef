from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canonical.cases import Defect
from canonical.contracts import ContractId, Milestones, TimeAndMaterials
from canonical.mappings import Mappings
from canonical.opportunities import Opportunity
from policies import contract_check
from tests.fakes import (
    DEMF,
    JULY,
    PSA,
    erp_codes,
    mapping,
    milestone_deal,
    money,
    opportunity,
    price,
    psa_codes,
    schedule,
)

_CENTS = st.decimals("0.01", 100_000, places=2)


def _decide(
    deal: Opportunity, *, erp: Mappings | None = None, psa: Mappings | None = None
) -> contract_check.Verdict:
    return contract_check.decide(
        deal, ContractId("CT-00001"), erp=erp or erp_codes(), psa=psa or psa_codes()
    )


def _complete(deal: Opportunity) -> contract_check.Complete:
    verdict = _decide(deal)
    assert isinstance(verdict, contract_check.Complete)
    return verdict


def _defects(
    deal: Opportunity, *, erp: Mappings | None = None, psa: Mappings | None = None
) -> tuple[Defect, ...]:
    verdict = _decide(deal, erp=erp, psa=psa)
    assert isinstance(verdict, contract_check.Incomplete)
    assert {defect.subject for defect in verdict.defects} == {"crm-main:006A"}
    return verdict.defects


def test_a_complete_deal_becomes_time_and_materials() -> None:
    verdict = _complete(opportunity())

    (line,) = verdict.lines
    assert isinstance(line.terms, TimeAndMaterials)
    assert line.terms.prices == (price("150"), price("160", JULY))
    assert line.terms.frequency == "monthly"
    assert (line.number, line.workstream) == (1, None)
    assert (verdict.entity, verdict.practice) == ("USMF", "ERP")
    assert verdict.price == money("2480.00")
    assert (verdict.service_from, verdict.service_until) == (date(2026, 6, 1), date(2026, 7, 31))
    assert (verdict.rule.id, verdict.rule.version) == ("contract-check", 1)


@pytest.mark.parametrize(
    ("total", "parts"),
    [
        ("120000.00", ("36000.00", "48000.00", "36000.00")),
        ("100000.00", ("33333.33", "33333.33", "33333.34")),
    ],
    ids=["30-40-30", "thirds"],
)
def test_a_schedule_that_adds_up_becomes_milestones(total: str, parts: tuple[str, ...]) -> None:
    """O-04, L-6."""
    (line,) = _complete(milestone_deal(*parts, amount=money(total))).lines

    terms = line.terms
    assert isinstance(terms, Milestones)
    assert [term.amount for term in terms.milestones] == [money(part) for part in parts]
    assert [term.id for term in terms.milestones] == ["CT-00001/M1", "CT-00001/M2", "CT-00001/M3"]
    assert [term.name for term in terms.milestones] == ["Phase 1", "Phase 2", "Phase 3"]


def test_milestones_stand_in_the_order_of_their_sequence() -> None:
    shuffled = milestone_deal("36000.00", "48000.00", "36000.00")
    shuffled = shuffled.model_copy(update={"schedule": tuple(reversed(shuffled.schedule))})

    assert (
        _complete(shuffled).lines
        == _complete(milestone_deal("36000.00", "48000.00", "36000.00")).lines
    )


@pytest.mark.parametrize("total", ["119999.99", "120000.01"], ids=["a-cent-less", "a-cent-more"])
def test_a_schedule_that_does_not_add_up_is_refused(total: str) -> None:
    """O-04, L-6: to the cent."""
    (defect,) = _defects(milestone_deal("36000.00", "48000.00", "36000.00", amount=money(total)))

    assert (defect.error_class, defect.field, defect.owner) == (
        "E05",
        "billing schedule",
        "sales_ops",
    )
    assert defect.text == f"billing schedule adds up to 120000.00 USD, the deal to {total} USD"


@given(st.lists(_CENTS, min_size=1, max_size=12), _CENTS)
def test_only_a_schedule_that_adds_up_to_the_deal_is_accepted(
    parts: list[Decimal], total: Decimal
) -> None:
    """L-6."""
    texts = [str(part) for part in parts]

    assert _decide(milestone_deal(*texts)).verdict == "complete"
    is_equal = sum(parts) == total
    assert (_decide(milestone_deal(*texts, amount=money(str(total)))).verdict == "complete") is (
        is_equal
    )


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"entity": None}, "legal entity"),
        ({"practice": None}, "practice"),
        ({"amount": None}, "amount"),
        ({"service_from": None}, "service start"),
        ({"service_until": None}, "service end"),
        ({"billing_model": None}, "billing model"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_missing_field_is_named_with_who_fills_it(changes: dict[str, object], field: str) -> None:
    """R-035, E05."""
    (defect,) = _defects(opportunity(**changes))

    assert (defect.error_class, defect.field, defect.owner) == ("E05", field, "sales_ops")
    assert defect.text == f"opportunity has no {field}: fill it in the CRM"


def test_a_service_that_ends_before_it_starts_is_refused() -> None:
    (defect,) = _defects(opportunity(service_until=date(2026, 5, 31)))

    assert (defect.error_class, defect.field) == ("E05", "service end")
    assert defect.text == "service ends on 2026-05-31, before it starts on 2026-06-01"


def test_a_service_of_one_day_is_fine() -> None:
    assert _complete(opportunity(service_until=date(2026, 6, 1))).service_until == date(2026, 6, 1)


@pytest.mark.parametrize(
    ("deal", "text"),
    [
        (
            opportunity(billing_frequency=None),
            "billing schedule is missing: choose a billing frequency in the CRM",
        ),
        (
            milestone_deal(amount=money("120000.00")),
            "billing schedule is missing: add a schedule line per milestone in the CRM",
        ),
        (
            milestone_deal(
                schedule=[
                    line.model_copy(update={"sequence": 1}) for line in schedule("60.00", "60.00")
                ],
                amount=money("120.00"),
            ),
            "two lines of the billing schedule have the same sequence number",
        ),
        (
            milestone_deal(schedule=schedule("120.00", currency="EUR"), amount=money("120.00")),
            "billing schedule is not in USD, the currency of the deal",
        ),
    ],
    ids=["no-frequency", "no-lines", "same-sequence", "other-currency"],
)
def test_a_billing_schedule_that_cannot_bill_is_named(deal: Opportunity, text: str) -> None:
    """R-062, E05: at activation, and not at the end of the month."""
    (defect,) = _defects(deal)

    assert (defect.error_class, defect.field, defect.owner) == (
        "E05",
        "billing schedule",
        "sales_ops",
    )
    assert defect.text == text


def test_two_prices_of_one_role_from_one_day_are_named() -> None:
    """E13: whichever won, the client could say it is the other."""
    (defect,) = _defects(opportunity(prices=(price("150"), price("160"))))

    assert defect.text == "role 'CONSULTANT' has two prices from 2026-06-01: remove one in the CRM"


@pytest.mark.parametrize(
    ("prices", "text"),
    [
        ((), "price list is missing: add a product line per role with its hourly price"),
        (
            (price("0"), price("160", JULY)),
            "the price of role 'CONSULTANT' from 2026-06-01 is zero: put it right in the CRM",
        ),
    ],
    ids=["no-prices", "zero"],
)
def test_a_price_that_is_missing_or_zero_is_named(prices: tuple[object, ...], text: str) -> None:
    """E13."""
    (defect,) = _defects(opportunity(prices=prices))

    assert (defect.error_class, defect.field, defect.owner) == ("E13", "price list", "sales_ops")
    assert defect.text == text


@pytest.mark.parametrize(
    ("kind", "deal", "ours"),
    [
        ("business_unit", opportunity(), "ERP"),
        ("project_group", opportunity(), "time_and_materials"),
        ("revenue_account", opportunity(), "time_and_materials"),
        ("category", opportunity(), "CONSULTANT"),
        ("business_unit", milestone_deal("120.00"), "ERP"),
        ("project_group", milestone_deal("120.00"), "milestones"),
        ("revenue_account", milestone_deal("120.00"), "milestones"),
    ],
    ids=[
        "practice",
        "project-group",
        "account",
        "category",
        "practice-of-milestones",
        "project-group-of-milestones",
        "account-of-milestones",
    ],
)
def test_a_missing_mapping_is_named_with_who_adds_it(
    kind: str, deal: Opportunity, ours: str
) -> None:
    """R-012, E06."""
    (defect,) = _defects(deal, erp=erp_codes(without=[kind]))

    assert (defect.error_class, defect.field, defect.owner) == ("E06", kind, "finance")
    assert defect.text == (
        f"erp-main has no {kind} for {ours!r} on 2026-06-01 (USMF): add the mapping"
    )


def test_milestones_need_no_categories() -> None:
    verdict = _decide(milestone_deal("120.00"), erp=erp_codes(without=["category"]))

    assert verdict.verdict == "complete"


@pytest.mark.parametrize(
    "row",
    [
        mapping("role", "Manager", "MANAGER", system=PSA),
        mapping("role", "Consultant", "CONSULTANT", system=PSA, valid_from=JULY),
        mapping("role", "Consultant", "CONSULTANT", system=PSA, entity=DEMF),
        mapping("category", "Consultant", "CONSULTANT", system=PSA),
    ],
    ids=["another-role", "not-yet", "another-entity", "another-kind"],
)
def test_a_role_that_nobody_can_book_time_in_is_named(row: object) -> None:
    """R-012, E06."""
    (defect,) = _defects(opportunity(), psa=Mappings.model_validate({"system": PSA, "rows": [row]}))

    assert (defect.error_class, defect.field, defect.owner) == ("E06", "role", "finance")
    assert defect.text == "psa-main has no role for 'CONSULTANT': add the mapping"


def test_everything_that_is_missing_is_named_at_once() -> None:
    bare = opportunity(practice=None, billing_frequency=None, prices=())

    assert [defect.field for defect in _defects(bare)] == [
        "practice",
        "billing schedule",
        "price list",
    ]


def test_mappings_are_looked_for_once_it_is_known_where_and_when() -> None:
    unknown = opportunity(entity=None)

    assert [defect.field for defect in _defects(unknown, erp=erp_codes(without=["category"]))] == [
        "legal entity"
    ]
