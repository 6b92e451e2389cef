"""Reading hours back from Tryton: what the cost account has of each entry, beside its time."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from decimal import Decimal
from itertools import zip_longest
from typing import NamedTuple

from world.stage import money
from world.stage.readings import HourPosting
from world.stage.tryton_api import Record, Session
from world.stage.tryton_companies import PROJECT
from world.stage.tryton_documents import Owner, path, plain

POSTED = "posted"
LINE_FIELDS = ("analytic_lines.account.code", "analytic_lines.account.root.code")
_TIME = "timesheet.line"
_TIME_FIELDS = ("date", "duration", "description", "employee.party.code")
_MICROSECOND = timedelta(microseconds=1)
_HOUR = timedelta(hours=1) // _MICROSECOND
_PLACES = Decimal("0.000000001")  # finer than a microsecond
_PRICE = Decimal("0.0001")  # what a cost, which is rounded, tells of its price


class _Costed(NamedTuple):
    """A line of the cost account, and the move that it is of."""

    line: Record
    move: Record


async def times(session: Session, works: Iterable[Record]) -> list[Record]:
    """Return the timesheet lines of works."""
    ids = [one for work in works for one in work["timesheet_works"]]
    return await session.select(_TIME, [["work", "in", ids]], _TIME_FIELDS)


def batches(found: Iterable[Record]) -> list[str]:
    """Return the batches that timesheet lines are of."""
    return sorted({_word(time, 1) for time in found})


def postings(
    owner: Owner,
    code: str,
    found: Iterable[Record],
    moves: Mapping[int, Record],
    lines: Iterable[Record],
) -> Iterator[HourPosting]:
    """Yield each line that the cost account has of a project with the time that it is for.

    A second line of an entry has no hours, a second time no cost; so it is where one is missing.
    """
    costed: dict[tuple[str, str], list[_Costed]] = defaultdict(list)
    for line in lines:
        if path(line, "account.code") == owner.cost_account and not _is_another_s(line, code):
            move = moves[line["move"]]
            costed[_word(line, 0), move["description"] or ""].append(_Costed(line, move))
    timed: dict[tuple[str, str], list[Record]] = defaultdict(list)
    for time in found:
        timed[_word(time, 0), _word(time, 1)].append(time)
    for at in dict.fromkeys([*timed, *costed]):
        for time, cost in zip_longest(timed.get(at, ()), costed.get(at, ())):
            yield _posting(owner, at[0], time, cost)


def amount(owner: Owner, line: Record) -> tuple[str, Decimal]:
    """Return the currency and the amount of a move line, debits positive."""
    second = path(line, "second_currency.code")
    exact = line["amount_second_currency"] if second else line["debit"] - line["credit"]
    currency = second or owner.currency
    return currency, money.padded(exact, currency)


def _posting(owner: Owner, entry: str, time: Record | None, costed: _Costed | None) -> HourPosting:
    line, move = costed or _Costed({}, {})
    hours = _hours(time["duration"]) if time else Decimal(0)
    currency, cost = amount(owner, line) if costed else (owner.currency, Decimal(0))
    price = (cost / hours).quantize(_PRICE) if hours else Decimal(0)
    return HourPosting(
        entity=owner.entity,
        journal=str(move.get("id", "")),
        voucher=move["number"] if move.get("state") == POSTED else None,
        entry=entry,
        worker=path(time or {}, "employee.party.code") or "",
        category=_word(line, 1),
        day=(time or move)["date"],
        hours=hours,
        cost_price=money.padded(price, currency),
        cost=cost,
        currency=currency,
    )


def _is_another_s(line: Record, code: str) -> bool:
    projects = {
        path(one, "account.code")
        for one in line.get("analytic_lines.", ())
        if path(one, "account.root.code") == PROJECT
    }
    return bool(projects) and code not in projects


def _hours(duration: timedelta) -> Decimal:
    exact = Decimal(duration // _MICROSECOND) / _HOUR
    return plain(exact.quantize(_PLACES))


def _word(record: Record, number: int) -> str:
    words = (record.get("description") or "").split(" ")
    return words[number] if number < len(words) else ""
