"""Minor units of the active ISO 4217 currencies (list of February 2026).

Every active code has two decimals unless it stands in a table below. Funds, metals and
test codes have no minor unit and are refused.
"""

from decimal import Decimal

from canonical.base import RuleError

_NONE = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THREE = "BHD IQD JOD KWD LYD OMR TND"
_FOUR = "CLF UYW"
_TWO = (
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD"
    " CDF CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL"
    " GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP"
    " LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK"
    " NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD"
    " SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD"
    " XCG YER ZAR ZMW ZWG"
)
_DECIMALS = {
    code: decimals
    for decimals, codes in ((0, _NONE), (2, _TWO), (3, _THREE), (4, _FOUR))
    for code in codes.split()
}
_MINOR_UNITS = {code: Decimal(1).scaleb(-decimals) for code, decimals in _DECIMALS.items()}


class UnknownCurrencyError(RuleError, ValueError):
    """The code is not an active currency of ISO 4217."""


def decimals(currency: str) -> int:
    """Return how many decimals the currency has: 2 for EUR, 0 for JPY, 3 for BHD.

    Raises:
        UnknownCurrencyError: if the currency is not in the table.
    """
    if currency not in _DECIMALS:
        raise UnknownCurrencyError(currency)
    return _DECIMALS[currency]


def minor_unit(currency: str) -> Decimal:
    """Return the smallest amount there is: 0.01 for EUR, 1 for JPY, 0.001 for BHD.

    Raises:
        UnknownCurrencyError: if the currency is not in the table.
    """
    if currency not in _MINOR_UNITS:
        raise UnknownCurrencyError(currency)
    return _MINOR_UNITS[currency]
