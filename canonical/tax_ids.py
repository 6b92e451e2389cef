"""Tax ids, compared however they were typed."""

from canonical.clients import CountryCode

_PREFIX = {"GR": "EL"}  # the one member state whose VAT prefix is not its ISO code
_LETTERS = 2


def prefix(country: CountryCode) -> str:
    """Return what a country's VAT ids begin with."""
    return _PREFIX.get(country, country)


def spelled(tax_id: str, country: CountryCode | None) -> str:
    """Return one spelling: letters and digits, with the country's prefix if it has none."""
    compact = "".join(char for char in tax_id if char.isalnum()).upper()
    if country is None or compact[:_LETTERS].isalpha():
        return compact
    return prefix(country) + compact


def characters(tax_id: str, country: CountryCode) -> str:
    """Return what every spelling has in common, in order; empty if nothing of it is left."""
    return spelled(tax_id, country).removeprefix(prefix(country))
