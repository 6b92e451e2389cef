"""Turns: who reads something to write it by what was read waits for whoever did so first.

A row that is there is read for update. Where there may be no row yet, there is nothing to lock:
then a turn is taken, under a name, and held until the transaction ends.
"""

from sqlmodel import func, select

from store.database import Transaction


async def wait(tx: Transaction, *name: str) -> None:
    """Wait until no other transaction has the turn of that name, and take it.

    What was read before may be old: read after it. SQLite has one writer, who has every turn.
    """
    if tx.get_bind().dialect.name == "postgresql":
        number = func.hashtextextended("/".join(name), 0)
        await tx.exec(select(func.pg_advisory_xact_lock(number)))
