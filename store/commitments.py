"""What documents consume of a contract's promises; whoever changes it holds the contract's lock."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sqlmodel import col, select

from canonical.contracts import ContractId
from canonical.money import Currency, Money
from store.database import Transaction
from store.tables.money import CommitmentRow
from store.tables.parties import ContractRow

Kind = Literal["cap"]


@dataclass(frozen=True)
class Consumption:
    """What one document consumes, and the verdict with its rule and inputs, as JSON."""

    document: str
    amount: Money
    verdict: str


async def lock(tx: Transaction, contract: ContractId) -> None:
    """Wait until nobody else changes what the contract bills; the end of the transaction unlocks.

    What was read before may be old: read again. SQLite has one writer, so there it is no more
    than a read.
    """
    await tx.exec(select(ContractRow.id).where(ContractRow.id == contract).with_for_update())


async def consumed(tx: Transaction, contract: ContractId, kind: Kind, currency: Currency) -> Money:
    """Return what all documents together consume of a promise."""
    found = await of_contract(tx, contract, kind)
    return Money.total((each.amount for each in found), currency)


async def of_contract(tx: Transaction, contract: ContractId, kind: Kind) -> Sequence[Consumption]:
    """Return what each document consumes of a promise."""
    query = select(CommitmentRow).where(
        CommitmentRow.contract == contract, CommitmentRow.kind == kind
    )
    rows = (await tx.exec(query.order_by(col(CommitmentRow.document)))).all()
    return [
        Consumption(row.document, Money(amount=row.amount, currency=row.currency), row.verdict)
        for row in rows
    ]


async def consume(
    tx: Transaction, contract: ContractId, kind: Kind, consumption: Consumption
) -> None:
    """Record what a document consumes, in place of what it consumed before."""
    row = CommitmentRow(
        contract=contract,
        kind=kind,
        document=consumption.document,
        amount=consumption.amount.amount,
        currency=consumption.amount.currency,
        verdict=consumption.verdict,
    )
    await tx.merge(row)


async def release(tx: Transaction, contract: ContractId, document: str, amount: Money) -> None:
    """Give back what a document consumes no longer, of every promise that it consumed."""
    query = select(CommitmentRow).where(
        CommitmentRow.contract == contract, CommitmentRow.document == document
    )
    for row in (await tx.exec(query)).all():
        row.amount -= amount.amount
