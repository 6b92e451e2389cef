from datetime import date
from decimal import Decimal

import pytest

from world.stage import tryton_rates
from world.stage.calls import StageError
from world.stage.firm import ExchangeRate

_JANUARY, _JULY = date(2026, 1, 1), date(2026, 7, 1)


def _quote(pair: str, rate: str, since: date = _JANUARY) -> ExchangeRate:
    of, to = pair.split("/")
    return ExchangeRate(since=since, from_currency=of, to_currency=to, rate=Decimal(rate))


def _rates(of: str, *quotes: ExchangeRate) -> list[tuple[str, date, str]]:
    return [(one.currency, one.since, str(one.rate)) for one in tryton_rates.rates(quotes, of)]


def test_the_base_is_what_quotes_are_from_and_its_rates_are_the_quotes() -> None:
    quotes = (_quote("EUR/USD", "1.08", _JULY), _quote("EUR/USD", "1.10"))

    assert tryton_rates.base(quotes) == "EUR"
    assert _rates("EUR", *quotes) == [
        ("EUR", _JANUARY, "1"),
        ("USD", _JANUARY, "1.10"),
        ("USD", _JULY, "1.08"),
    ]


def test_a_pair_the_other_way_round_has_the_other_base() -> None:
    quote = _quote("USD/EUR", "0.92")

    assert tryton_rates.base((quote,)) == "USD"
    assert _rates("USD", quote) == [("USD", _JANUARY, "1"), ("EUR", _JANUARY, "0.92")]


def test_a_quote_to_a_base_that_is_there_already_is_turned_round() -> None:
    assert _rates("EUR", _quote("USD/EUR", "0.92")) == [
        ("EUR", _JANUARY, "1"),
        ("USD", _JANUARY, "1.086957"),
    ]


@pytest.mark.parametrize("pair", ["GBP/USD", "USD/GBP"])
def test_a_third_currency_is_reached_by_one_that_the_base_is_quoted_in(pair: str) -> None:
    rate = "1.25" if pair == "GBP/USD" else "0.8"

    found = _rates("EUR", _quote("EUR/USD", "1.10"), _quote(pair, rate, _JULY))

    assert found[-1] == ("GBP", _JULY, "0.880000")


def test_a_quote_between_two_that_the_base_is_quoted_in_adds_nothing() -> None:
    direct = (_quote("EUR/USD", "1.10"), _quote("EUR/GBP", "0.88"))

    assert _rates("EUR", *direct, _quote("USD/GBP", "0.7")) == _rates("EUR", *direct)


def test_a_pair_that_the_base_does_not_reach_is_named() -> None:
    quotes = (_quote("EUR/USD", "1.10", _JULY), _quote("GBP/USD", "1.25"))

    with pytest.raises(StageError, match=r"no quote of 2026-01-01 or before .* GBP to USD: add"):
        tryton_rates.rates(quotes, "EUR")


def test_without_quotes_there_are_no_rates() -> None:
    assert tryton_rates.rates((), "") == []
