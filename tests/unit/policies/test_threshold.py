from decimal import Decimal

import pytest

from policies.billing import threshold
from tests.fakes import money


@pytest.mark.parametrize(
    ("unbilled", "is_crossed"),
    [("4999.99", False), ("5000.00", False), ("5000.01", True)],
    ids=["below", "exactly", "a-cent-above"],
)
def test_only_value_strictly_above_the_threshold_asks_for_an_invoice(
    unbilled: str,
    is_crossed: bool,  # noqa: FBT001 - expected
) -> None:
    """R-060."""
    assert threshold.is_crossed(money(unbilled), Decimal(5000)) is is_crossed


def test_the_contracts_own_threshold_goes_before_its_entitys() -> None:
    assert threshold.of_contract(money("100.00"), Decimal(5000)) == Decimal("100.00")
    assert threshold.of_contract(None, Decimal(5000)) == Decimal(5000)
    assert threshold.of_contract(None, None) is None


def test_a_threshold_of_zero_is_one() -> None:
    assert threshold.of_contract(money("0.00"), Decimal(5000)) == 0
    assert threshold.is_crossed(money("0.01"), Decimal(0))
