from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canonical.commitments import Cap, CapPolicy
from canonical.money import Money
from canonical.slices import Slice
from policies.billing import cap
from tests.fakes import hours, money, part

_DAY = date(2026, 6, 1)
_POLICIES = st.sampled_from(["split", "hold", "warn"])


def _cap(amount: str = "10000.00", policy: str = "split") -> Cap:
    return Cap.model_validate({"amount": money(amount), "policy": policy})


def _worked(source: str, amount: str, *, day: int = 0, worked: str = "10") -> Slice:
    return part(
        source,
        amount=money(amount),
        worked=hours(worked),
        work_date=_DAY + timedelta(days=day),
    )


def _amounts(verdict: cap.Verdict) -> dict[str, tuple[str, str]]:
    def amount(of: Slice | None) -> str:
        return str(of.amount.amount) if of else "0"

    return {p.part.source: (amount(p.billable), amount(p.excess)) for p in verdict.portions}


@pytest.mark.parametrize(
    ("policy", "billed", "held"),
    [("split", "800.00", "700.00"), ("hold", "0.00", "1500.00"), ("warn", "1500.00", "0.00")],
)
def test_what_does_not_fit_under_the_cap_follows_the_policy(
    policy: CapPolicy, billed: str, held: str
) -> None:
    """O-03: cap 10,000, 9,200 billed, 10 h x 150."""
    verdict = cap.decide(_cap(policy=policy), money("9200.00"), [_worked("A", "1500.00")])

    assert (verdict.billed, verdict.held) == (money(billed), money(held))


def test_a_split_entry_keeps_its_hours_and_its_money_to_the_last_unit() -> None:
    """O-03: 800.00 are 5.3333 h; the held 4.6667 h are 700.00, not 700.01."""
    (portion,) = cap.decide(_cap(), money("9200.00"), [_worked("A", "1500.00")]).portions

    assert portion.billable is not None
    assert portion.excess is not None
    assert (portion.billable.worked.seconds, portion.excess.worked.seconds) == (
        Decimal(19200),
        Decimal(16800),
    )
    assert (portion.billable.worked.hours, portion.excess.worked.hours) == (
        Decimal("5.3333"),
        Decimal("4.6667"),
    )
    assert portion.excess.amount == money("700.00")


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (
            {"A": 1, "B": 2, "C": 3},
            {"A": ("1000.00", "0"), "B": ("500.00", "0"), "C": ("500.00", "300.00")},
        ),
        (
            {"C": 1, "A": 2, "B": 3},
            {"C": ("800.00", "0"), "A": ("1000.00", "0"), "B": ("200.00", "300.00")},
        ),
        (
            {"C": 1, "B": 1, "A": 1},
            {"A": ("1000.00", "0"), "B": ("500.00", "0"), "C": ("500.00", "300.00")},
        ),
    ],
    ids=["a-b-c", "c-a-b", "one-day-by-source"],
)
def test_who_comes_first_is_decided_by_work_date_and_then_by_source(
    days: dict[str, int], expected: dict[str, tuple[str, str]]
) -> None:
    """O-03: limit 2,000 over 1,000, 500 and 800; totals are equal, lines differ."""
    worth = {"A": "1000.00", "B": "500.00", "C": "800.00"}
    parts = [_worked(source, worth[source], day=day) for source, day in days.items()]

    assert _amounts(cap.decide(_cap("2000.00"), money("0.00"), parts)) == expected


def test_an_entry_held_whole_leaves_its_room_to_a_smaller_one() -> None:
    parts = [_worked("A", "1500.00", day=1), _worked("B", "500.00", day=2)]

    verdict = cap.decide(_cap(policy="hold"), money("9200.00"), parts)

    assert _amounts(verdict) == {"A": ("0", "1500.00"), "B": ("500.00", "0")}


@pytest.mark.parametrize("policy", ["split", "hold"])
def test_exactly_what_is_left_is_billed_and_the_next_cent_is_not(policy: CapPolicy) -> None:
    parts = [_worked("A", "800.00"), _worked("B", "0.01", day=1)]

    verdict = cap.decide(_cap(policy=policy), money("9200.00"), parts)

    assert _amounts(verdict) == {"A": ("800.00", "0"), "B": ("0", "0.01")}
    assert verdict.after == money("10000.00")


def test_a_cap_that_is_overspent_bills_nothing_and_invents_no_credit() -> None:
    verdict = cap.decide(_cap(), money("10500.00"), [_worked("A", "100.00")])

    assert (verdict.billed, verdict.held) == (money("0.00"), money("100.00"))


@given(
    _POLICIES,
    st.integers(0, 1_000_000),
    st.lists(st.tuples(st.integers(1, 300_000), st.integers(0, 30)), max_size=8),
)
def test_whatever_the_order_nothing_is_lost_and_the_cap_holds(
    policy: str, consumed: int, worked: list[tuple[int, int]]
) -> None:
    limit = _cap("5000.00", policy)
    parts = [
        _worked(f"E{n}", str(Decimal(cents) / 100), day=day, worked="1.3")
        for n, (cents, day) in enumerate(worked)
    ]
    spent = Money(currency="USD", amount=Decimal(consumed) / 100)

    verdict = cap.decide(limit, spent, parts)

    assert verdict == cap.decide(limit, spent, list(reversed(parts)))
    assert verdict.billed + verdict.held == Money.total((p.amount for p in parts), "USD")
    for portion in verdict.portions:
        pieces = [each for each in (portion.billable, portion.excess) if each is not None]
        assert sum(each.worked.seconds for each in pieces) == portion.part.worked.seconds
        assert Money.total((each.amount for each in pieces), "USD") == portion.part.amount
    if policy != "warn":
        assert verdict.after.amount <= max(limit.amount.amount, spent.amount)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("0.00", "7999.99", ()),
        ("0.00", "8000.00", (80,)),
        ("8000.00", "9999.99", ()),
        ("7999.99", "10000.00", (80, 100)),
        ("9999.99", "12000.00", (100,)),
        ("10000.00", "12000.00", ()),
    ],
)
def test_people_are_told_once_at_80_and_at_100_per_cent(
    before: str, after: str, told: tuple[int, ...]
) -> None:
    assert cap.levels(_cap(), money(before), money(after)) == told
