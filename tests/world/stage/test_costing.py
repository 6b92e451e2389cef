from datetime import date
from decimal import Decimal

import pytest

from world.stage import costing, loader
from world.stage.evidence import Booking, CostLine, Evidence, Worked
from world.stage.laws import Verdict
from world.stage.platform import Belief, BelievedSlice

FIRM = loader.load(loader.find("milestones")).firm
COST, CLEARING, REVENUE = "540100", "200140", "401100"
FIRST, SECOND = "psa-main:1", "psa-main:2"


def _worked(entry: str, day: date, **changes: object) -> Worked:
    told: dict[str, object] = {
        "entity": "USMF",
        "seconds": Decimal(36000),
        "per_hour": Decimal("63.64"),
        "currency": "EUR",
    }
    return Worked.model_validate({"entry": entry, "day": day, **told, **changes})


def _line(entry: str, **changes: object) -> CostLine:
    told: dict[str, object] = {
        "entity": "USMF",
        "voucher": "PRJ-1",
        "hours": Decimal(10),
        "cost": Decimal("636.40"),
        "currency": "EUR",
    }
    return CostLine.model_validate({"entry": entry, **told, **changes})


def _booking(account: str, entry: str, amount: str, in_books: str, **changes: object) -> Booking:
    told: dict[str, object] = {
        "entity": "USMF",
        "journal": "PRJ-1 J-1",
        "voucher": "PRJ-1",
        "account": account,
        "entry": entry,
        "currency": "EUR",
        "amount": Decimal(amount),
        "accounting_currency": "USD",
        "accounting_amount": Decimal(in_books),
    }
    return Booking.model_validate({**told, **changes})


def _slice(source: str, state: str = "ready") -> BelievedSlice:
    return BelievedSlice(
        source=source,
        state=state,
        seconds=Decimal(36000),
        amount=Decimal(1500),
        currency="EUR",
    )


# Ten hours on either side of June 30, when 1.10 USD for one EUR became 1.08.
WORKED = (_worked(FIRST, date(2026, 6, 25)), _worked(SECOND, date(2026, 7, 2)))
LINES = (_line(FIRST), _line(SECOND))
ENTRY = (
    _booking(COST, FIRST, "636.40", "700.04"),
    _booking(COST, SECOND, "636.40", "687.31"),
    _booking(CLEARING, "erp-main/USMF/0/1", "-1272.80", "-1387.35"),
)
SLICES = (_slice(FIRST), _slice(SECOND))


def _costed(
    entry: tuple[Booking, ...] = ENTRY,
    *,
    worked: tuple[Worked, ...] = WORKED,
    lines: tuple[CostLine, ...] = LINES,
    slices: tuple[BelievedSlice, ...] = SLICES,
) -> Verdict:
    evidence = Evidence(worked=worked, costs=lines, bookings=entry)
    return costing.verdict(evidence, Belief(slices=slices), FIRM)


def _texts(verdict: Verdict) -> list[str]:
    return [f"{breach.subject}: {breach.text}" for breach in verdict.breaches]


def _with(number: int, **changes: object) -> tuple[Booking, ...]:
    """Return the entry with one of its lines changed."""
    wrong = ENTRY[number].model_copy(update=changes)
    return (*ENTRY[:number], wrong, *ENTRY[number + 1 :])


def test_holds_where_each_entry_is_costed_at_its_rate_in_both_currencies() -> None:
    verdict = _costed()

    assert _texts(verdict) == []
    assert (verdict.law, verdict.checked) == ("COST", 2)


def test_holds_where_each_line_has_a_clearing_of_its_own_and_accounts_show_dimensions() -> None:
    both = [
        (
            one.model_copy(update={"account": f"{COST}-040-PR\\-1"}),
            one.model_copy(
                update={
                    "account": f"{CLEARING}-040-PR\\-1",
                    "amount": -one.amount,
                    "accounting_amount": -one.accounting_amount,
                }
            ),
        )
        for one in ENTRY[:2]
    ]

    assert _texts(_costed(tuple(line for lines in both for line in lines))) == []


