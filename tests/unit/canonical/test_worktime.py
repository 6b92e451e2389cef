import math
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from canonical import currencies
from canonical.worktime import WorkTime
from tests.fakes import hours, money, rate

_SECONDS = st.decimals(0, 1_000_000, places=4)
_PER_HOUR = st.decimals(0, 10_000, places=4)
_CURRENCIES = st.sampled_from(["JPY", "USD", "BHD", "CLF"])


def _half_up(exact: Fraction, unit: Fraction) -> Fraction:
    return math.floor(exact / unit + Fraction(1, 2)) * unit


def test_ten_minutes_at_150_an_hour_are_25() -> None:
    assert WorkTime.of_minutes(10).at(rate("150")) == money("25.00")


def test_ten_minutes_only_show_as_a_rounded_number_of_hours() -> None:
    worked = WorkTime.of_minutes(10)

    assert worked.hours == Decimal("0.1667")
    assert worked.seconds == 600


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [("3600", "1"), ("360000", "100"), ("5400", "1.5"), ("0", "0"), ("-600", "-0.1667")],
)
def test_hours_are_shown_plainly(seconds: str, shown: str) -> None:
    assert str(WorkTime(seconds=Decimal(seconds)).hours) == shown


@pytest.mark.parametrize(("seconds", "shown"), [("0.18", "0.0001"), ("-0.18", "-0.0001")])
def test_shown_hours_round_halves_away_from_zero(seconds: str, shown: str) -> None:
    assert str(WorkTime(seconds=Decimal(seconds)).hours) == shown


def test_decimal_hours_are_kept_as_exact_seconds() -> None:
    assert hours("0.1667").seconds == Decimal("600.12")
    assert hours("0.1667").at(rate("150")) == money("25.01")


@given(_SECONDS, _PER_HOUR, _CURRENCIES)
def test_an_amount_is_the_exact_product_rounded_once(
    seconds: Decimal, per_hour: Decimal, currency: str
) -> None:
    amount = WorkTime(seconds=seconds).at(rate(str(per_hour), currency)).amount

    exact = Fraction(seconds) * Fraction(per_hour) / 3600
    assert Fraction(amount) == _half_up(exact, Fraction(currencies.minor_unit(currency)))


@given(_SECONDS, _PER_HOUR)
def test_time_taken_back_is_worth_as_much_as_the_time(seconds: Decimal, per_hour: Decimal) -> None:
    price = rate(str(per_hour))
    credit = WorkTime(seconds=-seconds).at(price)

    assert credit + WorkTime(seconds=seconds).at(price) == money("0.00")


@given(st.integers(0, 100_000), st.integers(0, 100_000))
def test_minutes_add_up(one: int, other: int) -> None:
    assert WorkTime.of_minutes(one) + WorkTime.of_minutes(other) == WorkTime.of_minutes(one + other)


@pytest.mark.parametrize("seconds", [600.0, True, "0.00001", "NaN"])
def test_refuses_what_is_not_exact_time(seconds: object) -> None:
    with pytest.raises(ValidationError):
        WorkTime.model_validate({"seconds": seconds})
