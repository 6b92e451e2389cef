"""Approvals that are taken back, of entries that came in before."""

from collections.abc import Collection, Mapping, Sequence

from sqlmodel import col, or_, select

from canonical.entries import EntryKey
from canonical.systems import ForeignId, SystemId
from store import clock, entries
from store.database import Transaction
from store.entries import Story
from store.tables.work import EntryRow, Progress

_UNCUT = (Progress.RECEIVED, Progress.HELD)
_AT_ONCE = 1000  # a statement takes only so many values


async def timesheets(tx: Transaction, keys: Sequence[str]) -> Sequence[ForeignId]:
    """Return the timesheets that brought these entries."""
    found: set[str] = set()
    for start in range(0, len(keys), _AT_ONCE):
        part = col(EntryRow.key).in_(keys[start : start + _AT_ONCE])
        found |= set((await tx.exec(select(EntryRow.timesheet).where(part).distinct())).all())
    return [_timesheet(name) for name in sorted(found)]


async def recall(
    tx: Transaction,
    approved: Mapping[ForeignId, Collection[EntryKey]],
    changed: Collection[EntryKey] = (),
) -> Sequence[Story]:
    """Take back the entries of timesheets that are not among the approved ones any more.

    So are those that `changed`: what was approved is no longer what was made of them. What was not
    cut yet is void; of the rest it is recorded. Returns each with how far it had come.
    """
    keys = {key for found in approved.values() for key in found}.difference(changed)
    of_sheet = col(EntryRow.timesheet).in_([str(timesheet) for timesheet in approved])
    query = select(EntryRow.key).where(
        or_(of_sheet, col(EntryRow.key).in_(changed)),
        EntryRow.progress != Progress.VOIDED,
        col(EntryRow.recalled_at).is_(None),
    )
    gone = [key for key in (await tx.exec(query)).all() if key not in keys]
    if not gone:
        return ()
    # Whoever cuts them at the same time is waited for, and what it made of them is read.
    locked = select(EntryRow).where(col(EntryRow.key).in_(gone))
    locked = locked.order_by(col(EntryRow.key)).with_for_update()
    rows = (await tx.exec(locked.execution_options(populate_existing=True))).all()
    stories = [entries.story_of(row) for row in rows]
    for row in rows:
        if row.progress in _UNCUT:
            row.progress = Progress.VOIDED
        else:
            row.recalled_at = clock.now()
    await tx.flush()
    return stories


async def left(tx: Transaction, timesheet: str) -> Sequence[Story]:
    """Return the entries of a timesheet that are recalled."""
    query = select(EntryRow).where(
        EntryRow.timesheet == timesheet, col(EntryRow.recalled_at).is_not(None)
    )
    return [entries.story_of(row) for row in (await tx.exec(query)).all()]


async def among(tx: Transaction, keys: Collection[str]) -> Sequence[Story]:
    """Return which of some entries are recalled."""
    query = select(EntryRow).where(
        col(EntryRow.key).in_(keys), col(EntryRow.recalled_at).is_not(None)
    )
    return [entries.story_of(row) for row in (await tx.exec(query)).all()]


def _timesheet(name: str) -> ForeignId:
    system, _, value = name.partition(":")
    return ForeignId(system=SystemId(system), value=value)