@pytest.mark.parametrize("hours", ["0.1667", "0.166666667"])
def test_holds_for_time_whose_cost_is_rounded_once_however_finely_hours_are_kept(
    hours: str,
) -> None:
    own = {"currency": "USD", "cost": Decimal("11.67")}
    worked = _worked(
        FIRST,
        date(2026, 6, 25),
        seconds=Decimal(600),
        per_hour=Decimal("70.00"),
        currency="USD",
    )
    entry = (
        _booking(COST, FIRST, "11.67", "11.67", currency="USD"),
        _booking(CLEARING, FIRST, "-11.67", "-11.67", currency="USD"),
    )
    line = _line(FIRST, hours=Decimal(hours), **own)

    assert _texts(_costed(entry, worked=(worked,), lines=(line,), slices=(SLICES[0],))) == []


def test_holds_beside_the_costs_of_another_play_in_the_same_voucher() -> None:
    others = (
        _booking(COST, "psa-main:9", "70.00", "70.00", currency="USD"),
        _booking(CLEARING, "erp-main/USMF/0/1", "-70.00", "-70.00", currency="USD"),
    )

    assert _texts(_costed((*ENTRY, *others))) == []


def test_asks_no_cost_of_what_is_held_or_not_taken_in_yet() -> None:
    verdict = _costed((), lines=(), slices=(_slice(FIRST, "held"),))

    assert _texts(verdict) == []
    assert verdict.checked == 0


def _doubled(one: Booking) -> Booking:
    twice = {"amount": 2 * one.amount, "accounting_amount": 2 * one.accounting_amount}
    return one.model_copy(update=twice)


_CENT = Decimal("0.01")
_PLANTED: dict[str, tuple[tuple[Booking, ...], str]] = {
    "doubled amounts": (
        tuple(_doubled(one) for one in ENTRY),
        "psa-main:1: 636.40 EUR is expected on account 540100, 1272.80 EUR found",
    ),
    "doubled amounts in the books alone": (
        tuple(
            one.model_copy(update={"accounting_amount": 2 * one.accounting_amount}) for one in ENTRY
        ),
        "psa-main:1: 700.04 USD of the books is expected on account 540100, 1400.08 found",
    ),
    "a doubled line": (
        (ENTRY[0], *ENTRY),
        "psa-main:1: 1 line is expected on account 540100, 2 found",
    ),
    "a doubled voucher": (
        (*ENTRY, *(one.model_copy(update={"voucher": "PRJ-2"}) for one in ENTRY)),
        "psa-main:2: 1 line is expected on account 540100, 2 found",
    ),
    "a line in two parts": (
        (
            *ENTRY[1:],
            _booking(COST, FIRST, "600.00", "660.00"),
            _booking(COST, FIRST, "36.40", "40.04"),
        ),
        "psa-main:1: 1 line is expected on account 540100, 2 found",
    ),
    "a missing line": (
        ENTRY[1:],
        "psa-main:1: 636.40 EUR is expected on account 540100, nothing found",
    ),
    "not posted": ((), "psa-main:2: 636.40 EUR is expected on account 540100, nothing found"),
    "another account": (
        _with(0, account=REVENUE),
        "USMF PRJ-1: 0 EUR is expected on account 401100, 636.40 found",
    ),
    "the clearing account": (
        _with(0, account=CLEARING),
        "psa-main:1: 636.40 EUR is expected on account 540100, nothing found",
    ),
    "another account in place of clearing": (
        _with(2, account=REVENUE),
        "USMF PRJ-1: -1272.80 EUR is expected on account 200140, 0 found",
    ),
    "a cent off": (
        _with(0, amount=ENTRY[0].amount + _CENT),
        "psa-main:1: 636.40 EUR is expected on account 540100, 636.41 EUR found",
    ),
    "a cent off in the books": (
        _with(1, accounting_amount=ENTRY[1].accounting_amount + _CENT),
        "psa-main:2: 687.31 USD of the books is expected on account 540100, 687.32 found",
    ),
    "a cent off at clearing": (
        _with(2, amount=ENTRY[2].amount - _CENT),
        "USMF PRJ-1: -1272.80 EUR is expected on account 200140, -1272.81 found",
    ),
    "one rate for both": (
        _with(0, accounting_amount=Decimal("687.31")),
        "psa-main:1: 700.04 USD of the books is expected on account 540100, 687.31 found",
    ),
    "in another currency": (
        _with(0, currency="USD"),
        "psa-main:1: 636.40 EUR is expected on account 540100, 636.40 USD found",
    ),
    "another entity's": (
        tuple(one.model_copy(update={"entity": "DEMF"}) for one in ENTRY),
        "psa-main:1: 636.40 EUR is expected on account 540100, nothing found",
    ),
    "another entry's": (
        _with(0, entry="psa-main:9"),
        "psa-main:1: 636.40 EUR is expected on account 540100, nothing found",
    ),
}


