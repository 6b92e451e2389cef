from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies import invoice_approval
from policies.invoice_approval import SecondPersonNeededError
from tests.fakes import money

_CENTS = st.decimals(-1_000_000, 1_000_000, places=2)


@pytest.mark.parametrize(
    ("net", "needed"),
    [
        ("9999.99", 0),
        ("10000.00", 0),
        ("10000.01", 1),
        ("50000.00", 1),
        ("50000.01", 2),
        ("-60000.00", 0),
    ],
    ids=["below", "at-the-limit", "a-cent-above", "at-four-eyes", "above-four-eyes", "credit"],
)
def test_above_each_limit_one_more_person_approves(net: str, needed: int) -> None:
    assert invoice_approval.needed(money(net), Decimal(10000), Decimal(50000)) == needed


def test_without_a_limit_nobody_approves() -> None:
    assert invoice_approval.needed(money("1000000.00"), None, None) == 0


def test_four_eyes_need_no_other_limit() -> None:
    assert invoice_approval.needed(money("0.01"), None, Decimal(0)) == 2


@given(_CENTS, _CENTS, _CENTS, _CENTS)
def test_a_larger_invoice_never_needs_less(
    one: Decimal, other: Decimal, limit: Decimal, four_eyes: Decimal
) -> None:
    smaller, larger = (
        invoice_approval.needed(money(str(net)), limit, four_eyes) for net in sorted([one, other])
    )

    assert smaller <= larger


@pytest.mark.parametrize(
    "again",
    [
        "pat.moreno@firm.test",
        "PAT.Moreno@Firm.test",
        "  pat.moreno@firm.test ",
        "\uff50at.moreno@firm.test",
    ],
    ids=["the-same", "other-case", "spaces", "wide-letters"],
)
def test_a_name_written_in_another_way_is_no_second_person(again: str) -> None:
    with pytest.raises(SecondPersonNeededError, match="has approved this draft already"):
        invoice_approval.refuse(again, among=["pat.moreno@firm.test"], editors=[], needed=2)


def test_spaces_within_a_name_do_not_make_another_person() -> None:
    assert invoice_approval.person("Pat  Moreno\t") == invoice_approval.person("pat moreno")


def test_who_changed_the_draft_is_none_of_the_four_eyes() -> None:
    with pytest.raises(SecondPersonNeededError, match="has changed this draft"):
        invoice_approval.refuse("Kim ", among=[], editors=["lena", "kim"], needed=2)


def test_somebody_else_is_a_second_person() -> None:
    invoice_approval.refuse("kim", among=["pat"], editors=["lena"], needed=2)


def test_where_one_person_is_enough_that_may_be_who_changed_the_draft() -> None:
    invoice_approval.refuse("kim", among=[], editors=["lena", "kim"], needed=1)
