"""Our invoices, found by what an ERP says of them: a number, or who has paid."""

from collections.abc import Sequence
from decimal import Decimal

from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from canonical.invoices import InvoiceId
from canonical.systems import ForeignId
from store import invoices
from store.database import Transaction
from store.invoices import Kept
from store.tables.money import InvoiceRow
from store.tables.parties import ContractRow, CrosswalkRow


async def numbered(tx: Transaction, told: ForeignId) -> Sequence[Kept]:
    """Return the invoice with a number, told as `ENTITY/number`; at most one."""
    _, _, number = told.value.partition("/")
    return await _of(tx, told, select(InvoiceRow).where(InvoiceRow.number == number))


async def unnumbered(tx: Transaction, told: ForeignId) -> Sequence[Kept]:
    """Return the drafts in the entity's ERP of which no number is known yet."""
    query = select(InvoiceRow).where(
        col(InvoiceRow.number).is_(None), col(InvoiceRow.document).is_not(None)
    )
    return await _of(tx, told, query)


async def unpaid(tx: Transaction, told: ForeignId) -> Sequence[Kept]:
    """Return what a customer still owes, told as `ENTITY/customer`."""
    entity, _, customer = told.value.partition("/")
    linked = select(CrosswalkRow.ours).where(
        CrosswalkRow.kind == "client",
        CrosswalkRow.system == told.system,
        CrosswalkRow.theirs == customer,
    )
    clients = {
        client
        for client, _, of in (each.partition("/") for each in (await tx.exec(linked)).all())
        if of.casefold() == entity.casefold()
    }
    query = (
        select(InvoiceRow)
        .join(ContractRow, col(ContractRow.id) == col(InvoiceRow.contract))
        .where(col(ContractRow.client).in_(clients), col(InvoiceRow.balance) != Decimal(0))
    )
    return await _of(tx, told, query)


async def _of(
    tx: Transaction, told: ForeignId, query: SelectOfScalar[InvoiceRow]
) -> Sequence[Kept]:
    entity, _, _ = told.value.partition("/")
    ordered = query.order_by(col(InvoiceRow.contract), col(InvoiceRow.cycle))
    found = [
        await invoices.get(tx, InvoiceId(row.id), row.revision)
        for row in (await tx.exec(ordered)).all()
    ]
    return [
        kept
        for kept in found
        if kept.document is not None
        and kept.document.system == told.system
        # An ERP need not keep the case of an entity's name.
        and kept.invoice.entity.casefold() == entity.casefold()
    ]
