from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canonical.contracts import ContractLine
from canonical.entries import TimeEntry
from canonical.opportunities import PriceLine
from canonical.worktime import WorkTime
from policies.billing import pricing
from tests.fakes import JULY, JUNE, entry, hours, milestones, money, price, time_and_materials

_SALE = (price("150", JUNE), price("160", JULY))
_DAYS = st.dates(date(2026, 1, 1), date(2026, 12, 31))


def _decide(
    worked: TimeEntry,
    *prices: PriceLine,
    role: str = "CONSULTANT",
    line: ContractLine | None = None,
) -> pricing.Verdict:
    return pricing.decide(worked, role, line or time_and_materials(*prices))


def _amount(worked: TimeEntry, *prices: PriceLine) -> Decimal:
    verdict = _decide(worked, *prices)
    assert isinstance(verdict, pricing.Priced)
    return verdict.amount.amount


def test_the_price_is_that_of_the_work_date() -> None:
    """O-02: 8 h on 30 June at 150 and 8 h on 1 July at 160; not 2,560 and not 2,400."""
    june = _amount(entry(worked="8", work_date=date(2026, 6, 30)), *_SALE)
    july = _amount(entry(worked="8", work_date=JULY), *_SALE)

    assert june + july == Decimal("2480.00")


def test_ten_minutes_at_150_are_25() -> None:
    worked = entry().model_copy(update={"worked": WorkTime.of_minutes(10)})

    assert _amount(worked, price("150")) == Decimal("25.00")


def test_the_order_of_the_price_list_does_not_matter() -> None:
    worked = entry(work_date=JULY)

    assert _decide(worked, *_SALE) == _decide(worked, *reversed(_SALE))


def test_a_verdict_keeps_its_rule_and_the_price_it_used() -> None:
    verdict = _decide(entry(work_date=JULY), *_SALE)

    assert isinstance(verdict, pricing.Priced)
    assert (verdict.rule.id, verdict.rule.version) == ("entry-price", 1)
    assert verdict.price == price("160", JULY)


def test_work_that_is_not_billable_is_priced_by_nobody() -> None:
    assert _decide(entry(is_billable=False), *_SALE) == pricing.NonBillable()


def test_a_fixed_price_covers_the_work_under_it() -> None:
    assert _decide(entry(), line=milestones("120000.00")) == pricing.Covered()


def test_work_under_a_fixed_price_that_is_not_billable_stays_so() -> None:
    verdict = _decide(entry(is_billable=False), line=milestones("120000.00"))

    assert verdict == pricing.NonBillable()


@pytest.mark.parametrize(
    ("role", "prices"),
    [
        ("MANAGER", _SALE),
        ("CONSULTANT", (price("160", JULY),)),
        ("CONSULTANT", (price("0", JUNE),)),
        ("CONSULTANT", (price("150", JUNE), price("0", date(2026, 6, 30)))),
    ],
    ids=["other-role", "not-yet", "zero", "now-zero"],
)
def test_work_without_a_price_is_held_and_never_billed_at_zero(
    role: str, prices: tuple[PriceLine, ...]
) -> None:
    verdict = _decide(entry(work_date=date(2026, 6, 30)), *prices, role=role)

    assert isinstance(verdict, pricing.Unpriced)
    defect = verdict.defect
    assert (defect.error_class, defect.field, defect.owner) == ("E13", "price", "sales_ops")
    assert defect.subject == "psa-main:101"
    assert (
        defect.text == f"no price for role {role!r} on 2026-06-30: the contract has to be amended"
    )


@given(
    st.dictionaries(_DAYS, st.decimals("0.01", 1000, places=2), min_size=1),
    _DAYS,
    st.decimals(0, 24, places=4),
)
def test_the_price_in_force_is_the_last_that_began(
    sale: dict[date, Decimal], on: date, worked: Decimal
) -> None:
    lines = [price(str(amount), start) for start, amount in sale.items()]
    done = entry(worked=str(worked), work_date=on)
    begun = [start for start in sale if start <= on]

    verdict = _decide(done, *lines)

    if begun:
        assert isinstance(verdict, pricing.Priced)
        assert verdict.amount == hours(str(worked)).at(verdict.price.rate)
        assert verdict.price.valid_from == max(begun)
    else:
        assert isinstance(verdict, pricing.Unpriced)


@given(st.integers(0, 600))
def test_work_before_a_new_price_never_gets_it(days: int) -> None:
    before = entry(work_date=JULY - timedelta(days=1 + days % 30))

    assert _amount(before, *_SALE) == Decimal("1200.00")


@pytest.mark.parametrize(
    "verdict", [pricing.Covered(), pricing.NonBillable()], ids=["covered", "non-billable"]
)
def test_what_nobody_pays_for_is_worth_nothing(verdict: pricing.Verdict) -> None:
    amount, price_per_hour = pricing.value_of(verdict, "JPY")

    assert amount == money("0", "JPY")
    assert price_per_hour.per_hour == 0
