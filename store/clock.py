"""Time: the moment for the record, and the business date for decisions."""

from datetime import UTC, date, datetime

from store.database import Transaction, insertion
from store.tables.reference import ClockRow

_ONLY = 1


def now() -> datetime:
    """Return the moment, for trails and messages; no decision depends on it."""
    return datetime.now(UTC)


async def today(tx: Transaction) -> date:
    """Return the business date: the one that was set, else the date in UTC."""
    row = await tx.get(ClockRow, _ONLY)
    return row.today if row else now().date()


async def set_today(tx: Transaction, day: date) -> None:
    """Move the business date, together with the clocks of the systems around us."""
    moved = insertion(tx, ClockRow).values(id=_ONLY, today=day)
    await tx.exec(moved.on_conflict_do_update(index_elements=["id"], set_={"today": day}))