@pytest.mark.parametrize(("entry", "says"), _PLANTED.values(), ids=_PLANTED)
def test_breaks_where_the_ledger_has_something_else(entry: tuple[Booking, ...], says: str) -> None:
    verdict = _costed(entry)

    assert says in _texts(verdict)


_MISLAID: dict[str, tuple[tuple[CostLine, ...], str]] = {
    "time twice": (
        (*LINES, _line(FIRST, voucher="", cost=Decimal(0))),
        "psa-main:1: 1 posted line of time and cost is expected, 2 found: PRJ-1, one not posted",
    ),
    "cost twice": (
        (*LINES, _line(FIRST, voucher="PRJ-2", hours=Decimal(0))),
        "psa-main:1: 1 posted line of time and cost is expected, 2 found: PRJ-1, PRJ-2",
    ),
    "time without a cost": (
        (_line(FIRST, voucher="", cost=Decimal(0)), LINES[1]),
        "psa-main:1: 1 posted line of time and cost is expected, 1 found: one not posted",
    ),
    "cost without time": (
        (_line(FIRST, hours=Decimal(0)), LINES[1]),
        "psa-main:1: 10.0000 h are expected in PRJ-1, 0 h found",
    ),
    "other hours": (
        (_line(FIRST, hours=Decimal("10.0001")), LINES[1]),
        "psa-main:1: 10.0000 h are expected in PRJ-1, 10.0001 h found",
    ),
    "neither": (
        LINES[:1],
        "psa-main:2: 1 posted line of time and cost is expected, 0 found: none",
    ),
    "another cost than the ledger": (
        (_line(FIRST, cost=Decimal("636.41")), LINES[1]),
        "psa-main:1: 636.41 EUR is on its journals, 636.40 EUR in the ledger",
    ),
    "a cost that nobody approved": (
        (*LINES, _line("psa-main:9")),
        "psa-main:9: no cost is expected, 636.40 EUR found in PRJ-1",
    ),
    "a cost that names nothing": (
        (*LINES, _line("")),
        "USMF PRJ-1: no cost is expected, 636.40 EUR found in PRJ-1",
    ),
}


@pytest.mark.parametrize(("lines", "says"), _MISLAID.values(), ids=_MISLAID)
def test_breaks_where_the_journals_have_something_else(
    lines: tuple[CostLine, ...], says: str
) -> None:
    assert says in _texts(_costed(lines=lines))


def test_breaks_where_time_that_is_held_is_costed() -> None:
    verdict = _costed(slices=(_slice(FIRST, "held"), SLICES[1]))

    assert _texts(verdict) == ["psa-main:1: no cost is expected, 636.40 EUR found in PRJ-1"]


def test_breaks_where_time_without_a_cost_rate_is_to_be_costed() -> None:
    unknown = _worked(FIRST, date(2026, 6, 25), per_hour=None)

    verdict = _costed(worked=(unknown, WORKED[1]))

    assert _texts(verdict) == ["psa-main:1: has no cost rate, and is to be costed"]
