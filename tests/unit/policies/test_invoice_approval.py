from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies import invoice_approval
from tests.fakes import money

_CENTS = st.decimals(-1_000_000, 1_000_000, places=2)


@pytest.mark.parametrize(
    ("net", "needed"),
    [("9999.99", False), ("10000.00", False), ("10000.01", True), ("-20000.00", False)],
    ids=["below", "at-the-limit", "a-cent-above", "credit"],
)
def test_only_above_the_limit_a_person_approves(net: str, needed: bool) -> None:  # noqa: FBT001 - expected
    assert invoice_approval.is_needed(money(net), Decimal(10000)) is needed


def test_without_a_limit_nobody_approves() -> None:
    assert not invoice_approval.is_needed(money("1000000.00"), None)


@given(_CENTS, _CENTS, _CENTS)
def test_a_larger_invoice_never_needs_less(one: Decimal, other: Decimal, limit: Decimal) -> None:
    smaller, larger = sorted([one, other])

    if invoice_approval.is_needed(money(str(smaller)), limit):
        assert invoice_approval.is_needed(money(str(larger)), limit)
