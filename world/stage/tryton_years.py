"""Fiscal years in Tryton, and the number ranges of their invoices.

Within one range of numbers Tryton wants invoices in the order of their dates. A story that goes
back behind the last one is given a new range, as finance would open one.
"""

from calendar import monthrange
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import NamedTuple

from world.stage.firm import Firm, FiscalYear
from world.stage.tryton_api import Record, Session
from world.stage.tryton_records import Key, Row, create, ensure, named

_SEQUENCE = "ir.sequence.strict"
_YEAR = "account.fiscalyear"
_RANGES = "account.fiscalyear.invoice_sequence"
_INVOICE = "account.invoice"
_OF_INVOICES, _OF_MOVES = "Invoice", "Account Move"
_INVOICES, _CREDIT_NOTES, _BOUGHT = "invoices", "credit notes", "supplier documents"
_DAY = timedelta(days=1)


class Range(NamedTuple):
    """A range of numbers of a company's year; `number` counts those of its customer documents."""

    entity: str
    company: int
    year: str
    number: int = 1


async def years(session: Session, firm: Firm, owners: Mapping[str, int]) -> None:
    """Enter every company's fiscal years, with monthly periods and numbers of their own."""
    wanted = {
        (company, year.first_day): (Range(entity, company, _name(year)), year)
        for entity, company in owners.items()
        for year in firm.fiscal_years
    }
    names = ("company", "start_date")
    where = [["company", "in", list(owners.values())]]
    there = {tuple(one[n] for n in names) for one in await session.select(_YEAR, where, names)}
    missing = [told for at, told in wanted.items() if at not in there]
    if missing:
        rows = [row for at, _ in missing for row in await _sequences(session, at)]
        made = await ensure(session, _SEQUENCE, ("company", "name"), rows)
        await session.create(_YEAR, [_year(at, year, made) for at, year in missing])


async def open_books(session: Session, owners: Mapping[str, int], day: date) -> None:
    """Let invoices of a day be numbered, even if later ones already are."""
    where = [
        ["company", "in", list(owners.values())],
        ["fiscalyear.start_date", "<=", day],
        ["fiscalyear.end_date", ">=", day],
    ]
    fields = ("company", "fiscalyear.name", "out_invoice_sequence", "out_credit_note_sequence")
    entities = {company: entity for entity, company in owners.items()}
    for numbers in await session.select(_RANGES, where, fields):
        used = [numbers["out_invoice_sequence"], numbers["out_credit_note_sequence"]]
        later = [["sequence", "in", used], ["invoice_date", ">", day]]
        if await session.call(f"{_INVOICE}.search_count", later):
            company = numbers["company"]
            at = Range(entities[company], company, numbers["fiscalyear."]["name"])
            await _renumber(session, numbers["id"], at)


async def _renumber(session: Session, numbers: int, at: Range) -> None:
    like = f"{at.year} {_INVOICES} %"
    where = [["company", "=", at.company], ["name", "like", like]]
    number = await session.call(f"{_SEQUENCE}.search_count", where) + 1
    rows = await _sequences(session, at._replace(number=number))
    made = await ensure(session, _SEQUENCE, ("company", "name"), rows)
    changes = _customer_numbers(at._replace(number=number), made)
    await session.write(_RANGES, [numbers], changes)


async def _sequences(session: Session, at: Range) -> list[Row]:
    types = named(await _types(session))
    prefix = f"{at.entity}-{at.year}"
    told = {
        f"{at.year} moves": (_OF_MOVES, f"{at.year}-"),
        f"{at.year} {_BOUGHT}": (_OF_INVOICES, f"{prefix}-S-"),
        _called(_INVOICES, at): (_OF_INVOICES, f"{prefix}-{at.number}-"),
        _called(_CREDIT_NOTES, at): (_OF_INVOICES, f"{prefix}-C{at.number}-"),
    }
    return [
        {
            "company": at.company,
            "name": name,
            "sequence_type": types[kind],
            "prefix": prefix,
            "padding": 5,
        }
        for name, (kind, prefix) in told.items()
    ]


async def _types(session: Session) -> dict[Key, int]:
    found = await session.select("ir.sequence.type", [], ["name"])
    return {(one["name"],): one["id"] for one in found}


def _called(what: str, at: Range) -> str:
    return f"{at.year} {what} {at.number}"


def _customer_numbers(at: Range, made: Mapping[Key, int]) -> Record:
    return {
        "out_invoice_sequence": made[at.company, _called(_INVOICES, at)],
        "out_credit_note_sequence": made[at.company, _called(_CREDIT_NOTES, at)],
    }


def _year(at: Range, year: FiscalYear, made: Mapping[Key, int]) -> Row:
    bought = made[at.company, f"{at.year} {_BOUGHT}"]
    numbers = {
        "company": at.company,
        "in_invoice_sequence": bought,
        "in_credit_note_sequence": bought,
        **_customer_numbers(at, made),
    }
    return {
        "company": at.company,
        "name": at.year,
        "start_date": year.first_day,
        "end_date": year.last_day,
        "move_sequence": made[at.company, f"{at.year} moves"],
        "invoice_sequences": create(numbers),
        "periods": create(*_periods(year)),
    }


def _periods(year: FiscalYear) -> Iterable[Row]:
    for first, last in _months(year):
        yield {
            "name": f"{first:%Y-%m}",
            "start_date": first,
            "end_date": last,
            "type": "standard",
        }


def _months(year: FiscalYear) -> Iterator[tuple[date, date]]:
    first = year.first_day
    while first <= year.last_day:
        last = first.replace(day=monthrange(first.year, first.month)[1])
        yield first, min(last, year.last_day)
        first = last + _DAY


def _name(year: FiscalYear) -> str:
    first, last = year.first_day.year, year.last_day.year
    return f"{first}" if first == last else f"{first}/{last % 100:02}"
