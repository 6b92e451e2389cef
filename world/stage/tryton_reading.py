"""Reading a project back from Tryton: its works, its hours, its documents, its move lines."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from world.stage import money, tryton_documents, tryton_hours
from world.stage.readings import (
    Books,
    ErpCustomer,
    ErpProject,
    LedgerEntry,
    LedgerLine,
)
from world.stage.tryton_api import Record, Session
from world.stage.tryton_companies import PROJECT
from world.stage.tryton_documents import Owner, path
from world.stage.tryton_shared import COST_JOURNAL

_WORK, _MOVE, _MOVE_LINE = ("project.work", "account.move", "account.move.line")
_CUSTOMER_FIELDS = (
    *("code", "name", "categories.name", "customer_payment_term.name"),
    *("customer_tax_rule.name", "tax_identifier.code"),
)
_WORK_FIELDS = ("name", "parent.name", "product.code", "number", "timesheet_works")
_MOVE_FIELDS = ("number", "date", "description", "state", "journal.code", "origin")
_MOVE_LINE_FIELDS = (
    *("move", "account", "account.code", "debit", "credit", "maturity_date", "origin"),
    *("second_currency.code", "amount_second_currency", "description"),
    *tryton_hours.LINE_FIELDS,
)


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
    times = await tryton_hours.times(session, works)
    invoices = await tryton_documents.on(session, axis)
    moves = await _moves(session, owner, axis, tryton_hours.batches(times), invoices)
    lines = await session.select(_MOVE_LINE, [["move", "in", list(moves)]], _MOVE_LINE_FIELDS)
    return Books(
        projects=tuple(_project(owner, code, work, is_known=bool(axis)) for work in works),
        postings=tuple(tryton_hours.postings(owner, code, times, moves, lines)),
        invoices=await tryton_documents.read(session, owner, invoices, lines),
        ledger=tuple(_ledger(owner, moves.values(), lines)),
    )


async def _moves(
    session: Session,
    owner: Owner,
    axis: Iterable[int],
    batches: Iterable[str],
    invoices: Iterable[Record],
) -> dict[int, Record]:
    """Return what stands in the journals: the batches of hours, and all on the project's axis."""
    costed = [["journal.code", "=", COST_JOURNAL], ["description", "in", list(batches)]]
    analyzed = [["lines.analytic_lines.account", "in", list(axis)]]
    billed = sorted({move for invoice in invoices for move in tryton_documents.moves(invoice)})
    where = [["company", "=", owner.id], ["OR", costed, analyzed, [["id", "in", billed]]]]
    return {move["id"]: move for move in await session.select(_MOVE, where, _MOVE_FIELDS)}


def _ledger(
    owner: Owner, moves: Iterable[Record], lines: Iterable[Record]
) -> Iterator[LedgerEntry]:
    of_move: dict[int, list[Record]] = defaultdict(list)
    for line in lines:
        of_move[line["move"]].append(line)
    for move in sorted(moves, key=lambda one: (one["date"], one["id"])):
        if move["state"] == tryton_hours.POSTED:
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
    currency, amount = tryton_hours.amount(owner, line)
    origin = line["origin"] or move["origin"] or path(move, "journal.code")
    return LedgerLine(
        account=path(line, "account.code") or "",
        kind=origin.partition(",")[0],
        currency=currency,
        amount=amount,
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


def _literal(text: str) -> str:
    """Return a text whose characters stand for nothing but themselves."""
    return text.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
