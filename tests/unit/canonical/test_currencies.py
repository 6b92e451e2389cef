from decimal import Decimal

import pytest

from canonical import currencies


@pytest.mark.parametrize(
    ("currency", "unit"),
    [("JPY", "1"), ("ISK", "1"), ("EUR", "0.01"), ("BHD", "0.001"), ("CLF", "0.0001")],
)
def test_the_minor_unit_is_that_of_iso_4217(currency: str, unit: str) -> None:
    assert currencies.minor_unit(currency) == Decimal(unit)
    assert currencies.decimals(currency) == -Decimal(unit).adjusted()


@pytest.mark.parametrize(
    "code",
    ["XAU", "XTS", "XXX", "XDR", "HRK", "BGN", "eur", "EURO", ""],
    ids=["gold", "test", "none", "fund", "croatia", "bulgaria", "lower", "long", "empty"],
)
def test_refuses_what_is_no_active_currency(code: str) -> None:
    with pytest.raises(currencies.UnknownCurrencyError):
        currencies.minor_unit(code)
    with pytest.raises(currencies.UnknownCurrencyError):
        currencies.decimals(code)
