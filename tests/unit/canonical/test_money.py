from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from canonical import currencies
from canonical.money import CurrencyMismatchError, Money, Rate
from tests.fakes import money, rate

_CURRENCIES = st.sampled_from(["JPY", "USD", "BHD", "CLF"])
_EXACT = st.decimals(-1_000_000, 1_000_000, places=9)
_CENTS = st.decimals(-1_000_000, 1_000_000, places=2)


@pytest.mark.parametrize(
    ("exact", "currency", "rounded"),
    [
        ("2.345", "EUR", "2.35"),
        ("-2.345", "EUR", "-2.35"),
        ("2.3449", "EUR", "2.34"),
        ("0.5", "JPY", "1"),
        ("-0.5", "JPY", "-1"),
        ("1.0005", "BHD", "1.001"),
        ("1.00005", "CLF", "1.0001"),
        ("-0.001", "EUR", "0.00"),
    ],
    ids=[
        "half",
        "negative-half",
        "below-half",
        "no-decimals",
        "no-decimals-negative",
        "three-decimals",
        "four-decimals",
        "no-negative-zero",
    ],
)
def test_rounds_halves_away_from_zero(exact: str, currency: str, rounded: str) -> None:
    assert Money.rounded(Decimal(exact), currency) == money(rounded, currency)


@given(_EXACT, _CURRENCIES)
def test_rounding_mirrors_credits_and_is_never_off_by_more_than_half(
    exact: Decimal, currency: str
) -> None:
    rounded = Money.rounded(exact, currency).amount

    assert Money.rounded(-exact, currency).amount == -rounded
    off = abs(Fraction(rounded) - Fraction(exact))
    assert off <= Fraction(currencies.minor_unit(currency)) / 2
    assert Money.rounded(rounded, currency).amount == rounded


@given(_CENTS, _CENTS)
def test_adding_and_subtracting_are_exact(one: Decimal, other: Decimal) -> None:
    total = money(str(one)) + money(str(other))

    assert Fraction(total.amount) == Fraction(one) + Fraction(other)
    assert total - money(str(other)) == money(str(one))


@given(st.lists(_CENTS))
def test_a_total_is_the_sum_whatever_the_order(amounts: list[Decimal]) -> None:
    parts = [money(str(amount)) for amount in amounts]

    assert Money.total(parts, "USD") == Money.total(reversed(parts), "USD")
    assert Money.total(parts, "USD").amount == sum(amounts)


def test_a_total_of_nothing_is_zero_of_its_currency() -> None:
    assert Money.total([], "JPY") == Money.zero("JPY") == money("0", "JPY")


def test_equal_amounts_are_spelled_alike() -> None:
    assert money("1E+1").model_dump_json() == money("10.000").model_dump_json()
    assert money("-0").model_dump_json() == money("0.00").model_dump_json()


@given(_CENTS)
def test_an_amount_comes_back_from_json_as_it_was(amount: Decimal) -> None:
    given_amount = money(str(amount))

    assert Money.model_validate_json(given_amount.model_dump_json()) == given_amount


@pytest.mark.parametrize("amount", [0.1, 1.0, True, "0.001", "NaN", "Infinity", "1e30"])
def test_refuses_what_is_not_exact_money(amount: object) -> None:
    with pytest.raises(ValidationError):
        Money.model_validate({"currency": "EUR", "amount": amount})


def test_refuses_a_json_number_because_it_was_a_float() -> None:
    with pytest.raises(ValidationError, match="never a float"):
        Money.model_validate_json('{"currency": "EUR", "amount": 0.1}')


@pytest.mark.parametrize(
    ("amount", "currency"),
    [("0.5", "JPY"), ("0.001", "USD"), ("0.0001", "BHD"), ("0.00001", "CLF")],
)
def test_refuses_less_than_the_minor_unit(amount: str, currency: str) -> None:
    with pytest.raises(ValidationError, match="minor unit"):
        money(amount, currency)


def test_refuses_an_unknown_currency() -> None:
    with pytest.raises(ValidationError, match="EURO"):
        money("1", "EURO")


def test_refuses_to_mix_currencies() -> None:
    with pytest.raises(CurrencyMismatchError):
        money("1") + money("1", "EUR")
    with pytest.raises(CurrencyMismatchError):
        money("1") - money("1", "JPY")
    with pytest.raises(CurrencyMismatchError):
        Money.total([money("1"), money("1", "EUR")], "USD")


def test_reads_as_people_write_it() -> None:
    assert str(money("2480")) == "2480.00 USD"


@pytest.mark.parametrize("per_hour", ["-0.01", "150.00001", 150.0, "NaN"])
def test_a_rate_is_neither_negative_nor_inexact(per_hour: object) -> None:
    with pytest.raises(ValidationError):
        Rate.model_validate({"currency": "USD", "per_hour": per_hour})


def test_a_rate_may_be_finer_than_money() -> None:
    assert rate("0.0001", "JPY").per_hour == Decimal("0.0001")
