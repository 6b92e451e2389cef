"""Minor units of currencies (ISO 4217, February 2026) and rounding to them."""

from decimal import ROUND_HALF_UP, Context, Decimal

# Two 32-digit numbers multiplied stay exact. ROUND_HALF_UP is half away from zero.
EXACT = Context(prec=80, rounding=ROUND_HALF_UP)

_CODES = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    2: "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD"
    " CAD CDF CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP"
    " GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK"
    " LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO"
    " NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS"
    " SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST"
    " XAD XCD XCG YER ZAR ZMW ZWG",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
MINOR_UNITS = {code: digits for digits, codes in _CODES.items() for code in codes.split()}


_LARGEST = Decimal(10) ** 16


class OutOfRange(ValueError):
    """A number has more digits than the vendor's reals hold."""


def rounded(amount: Decimal, currency: str) -> Decimal:
    """Round half away from zero to the currency's minor unit.

    Raises:
        KeyError: the currency has none.
        OutOfRange: the amount is too large.
    """
    if abs(amount) >= _LARGEST:
        message = f"The amount {amount} is out of range"
        raise OutOfRange(message)
    result = amount.quantize(Decimal(1).scaleb(-MINOR_UNITS[currency]), context=EXACT)
    return result or abs(result)  # no negative zero


def times(left: Decimal, right: Decimal) -> Decimal:
    """Multiply without losing a digit."""
    return EXACT.multiply(left, right)
