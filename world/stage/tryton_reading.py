"""Reading a project back from Tryton: its works, its timesheets, its documents, its move lines."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from decimal import Decimal

from world.stage import money, tryton_documents
from world.stage.readings import (
    Books,
    ErpCustomer,
    ErpProject,
    HourPosting,
    LedgerEntry,
    LedgerLine,
)
from world.stage.tryton_api import Record, Session
from world.stage.tryton_companies import PROJECT
from world.stage.tryton_documents import Owner, path, plain
from world.stage.tryton_shared import COST_JOURNAL

_WORK, _TIME, _MOVE, _MOVE_LINE = (
    *("project.work", "timesheet.line"),
    *("account.move", "account.move.line"),
)
_CUSTOMER_FIELDS = (
    *("code", "name", "categories.name", "customer_payment_term.name"),
    *("customer_tax_rule.name", "tax_identifier.code"),
)
_WORK_FIELDS = ("name", "parent.name", "product.code", "number", "timesheet_works")
_TIME_FIELDS = ("date", "duration", "description", "employee.party.code", "cost_price")
_MOVE_FIELDS = ("number", "date", "description", "state", "journal.code", "origin")
_MOVE_LINE_FIELDS = (
    *("move", "account", "account.code", "debit", "credit", "maturity_date", "origin"),
    *("second_currency.code", "amount_second_currency", "description"),
)
_MICROSECOND = timedelta(microseconds=1)
_HOUR = timedelta(hours=1) // _MICROSECOND
_PLACES = Decimal("0.000000001")  # finer than a microsecond


async def customers(
    session: Session, account: str, owners: Iterable[Owner]
) -> tuple[ErpCustomer, ...]:
    """Return a customer, from every company that has a project or an invoice of it.

    Tryton's parties are one for all companies, so which company a customer is of is what
    it has there; its currency is that of each document.
    """
    known = {owner.id: owner for owner in owners}
    where = [["company", "in", list(known)], ["party.code", "=", account]]
    found: set[int] = set()
    for model in (_WORK, "account.invoice"):
        found |= {one["company"] for one in await session.select(model, where, ["company"])}
    return tuple(
        [
            _customer(owner, party)
            for owner in known.values()
            if owner.id in found
            for party in await session.select(
                "party.party", [["code", "=", account]], _CUSTOMER_FIELDS, company=owner.id
            )
        ]
    )


async def books(session: Session, owner: Owner, code: str) -> Books:
    """Return everything on a project of a company."""
    where = [["company", "=", owner.id], ["name", "like", f"{_literal(code)} %"]]
    works = await session.select(_WORK, where, _WORK_FIELDS)
    on_axis = [["company", "=", owner.id], ["root.code", "=", PROJECT], ["code", "=", code]]
    axis = [one["id"] for one in await session.select("analytic_account.account", on_axis, [])]
    times = await _times(session, works)
    invoices = await tryton_documents.on(session, axis)
    moves = await _moves(session, owner, axis, times, invoices)
    lines = await session.select(_MOVE_LINE, [["move", "in", list(moves)]], _MOVE_LINE_FIELDS)
    return Books(
        projects=tuple(_project(owner, code, work, is_known=bool(axis)) for work in works),
        postings=tuple(_postings(owner, times, moves.values(), lines)),
        invoices=await tryton_documents.read(session, owner, invoices, lines),
        ledger=tuple(_ledger(owner, moves.values(), lines)),
    )


async def _times(session: Session, works: Iterable[Record]) -> list[Record]:
    ids = [one for work in works for one in work["timesheet_works"]]
    return await session.select(_TIME, [["work", "in", ids]], _TIME_FIELDS)


async def _moves(
    session: Session,
    owner: Owner,
    axis: Iterable[int],
    times: Iterable[Record],
    invoices: Iterable[Record],
) -> dict[int, Record]:
    """Return what stands in the journals: the batches of times, and all that names the project."""
    batches = sorted({_word(time, 1) for time in times})
    costed = [["journal.code", "=", COST_JOURNAL], ["description", "in", batches]]
    analyzed = [["lines.analytic_lines.account", "in", list(axis)]]
    billed = sorted({move for invoice in invoices for move in tryton_documents.moves(invoice)})
    where = [["company", "=", owner.id], ["OR", costed, analyzed, [["id", "in", billed]]]]
    return {move["id"]: move for move in await session.select(_MOVE, where, _MOVE_FIELDS)}


def _postings(
    owner: Owner, times: Iterable[Record], moves: Iterable[Record], lines: Iterable[Record]
) -> Iterator[HourPosting]:
    """Yield each time once for every move of its batch, so that one costed twice shows twice."""
    batches: dict[str, list[Record]] = defaultdict(list)
    for move in moves:
        if path(move, "journal.code") == COST_JOURNAL:
            batches[move["description"] or ""].append(move)
    categories = {(line["move"], _word(line, 0)): _word(line, 1) for line in lines}
    for time in times:
        entry = _word(time, 0)
        for move in batches[_word(time, 1)] or [{"id": "", "number": None}]:
            yield HourPosting(
                entity=owner.entity,
                journal=str(move["id"]),
                voucher=move["number"],
                entry=entry,
                worker=path(time, "employee.party.code") or "",
                category=categories.get((move["id"], entry), ""),
                day=time["date"],
                hours=_hours(time["duration"]),
                cost_price=money.padded(time["cost_price"] or Decimal(0), owner.currency),
                currency=owner.currency,
            )


def _ledger(
    owner: Owner, moves: Iterable[Record], lines: Iterable[Record]
) -> Iterator[LedgerEntry]:
    of_move: dict[int, list[Record]] = defaultdict(list)
    for line in lines:
        of_move[line["move"]].append(line)
    for move in sorted(moves, key=lambda one: (one["date"], one["id"])):
        if move["state"] == "posted":
            yield LedgerEntry(
                entity=owner.entity,
                journal=path(move, "journal.code"),
                voucher=move["number"],
                day=move["date"],
                accounting_currency=owner.currency,
                lines=tuple(_ledger_line(owner, move, line) for line in of_move[move["id"]]),
            )


def _ledger_line(owner: Owner, move: Record, line: Record) -> LedgerLine:
    """Return an amount; its kind is what it comes from, in Tryton's own names."""
    in_books = line["debit"] - line["credit"]
    second = path(line, "second_currency.code")
    amount = line["amount_second_currency"] if second else in_books
    origin = line["origin"] or move["origin"] or path(move, "journal.code")
    return LedgerLine(
        account=path(line, "account.code") or "",
        kind=origin.partition(",")[0],
        currency=second or owner.currency,
        amount=money.padded(amount, second or owner.currency),
        accounting_amount=money.padded(in_books, owner.currency),
        text=line["description"] or move["description"] or "",
    )


