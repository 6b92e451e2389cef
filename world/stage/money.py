"""Amounts in whole minor units, as ISO 4217 has them."""

from decimal import ROUND_HALF_UP, Decimal

_TWO = 2
_OTHERS = {
    **dict.fromkeys(
        ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI"), 0
    ),
    **dict.fromkeys(("VND", "VUV", "XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    **dict.fromkeys(("CLF", "UYW"), 4),
}


def decimals(currency: str) -> int:
    """Return how many digits a currency has after the point."""
    return _OTHERS.get(currency, _TWO)


def rounded(exact: Decimal, currency: str) -> Decimal:
    """Return an amount in whole minor units, halves away from zero."""
    return exact.quantize(Decimal(1).scaleb(-decimals(currency)), ROUND_HALF_UP)


def padded(exact: Decimal, currency: str) -> Decimal:
    """Return an amount with at least its minor units, and with every digit that it has."""
    shown = rounded(exact, currency)
    return shown if shown == exact else exact
