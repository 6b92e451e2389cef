from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canonical.money import CurrencyMismatchError, Money
from canonical.projects import ProjectCode
from canonical.slices import Slice
from canonical.worktime import WorkTime
from policies.billing import invoice_lines
from tests.fakes import DIMENSIONS, JULY, hours, money, part

_DIMENSIONS = {
    ProjectCode(code): DIMENSIONS.model_copy(update={"project": code})
    for code in ("PR-00001", "PR-00002")
}
_CENTS = st.decimals(-10_000, 10_000, places=2)


@st.composite
def _slices(draw: st.DrawFn) -> list[Slice]:
    keys = draw(st.lists(st.tuples(st.integers(1, 50), st.integers(1, 3)), unique=True))
    return [
        part(
            f"psa-main:{source}",
            number=number,
            project=draw(st.sampled_from(sorted(_DIMENSIONS))),
            work_date=draw(st.dates(date(2026, 6, 1), date(2026, 6, 5))),
            worked=WorkTime(seconds=draw(st.decimals(0, 36_000, places=4))),
            amount=money(str(draw(_CENTS))),
            unit_price=draw(st.sampled_from([Decimal(150), Decimal(160)])),
            text=draw(st.sampled_from(["Hours: Consultant", "Hours: Manager"])),
        )
        for source, number in keys
    ]


def _decide(slices: Iterable[Slice]) -> tuple[invoice_lines.LineOfSlices, ...]:
    return invoice_lines.decide(slices, _DIMENSIONS)


@given(_slices())
def test_the_lines_partition_the_slices(slices: list[Slice]) -> None:
    """L-1: no overlap and no gap."""
    placed = [key for item in _decide(slices) for key in item.slices]

    assert sorted(placed) == sorted((each.source, each.number) for each in slices)


@given(_slices())
def test_a_line_is_worth_exactly_its_slices(slices: list[Slice]) -> None:
    """L-1: in quantity and in amount."""
    by_key = {(each.source, each.number): each for each in slices}

    for item in _decide(slices):
        members = [by_key[key] for key in item.slices]
        assert item.line.net == Money.total((each.amount for each in members), "USD")
        seconds = sum(each.worked.seconds for each in members)
        assert (item.line.worked.seconds if item.line.worked else 0) == seconds


@given(_slices())
def test_an_invoice_is_worth_exactly_its_slices(slices: list[Slice]) -> None:
    total = Money.total((item.line.net for item in _decide(slices)), "USD")

    assert total == Money.total((each.amount for each in slices), "USD")


@given(_slices(), st.randoms())
def test_the_lines_are_the_same_whatever_the_order_of_the_slices(
    slices: list[Slice], chance: Random
) -> None:
    shuffled = chance.sample(slices, len(slices))

    assert _decide(shuffled) == _decide(slices)


@given(_slices())
def test_a_line_has_one_project_text_and_price(slices: list[Slice]) -> None:
    lines = [item.line for item in _decide(slices)]

    heads = [(line.dimensions.project, line.text, line.unit_price) for line in lines]
    assert len(set(heads)) == len(heads)
    assert [line.number for line in lines] == list(range(1, len(lines) + 1))


def test_the_lines_stand_in_the_order_of_the_first_work_date() -> None:
    july = part("psa-main:1", unit_price=Decimal(160), work_date=JULY)
    june = part("psa-main:2", unit_price=Decimal(150), work_date=date(2026, 6, 30))
    late = part("psa-main:3", unit_price=Decimal(150), work_date=date(2026, 7, 2))

    lines = _decide([july, late, june])

    assert [item.line.unit_price for item in lines] == [Decimal(150), Decimal(160)]
    assert lines[0].slices == (("psa-main:2", 1), ("psa-main:3", 1))


def test_amounts_are_never_recomputed_from_hours() -> None:
    """O-03: the 4.6667 h that were held are 700.00, and not 700.01."""
    held = part(worked=hours("4.6667"), amount=money("700.00"), unit_price=Decimal(150))

    assert _decide([held])[0].line.net == money("700.00")


def test_three_thirds_of_an_hour_are_what_they_were_priced_at() -> None:
    third = {"worked": hours("0.3333"), "amount": money("33.33"), "unit_price": Decimal(100)}

    (only,) = _decide(part(f"psa-main:{number}", **third) for number in (1, 2, 3))

    assert only.line.net == money("99.99")
    assert only.line.worked == hours("0.9999")


def test_a_fixed_amount_shows_no_hours() -> None:
    milestone = part(
        "CT-00001/M1",
        worked=hours("0"),
        amount=money("36000.00"),
        unit_price=Decimal(36000),
        text="Phase 1",
    )

    (only,) = _decide([milestone])

    assert (only.line.worked, only.line.text) == (None, "Phase 1")
    assert (only.line.net, only.line.unit_price) == (money("36000.00"), Decimal(36000))


def test_a_line_carries_the_dimensions_of_its_project() -> None:
    (only,) = _decide([part(project="PR-00002")])

    assert only.line.dimensions == _DIMENSIONS[ProjectCode("PR-00002")]


def test_refuses_to_mix_currencies_on_a_line() -> None:
    with pytest.raises(CurrencyMismatchError):
        _decide([part("psa-main:1"), part("psa-main:2", amount=money("1.00", "EUR"))])


def test_nothing_to_bill_makes_no_lines() -> None:
    assert _decide([]) == ()


@pytest.mark.parametrize(
    ("role", "text"),
    [("CONSULTANT", "Hours: Consultant"), ("SENIOR_CONSULTANT", "Hours: Senior consultant")],
)
def test_hours_are_named_by_role(role: str, text: str) -> None:
    assert invoice_lines.hours_text(role) == text
