"""Numbers that are given out once."""

from sqlmodel import col, select

from store.database import Transaction, insertion
from store.tables.reference import CounterRow


async def following(tx: Transaction, name: str) -> int:
    """Return the next number under a name, from 1. It is used up if the transaction commits."""
    taken = insertion(tx, CounterRow).values(name=name, value=1)
    bumped = taken.on_conflict_do_update(
        index_elements=["name"], set_={"value": col(CounterRow.value) + 1}
    )
    return int((await tx.exec(bumped.returning(col(CounterRow.value)))).scalar_one())


async def latest(tx: Transaction, name: str) -> int:
    """Return the last number that was given out under a name; 0 if none was."""
    query = select(CounterRow.value).where(CounterRow.name == name)
    return (await tx.exec(query)).first() or 0
