"""Reading a project's invoices back from Tryton, with the tax of each line."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any, NamedTuple

from world.stage import money
from world.stage.readings import ErpInvoice, ErpInvoiceLine
from world.stage.tryton_api import Record, Session
from world.stage.tryton_companies import BUSINESS_UNIT, PROJECT
from world.stage.tryton_shared import HOUR

_INVOICE, _LINE, _TAX = "account.invoice", "account.invoice.line", "account.invoice.tax"
_ISSUED = {"posted", "paid", "cancelled"}
_INVOICE_FIELDS = (
    *("reference", "number", "state", "description", "invoice_date", "create_date"),
    *("party.code", "currency.code", "account", "move", "move.number", "amount_to_pay"),
    *("additional_moves", "cancel_move"),
)
_LINE_FIELDS = (
    *("invoice", "sequence", "description", "quantity", "unit.symbol", "unit_price", "amount"),
    *("account.code", "taxes", "analytic_accounts.root.code", "analytic_accounts.account.code"),
)
_TAX_FIELDS = ("invoice", "tax", "tax.rate", "amount", "legal_notice")


class Owner(NamedTuple):
    """A company: its id, its entity, the currency of its books, its account of costs."""

    id: int
    entity: str
    currency: str
    cost_account: str


class Parts(NamedTuple):
    """What belongs to an invoice: its lines in order, its taxes, its lines in the ledger."""

    lines: Sequence[Record]
    taxes: Sequence[Record]
    booked: Sequence[Record]


async def on(session: Session, axis: Iterable[int]) -> list[Record]:
    """Return the invoices with a line on one of these analytic accounts, the oldest first."""
    where = [["analytic_accounts.account", "in", list(axis)], ["invoice.type", "=", "out"]]
    ids = {line["invoice"] for line in await session.select(_LINE, where, ["invoice"])}
    return await session.select(_INVOICE, [["id", "in", sorted(ids)]], _INVOICE_FIELDS)


def moves(invoice: Record) -> set[int]:
    """Return the ids of everything that an invoice has in the ledger."""
    told = [invoice["move"], invoice["cancel_move"], *invoice["additional_moves"]]
    return {move for move in told if move}


async def read(
    session: Session, owner: Owner, invoices: Sequence[Record], booked: Iterable[Record]
) -> tuple[ErpInvoice, ...]:
    """Return invoices with their lines; `booked` are lines of the ledger."""
    where = [["invoice", "in", [invoice["id"] for invoice in invoices]]]
    of_line = [*where, ["type", "=", "line"]]
    lines = _by("invoice", await session.select(_LINE, of_line, _LINE_FIELDS, "sequence"))
    taxes = _by("invoice", await session.select(_TAX, where, _TAX_FIELDS))
    by_move = _by("move", booked)
    return tuple(
        _invoice(
            owner,
            invoice,
            Parts(lines[invoice["id"]], taxes[invoice["id"]], by_move[invoice["move"] or 0]),
        )
        for invoice in invoices
    )


def path(record: Record, way: str) -> Any:  # noqa: ANN401 - any value
    """Return a field of what a record refers to; nothing is there where it refers to none."""
    *steps, last = way.split(".")
    at: Record | None = record
    for step in steps:
        at = at.get(f"{step}.") if at else None
    return at[last] if at else None


def plain(number: Decimal) -> Decimal:
    """Return a number without zeros at its end."""
    return number.normalize() + Decimal(0)


def _by(name: str, records: Iterable[Record]) -> Mapping[int, list[Record]]:
    found: dict[int, list[Record]] = defaultdict(list)
    for record in records:
        found[record[name]].append(record)
    return found


def _invoice(owner: Owner, row: Record, parts: Parts) -> ErpInvoice:
    currency, is_issued = path(row, "currency.code"), row["state"] in _ISSUED
    owed = [line for line in parts.booked if line["account"] == row["account"]]
    in_books = sum((line["debit"] - line["credit"] for line in owed), Decimal(0))
    day = row["invoice_date"] or row["create_date"].date()
    matures = [line["maturity_date"] for line in owed if line["maturity_date"]]
    return ErpInvoice(
        entity=owner.entity,
        document=str(row["id"]),
        reference=row["reference"] or "",
        number=row["number"] if is_issued else None,
        voucher=path(row, "move.number") if is_issued else None,
        day=day,
        due=max(matures, default=day),
        customer=path(row, "party.code") or "",
        currency=currency,
        purchase_order=row["description"] or "",
        lines=tuple(_lines(currency, parts)),
        balance=money.padded(row["amount_to_pay"], currency) if is_issued else None,
        owed=money.padded(in_books, owner.currency) if is_issued else None,
    )


def _lines(currency: str, parts: Parts) -> Iterator[ErpInvoiceLine]:
    notices = [tax["legal_notice"] for tax in parts.taxes if tax["legal_notice"]]
    taxed = _taxed(currency, parts)
    for number, row in enumerate(parts.lines, start=1):
        text, *rest = (row["description"] or "").split("\n")
        yield ErpInvoiceLine(
            number=number,
            text=text,
            note="\n".join([*rest, *notices]),
            quantity=plain(row["quantity"]) if path(row, "unit.symbol") == HOUR else None,
            unit_price=money.padded(row["unit_price"], currency),
            net=money.padded(row["amount"], currency),
            tax=money.padded(taxed[row["id"]], currency),
            account=path(row, "account.code") or "",
            dimensions=_dimensions(row),
        )


def _taxed(currency: str, parts: Parts) -> Mapping[int, Decimal]:
    """Return the tax of each line; what rounding leaves over is the last one's."""
    found: dict[int, Decimal] = defaultdict(Decimal)
    unit = Decimal(1).scaleb(-money.decimals(currency))
    for tax in parts.taxes:
        rest, rate = tax["amount"], path(tax, "tax.rate") or Decimal(0)
        lines = [line for line in parts.lines if tax["tax"] in line["taxes"]] or parts.lines
        for line in lines:
            share = (line["amount"] * rate).quantize(unit, ROUND_HALF_EVEN)
            found[line["id"]] += share
            rest -= share
        if lines:
            found[lines[-1]["id"]] += rest
    return found


def _dimensions(row: Record) -> str:
    """Return the business unit and the project of a line, as far as it has them."""
    axes = {
        path(entry, "root.code"): path(entry, "account.code")
        for entry in row.get("analytic_accounts.", [])
    }
    return "-".join(axes[axis] for axis in (BUSINESS_UNIT, PROJECT) if axes.get(axis))
