import pytest

from canonical.commitments import Cap
from policies import commitment_check
from tests.fakes import milestone_deal, money, opportunity


def _fields(**changes: object) -> list[str]:
    return [defect.field for defect in commitment_check.defects(opportunity(**changes))]


def test_a_deal_may_promise_nothing() -> None:
    assert _fields() == []
    assert commitment_check.cap(opportunity()) is None


def test_a_complete_cap_goes_into_the_contract() -> None:
    deal = opportunity(not_to_exceed=money("10000.00"), cap_policy="hold")

    assert list(commitment_check.defects(deal)) == []
    assert commitment_check.cap(deal) == Cap(amount=money("10000.00"), policy="hold")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"not_to_exceed": money("0.00"), "cap_policy": "split"}, "not to exceed"),
        ({"not_to_exceed": money("-1.00"), "cap_policy": "split"}, "not to exceed"),
        ({"not_to_exceed": money("100.00")}, "cap policy"),
        ({"billing_threshold": money("-0.01")}, "billing threshold"),
    ],
    ids=["zero", "negative", "no-policy", "negative-threshold"],
)
def test_a_promise_that_cannot_be_kept_names_its_field_and_who_puts_it_right(
    changes: dict[str, object], field: str
) -> None:
    (defect,) = commitment_check.defects(opportunity(**changes))

    assert (defect.field, defect.error_class, defect.owner) == (field, "E05", "sales_ops")
    assert "in the CRM" in defect.text


def test_a_policy_without_an_amount_caps_nothing() -> None:
    assert _fields(cap_policy="split") == []
    assert commitment_check.cap(opportunity(cap_policy="split")) is None


def test_a_cap_below_a_fixed_price_would_hold_a_milestone_for_ever() -> None:
    cap = {"not_to_exceed": money("999.99"), "cap_policy": "split"}
    (defect,) = commitment_check.defects(milestone_deal("400.00", "600.00", **cap))
    fits = cap | {"not_to_exceed": money("1000.00")}

    assert "less than the fixed price of 1000.00 USD" in defect.text
    assert list(commitment_check.defects(milestone_deal("400.00", "600.00", **fits))) == []


def test_a_threshold_of_zero_bills_every_approval() -> None:
    assert _fields(billing_threshold=money("0.00")) == []
