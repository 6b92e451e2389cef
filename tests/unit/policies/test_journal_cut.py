from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from canonical.entries import EntryKey
from canonical.money import Rate
from canonical.postings import HourLine
from canonical.projects import FinancialDimensions, ProjectCode
from canonical.worktime import WorkTime
from policies.billing import journal_cut

_START = date(2026, 6, 25)


def _line(day: date, currency: str = "USD") -> HourLine:
    return HourLine(
        number=1,
        entry=EntryKey("psa-main:1"),
        dimensions=FinancialDimensions(business_unit="040", project=ProjectCode("PR-00001")),
        resource="000123",
        category="CONS",
        work_date=day,
        worked=WorkTime.of_minutes(60),
        cost=Rate(currency=currency, per_hour=Decimal(70)),
    )


def test_a_month_goes_together() -> None:
    days = [_START, _START + timedelta(days=1), date(2026, 6, 30)]

    assert journal_cut.decide([_line(day) for day in days], "USD") == 3


def test_another_month_is_another_journal() -> None:
    lines = [_line(date(2026, 6, 30)), None, _line(date(2026, 7, 1))]

    assert journal_cut.decide(lines, "USD") == 2


def test_the_same_month_of_another_year_is_another_journal() -> None:
    lines = [_line(date(2025, 6, 30)), _line(date(2026, 6, 30))]

    assert journal_cut.decide(lines, "USD") == 1


def test_no_day_follows_a_foreign_cost() -> None:
    before, day, after = (_START + timedelta(days=days) for days in range(3))

    lines = [_line(before), _line(day, "EUR"), _line(day), _line(after)]

    assert journal_cut.decide(lines, "USD") == 3


def test_hours_that_are_not_posted_hold_nothing_up() -> None:
    assert journal_cut.decide([None, None], "USD") == 2
    assert journal_cut.decide([], "USD") == 0


@given(
    st.lists(
        st.none()
        | st.builds(
            _line,
            st.dates(_START, _START + timedelta(days=40)),
            st.sampled_from(["USD", "EUR"]),
        ),
        min_size=1,
    )
)
def test_something_is_always_taken_and_nothing_that_needs_another_date(
    lines: list[HourLine | None],
) -> None:
    lines.sort(key=lambda line: line.work_date if line else _START)
    count = journal_cut.decide(lines, "USD")
    taken = [line for line in lines[:count] if line is not None]

    assert count >= 1
    assert len({(line.work_date.year, line.work_date.month) for line in taken}) <= 1
    foreign = {line.work_date for line in taken if line.cost.currency != "USD"}
    assert foreign <= {max((line.work_date for line in taken), default=_START)}
