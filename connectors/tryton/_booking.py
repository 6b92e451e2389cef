"""A batch of hours as cost and as time. Pure functions."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Context, Decimal, localcontext

from canonical.money import Money
from canonical.postings import HourBatch, HourLine
from canonical.worktime import WorkTime
from connectors.tryton import _wire
from connectors.tryton._mapping import Axes, created, rounded
from connectors.tryton._rpc import Value

Costs = Counter[tuple[str | None, Decimal | None]]
Times = Counter[tuple[str | None, timedelta]]


@dataclass(frozen=True)
class CostBooks:
    """Where the cost of a batch goes; a rate is units of a currency for one of the base."""

    cost_account: int
    clearing_account: int
    axes: Axes
    currencies: Mapping[str, _wire.Currency]
    own: _wire.Company


def placeholder(batch: str, account: int) -> dict[str, Value]:
    """Return the only line of a journal that is not filled. Filling it uses the line up."""
    return {"account": account, "description": batch, "debit": Decimal(0), "credit": Decimal(0)}


def cost_lines(batch: HourBatch, books: CostBooks) -> list[Value]:
    """Return a debit of each entry's cost, and one credit a currency."""
    debits: list[Value] = []
    sums = dict.fromkeys((line.cost.currency for line in batch.lines), (Decimal(0), Decimal(0)))
    for line in batch.lines:
        cost = line.worked.at(line.cost)
        own = in_own_currency(cost, books)
        debits.append(_debit(line, cost, own, books))
        spent, spent_own = sums[cost.currency]
        sums[cost.currency] = (spent + cost.amount, spent_own + own)
    return [*debits, *(_credit(batch.id, name, *both, books) for name, both in sums.items())]


def in_own_currency(cost: Money, books: CostBooks) -> Decimal:
    """Return a cost in the company's currency, as Tryton computes it: halves to even.

    Raises:
        ValueError: a currency has no rate on the day.
    """
    if cost.currency == books.own.currency_code:
        return cost.amount
    rate = books.currencies[cost.currency].rate
    own_rate = books.currencies[books.own.currency_code].rate
    if not rate or not own_rate:
        raise ValueError(cost.currency)
    with localcontext(Context(prec=28)):
        exact = cost.amount * own_rate / rate
        return rounded(exact, books.own.smallest)


def costs(batch: HourBatch) -> Costs:
    """Return what a batch's journal must say: texts, and amounts in the cost's currency."""
    return Counter((_text(line), line.worked.at(line.cost).amount) for line in batch.lines)


def costs_found(lines: Iterable[_wire.MoveLine], account: int) -> Costs:
    """Return what the lines of a journal say."""
    return Counter(
        (line.description, line.amount_second_currency if line.second_currency else line.debit)
        for line in lines
        if line.account == account
    )


def time_line(line: HourLine, batch: HourBatch, employee: int, company: int) -> dict[str, Value]:
    """Return an entry's time."""
    return {
        "company": company,
        "employee": employee,
        "date": line.work_date,
        "duration": duration(line.worked),
        "description": f"{line.entry} {batch.id}",
    }


def added_time(project: _wire.Work, lines: Sequence[Value]) -> dict[str, Value]:
    """Return what adds timesheet lines to a project's work."""
    (timesheet, *_) = project.timesheet_works
    return {"timesheet_works": [["write", [timesheet], {"timesheet_lines": created(*lines)}]]}


def times(batch: HourBatch) -> Times:
    """Return what the timesheet lines of a batch must say: text and time."""
    return Counter((f"{line.entry} {batch.id}", duration(line.worked)) for line in batch.lines)


def times_found(
    lines: Iterable[_wire.TimesheetLine],
) -> Times:
    """Return what timesheet lines say."""
    return Counter((line.description, line.duration) for line in lines)


def duration(worked: WorkTime) -> timedelta:
    """Return time worked; four decimals of a second are exact."""
    return timedelta(microseconds=int(worked.seconds * 1_000_000))


def months(lines: Sequence[HourLine]) -> list[str]:
    """Return the months of the days that were worked; a move can be booked in one only."""
    return sorted({f"{line.work_date:%Y-%m}" for line in lines})


def last_day(lines: Sequence[HourLine]) -> date:
    """Return the last day that was worked: the date of a batch's move."""
    return max(line.work_date for line in lines)


def _debit(line: HourLine, cost: Money, own: Decimal, books: CostBooks) -> dict[str, Value]:
    values: list[Value] = [
        {"account": value, "date": line.work_date, "debit": own, "credit": Decimal(0)}
        for _, value in books.axes.of(line.dimensions)
    ]
    return {
        "account": books.cost_account,
        "description": _text(line),
        "debit": own,
        "credit": Decimal(0),
        "analytic_lines": created(*values),
        **_second(cost.amount, cost.currency, books),
    }


def _credit(
    text: str, currency: str, spent: Decimal, own: Decimal, books: CostBooks
) -> dict[str, Value]:
    return {
        "account": books.clearing_account,
        "description": text,
        "debit": Decimal(0),
        "credit": own,
        **_second(-spent, currency, books),
    }


def _second(amount: Decimal, currency: str, books: CostBooks) -> dict[str, Value]:
    if currency == books.own.currency_code:
        return {}
    return {"amount_second_currency": amount, "second_currency": books.currencies[currency].id}


def _text(line: HourLine) -> str:
    return f"{line.entry} {line.category}".strip()  # as Tryton does
