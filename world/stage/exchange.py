"""What the firm's quotes make of an amount in the currency of the books. Pure."""

from datetime import date
from decimal import Decimal

from world.stage import money
from world.stage.firm import Firm

_HALF = Decimal("0.5")
_NOTHING = Decimal(0)
_ONE = Decimal(1)
_FINE = Decimal("0.000000001")  # finer than any minor unit, coarser than a quotient's end


def rate(firm: Firm, day: date, of: str, books: str) -> Decimal | None:
    """Return what one unit is of the books'; None where the firm quotes no such pair, or both."""
    if of == books:
        return _ONE
    there = _quote(firm, day, of, books)
    back = _quote(firm, day, books, of)
    if there and back:
        return None
    return _ONE / back if back else there


def allowed(of: str, books: str) -> Decimal:
    """Return how far rounding may lead from an exact conversion: half of a minor unit."""
    return _NOTHING if of == books else _HALF.scaleb(-money.decimals(books))


def off(found: Decimal, exact: Decimal) -> Decimal:
    """Return how far an amount is from an exact one."""
    return abs((found - exact).quantize(_FINE))


def _quote(firm: Firm, day: date, of: str, in_: str) -> Decimal | None:
    valid = [
        quote
        for quote in firm.exchange_rates
        if (quote.from_currency, quote.to_currency) == (of, in_) and quote.since <= day
    ]
    return max(valid, key=lambda quote: quote.since).rate if valid else None