def _customer(owner: Owner, party: Record) -> ErpCustomer:
    groups: list[Mapping[str, str]] = party.get("categories.", [])
    return ErpCustomer(
        entity=owner.entity,
        account=party["code"],
        name=party["name"],
        group=" ".join(group["name"] for group in groups),
        terms=path(party, "customer_payment_term.name") or "",
        tax_group=path(party, "customer_tax_rule.name") or "",
        tax_id=path(party, "tax_identifier.code") or "",
        currency="",
    )


def _project(owner: Owner, code: str, work: Record, *, is_known: bool) -> ErpProject:
    return ErpProject(
        entity=owner.entity,
        code=code,
        name=work["name"].removeprefix(f"{code} "),
        contract=(path(work, "parent.name") or "").partition(" ")[0],
        group=path(work, "product.code") or "",
        dimensions=code if is_known else "",
        reference=work["number"] or "",
    )


def _hours(duration: timedelta) -> Decimal:
    exact = Decimal(duration // _MICROSECOND) / _HOUR
    return plain(exact.quantize(_PLACES))


def _word(record: Record, number: int) -> str:
    words = (record["description"] or "").split(" ")
    return words[number] if number < len(words) else ""


def _literal(text: str) -> str:
    """Return a text whose characters stand for nothing but themselves."""
    return text.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
