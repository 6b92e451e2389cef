"""Invoices we made, and what the ERP says of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlmodel import col, select

from canonical.contracts import ContractId
from canonical.invoices import Invoice, InvoiceId, InvoiceStatus
from canonical.money import Money
from canonical.systems import ForeignId
from store import counters, trail
from store.database import Transaction
from store.tables.money import InvoiceRow, Standing

_MOST_DIGITS = 9  # of a revision, so that any database can look for it


@dataclass(frozen=True)
class Kept:
    """An invoice with its hash, its document in the ERP and what the ERP said of it last.

    `edition` counts the changes of the draft, `sent` is the one the ERP was given, `needed` how
    many people must approve it.
    """

    invoice: Invoice
    cycle: int
    content_hash: str
    document: ForeignId | None
    status: InvoiceStatus | None
    standing: Standing = Standing.DRAFT
    edition: int = 1
    sent: int | None = None
    needed: int = 0
    changed_by: str | None = None


async def draft(tx: Transaction, invoice: Invoice, *, cycle: int, content_hash: str) -> None:
    """Keep a new invoice."""
    tx.add(
        InvoiceRow(
            id=invoice.id,
            revision=invoice.revision,
            contract=invoice.contract,
            cycle=cycle,
            issued_on=invoice.issued_on,
            content=invoice.model_dump_json(),
            content_hash=content_hash,
            net=invoice.net.amount,
            currency=invoice.currency,
        )
    )
    trail.audit(tx, "invoice.drafted", invoice.reference, detail=str(invoice.net))


async def find(tx: Transaction, invoice: InvoiceId, revision: int) -> Kept | None:
    """Return an invoice, or None."""
    row = await tx.get(InvoiceRow, (invoice, revision))
    return _kept(row) if row else None


async def get(tx: Transaction, invoice: InvoiceId, revision: int) -> Kept:
    """Return an invoice; a bug if there is none."""
    return _kept(await tx.get_one(InvoiceRow, (invoice, revision)))


async def by_reference(tx: Transaction, reference: str) -> Kept:
    """Return an invoice by our reference; a bug if there is none."""
    invoice, _, revision = reference.rpartition("/")
    return await get(tx, InvoiceId(invoice), int(revision))


async def of_contract(tx: Transaction, contract: ContractId) -> Sequence[Kept]:
    """Return a contract's invoices by cycle."""
    query = select(InvoiceRow).where(InvoiceRow.contract == contract)
    rows = (await tx.exec(query.order_by(col(InvoiceRow.cycle)))).all()
    return [_kept(row) for row in rows]


async def is_any_unposted(tx: Transaction, contract: ContractId) -> bool:
    """Say whether an invoice of a contract is a draft still, or on its way."""
    query = select(InvoiceRow.id).where(
        InvoiceRow.contract == contract,
        col(InvoiceRow.standing).in_((Standing.DRAFT, Standing.POSTING)),
    )
    return (await tx.exec(query.limit(1))).first() is not None


async def standing(tx: Transaction, reference: str) -> Standing | None:
    """Return how far an invoice has come, by our reference; None if there is none."""
    row = await _row_named(tx, reference)
    return row.standing if row else None


async def record_document(tx: Transaction, invoice: Invoice, document: ForeignId) -> None:
    """Record which document of the ERP the invoice is."""
    row = await tx.get_one(InvoiceRow, (invoice.id, invoice.revision), with_for_update=True)
    row.document = document.model_dump_json()


async def record_status(tx: Transaction, invoice: Invoice, status: InvoiceStatus) -> None:
    """Record what the ERP says of the invoice, and publish that it is posted, or has changed."""
    row = await tx.get_one(InvoiceRow, (invoice.id, invoice.revision), with_for_update=True)
    was_posted = row.number is not None
    before = (row.number, row.tax, row.balance)
    row.number, row.tax = status.number, status.tax.amount
    row.balance = status.balance.amount if status.balance else None
    if was_posted and before == (row.number, row.tax, row.balance):
        return
    trail.audit(tx, f"invoice.{status.state}", invoice.reference, detail=status.number or "")
    if was_posted:
        change = await counters.following(tx, _changes(invoice))
        subject = f"{invoice.reference}/{change}"
        await trail.publish(tx, "invoice.changed", subject, balance=str(status.balance or ""))
    elif status.state == "posted":
        row.standing = Standing.POSTED
        await trail.publish(tx, "invoice.posted", invoice.reference, number=status.number or "")


async def changes(tx: Transaction, invoice: Invoice) -> int:
    """Return how often the ERP has said something else of the invoice since it was posted."""
    return await counters.latest(tx, _changes(invoice))


def _changes(invoice: Invoice) -> str:
    return f"invoice/{invoice.reference}/changes"


def _kept(row: InvoiceRow) -> Kept:
    invoice = Invoice.model_validate_json(row.content)
    return Kept(
        invoice=invoice,
        cycle=row.cycle,
        content_hash=row.content_hash,
        document=ForeignId.model_validate_json(row.document) if row.document else None,
        status=_status(row, invoice) if row.tax is not None else None,
        standing=row.standing,
        edition=row.edition,
        sent=row.sent,
        needed=row.needed,
        changed_by=row.changed_by,
    )


def _status(row: InvoiceRow, invoice: Invoice) -> InvoiceStatus:
    def money(amount: Decimal | None) -> Money:
        return Money(amount=amount or Decimal(0), currency=row.currency)

    return InvoiceStatus(
        state="posted" if row.number else "draft",
        number=row.number,
        net=money(row.net),
        tax=money(row.tax),
        balance=money(row.balance) if row.balance is not None else None,
        line_count=len(invoice.lines),
    )


async def number(tx: Transaction, reference: str) -> str | None:
    """Return the ERP's number of an invoice, by our reference."""
    row = await _row_named(tx, reference)
    return row.number if row else None


async def references(tx: Transaction, name: str) -> Sequence[str]:
    """Return our references of an invoice, by itself or by the ERP's number.

    Two companies may give the same number; then there are several.
    """
    rows = (await tx.exec(select(InvoiceRow).where(InvoiceRow.number == name))).all()
    if not rows:
        row = await _row_named(tx, name)
        rows = [row] if row else []
    return sorted(f"{row.id}/{row.revision}" for row in rows)


async def _row_named(tx: Transaction, name: str) -> InvoiceRow | None:
    invoice, _, revision = name.rpartition("/")
    if not revision.isdecimal() or len(revision) > _MOST_DIGITS:
        return None
    return await tx.get(InvoiceRow, (invoice, int(revision)))
