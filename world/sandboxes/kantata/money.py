"""Currencies: code, symbol and sub-units of one unit, by the minor units of ISO 4217."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

_NO_MINOR_UNIT = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THREE_DIGITS = "BHD IQD JOD KWD LYD OMR TND"
_FOUR_DIGITS = "CLF UYW"
_TWO_DIGITS = (
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF "
    "CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD "
    "HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA "
    "MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN "
    "QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY "
    "TTD TWD TZS UAH USD UYU UZS VES WST XCD YER ZAR ZMW"
)
_SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "INR": "₹"}

BASE_UNITS = {
    code: unit
    for codes, unit in [
        (_NO_MINOR_UNIT, 1),
        (_TWO_DIGITS, 100),
        (_THREE_DIGITS, 1000),
        (_FOUR_DIGITS, 10000),
    ]
    for code in codes.split()
}


def currency_fields(code: str) -> dict[str, Any]:
    """Return the three fields that tell what `*_in_cents` counts."""
    return {
        "currency": code,
        "currency_symbol": _SYMBOLS.get(code, code),
        "currency_base_unit": BASE_UNITS[code],
    }


def worth(rate_in_cents: int, minutes: int) -> int:
    """Return what the minutes are worth at an hourly rate, rounded half away from zero."""
    return rounded(Decimal(rate_in_cents) * minutes / 60)


def rounded(amount: Decimal) -> int:
    """Return a whole number of sub-units, rounded half away from zero."""
    return int(amount.quantize(Decimal(1), ROUND_HALF_UP))


def formatted(in_cents: int, code: str) -> str:
    """Return an amount as the vendor prints it, like `$1,600.00`."""
    digits = len(str(BASE_UNITS[code])) - 1
    amount = Decimal(in_cents) / BASE_UNITS[code]
    return f"{_SYMBOLS.get(code, code)}{amount:,.{digits}f}"
