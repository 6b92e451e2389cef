"""A firm's quotes as Tryton keeps rates: units of each currency for one of the base's. Pure.

The base is the currency that quotes are from, so that a conversion multiplies by the quote
itself and its cents are exact.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from world.stage.calls import StageError
from world.stage.firm import ExchangeRate

DIGITS = Decimal("0.000001")  # what Tryton keeps of a rate
_ONE = Decimal(1)


class Rate(NamedTuple):
    """How many units of a currency are one of the base's, from a day on."""

    currency: str
    since: date
    rate: Decimal


def base(quotes: Sequence[ExchangeRate]) -> str:
    """Return the currency that most quotes are from, the first of several."""
    return Counter(quote.from_currency for quote in quotes).most_common(1)[0][0]


def rates(quotes: Sequence[ExchangeRate], of: str) -> list[Rate]:
    """Return the rates of a base, its own first, then by day.

    Raises:
        StageError: a quote leads nowhere from the base.
    """
    if not quotes:
        return []
    by_day = sorted(quotes, key=lambda quote: quote.since)
    quoted = [_quoted(quote, of) for quote in by_day if of in _pair(quote)]
    direct = {rate.currency for rate in quoted}
    across = [
        _across(quote, quoted)
        for quote in by_day
        if of not in _pair(quote) and _adds(quote, direct)
    ]
    return list(dict.fromkeys([Rate(of, by_day[0].since, _ONE), *quoted, *across]))


def _pair(quote: ExchangeRate) -> tuple[str, str]:
    return quote.from_currency, quote.to_currency


def _adds(quote: ExchangeRate, direct: set[str]) -> bool:
    return not direct.issuperset(_pair(quote))


def _quoted(quote: ExchangeRate, of: str) -> Rate:
    if quote.from_currency == of:
        return Rate(quote.to_currency, quote.since, quote.rate)
    return Rate(quote.from_currency, quote.since, (_ONE / quote.rate).quantize(DIGITS))


def _across(quote: ExchangeRate, quoted: Iterable[Rate]) -> Rate:
    for currency, other, by in (
        (quote.to_currency, quote.from_currency, quote.rate),
        (quote.from_currency, quote.to_currency, _ONE / quote.rate),
    ):
        valid = [rate for rate in quoted if rate.currency == other and rate.since <= quote.since]
        if valid:
            return Rate(currency, quote.since, (valid[-1].rate * by).quantize(DIGITS))
    pair = " to ".join(_pair(quote))
    message = f"no quote of {quote.since} or before leads from the base to {pair}: add one"
    raise StageError(message)
