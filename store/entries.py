"""Approved time entries on their way into the ERP."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import update
from sqlmodel import col, func, select

from canonical.contracts import ContractId
from canonical.entries import EntryKey, TimeEntry
from canonical.projects import ProjectCode
from canonical.systems import ForeignId, SystemId
from store import bulk, turns
from store.database import Transaction
from store.tables.work import EntryRow, Progress

_UNPOSTED = (Progress.RECEIVED, Progress.HELD, Progress.BATCHED)
_AT_ONCE = 1000  # a statement takes only so many values

_UNDECIDED = (Progress.RECEIVED, Progress.HELD)


@dataclass(frozen=True)
class Filed:
    """An entry with our names for where it belongs, and whether it was decided once before."""

    entry: TimeEntry
    project: ProjectCode
    contract: ContractId
    was_decided: bool = False


@dataclass(frozen=True)
class Arrival:
    """A filed entry, the lane that is to post it, and the timesheet that brought it."""

    filed: Filed
    lane: str
    timesheet: ForeignId


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What became of an entry: where it goes, and the verdict with rule and inputs."""

    key: EntryKey
    progress: Progress
    verdict: str
    batch: str | None = None
    line: int | None = None


@dataclass(frozen=True)
class Story:
    """An entry, how far it has come, the verdict as JSON, and the batch line that costs it."""

    filed: Filed
    progress: Progress
    verdict: str | None
    batch: str | None
    line: int | None
    timesheet: ForeignId
    is_recalled: bool = False


@dataclass(frozen=True)
class Added:
    """Which entries were taken, and which came changed after something was made of them.

    `again` are those that had been recalled, and are approved as they were.
    """

    taken: set[EntryKey]
    too_late: set[EntryKey]
    again: set[EntryKey]


async def add(tx: Transaction, arrivals: Sequence[Arrival]) -> Added:
    """Keep the entries that are new, and the new facts of those that nothing was made of yet.

    A void one that comes again is approved again, and is taken as it comes.
    """
    told = {arrival.filed.entry.key: arrival for arrival in arrivals}
    for source in sorted({arrival.filed.entry.id.system for arrival in arrivals}):
        await turns.wait(tx, "entries", source)
    known = await _known(tx, list(told))
    changed = {key for key, row in known.items() if _differs(row, told[EntryKey(key)])}
    void = {key for key, row in known.items() if row.progress is Progress.VOIDED}
    open_ = void | {key for key in changed if known[key].progress in _UNDECIDED}
    new = [_values(arrival) for key, arrival in told.items() if key not in known]
    await bulk.insert(tx, EntryRow, new)
    await bulk.update(tx, EntryRow, [_values(told[EntryKey(key)]) for key in open_])
    taken = {key for key in told if key not in known or key in open_}
    as_they_were = known.keys() - open_ - changed
    again = {EntryKey(key) for key in as_they_were if known[key].recalled_at is not None}
    await _approve_again(tx, [told[EntryKey(key)] for key in as_they_were])
    return Added(taken, {EntryKey(key) for key in changed - open_}, again)


async def changed(tx: Transaction, arrivals: Sequence[Arrival]) -> set[EntryKey]:
    """Return which entries have other facts now than what was made of them."""
    told = {arrival.filed.entry.key: arrival for arrival in arrivals}
    known = await _known(tx, list(told))
    made = {key for key, row in known.items() if row.batch is not None}
    return {EntryKey(key) for key in made if _differs(known[key], told[EntryKey(key)])}


async def waiting_lanes(tx: Transaction) -> Sequence[str]:
    """Return the lanes that have something to post."""
    query = select(EntryRow.lane).where(EntryRow.progress == Progress.RECEIVED).distinct()
    return (await tx.exec(query)).all()


async def received(tx: Transaction, lane: str, *, limit: int) -> Sequence[Filed]:
    """Return a lane's next entries, by work date and key."""
    query = bulk.columns(EntryRow).where(
        col(EntryRow.lane) == lane, col(EntryRow.progress) == Progress.RECEIVED
    )
    ordered = query.order_by(col(EntryRow.work_date), col(EntryRow.key)).limit(limit)
    # A recall that comes at the same time waits, and then sees that they are cut.
    return [_filed(row) for row in await bulk.read(tx, ordered.with_for_update(), EntryRow)]


async def decide(tx: Transaction, decisions: Iterable[Decision]) -> None:
    """Record what became of entries."""
    await bulk.update(tx, EntryRow, [vars(item) for item in decisions])


async def mark_posted(tx: Transaction, batch: str) -> None:
    """Record that the ERP has posted a batch."""
    posted = update(EntryRow).where(col(EntryRow.batch) == batch)
    await tx.exec(posted.values(progress=Progress.POSTED))


async def held_timesheets(tx: Transaction, lane: str) -> Sequence[ForeignId]:
    """Return the timesheets of a lane's held entries."""
    held = select(EntryRow.timesheet).where(
        EntryRow.lane == lane, EntryRow.progress == Progress.HELD
    )
    return [_foreign(name) for name in (await tx.exec(held.distinct())).all()]


async def reconsider_held(
    tx: Transaction, lane: str, read: Iterable[ForeignId], arrivals: Sequence[Arrival]
) -> tuple[int, list[EntryKey]]:
    """Release a lane's held entries that are approved still, with what their source now says.

    The others of the timesheets that were read are void. Returns how many are released, and the
    keys of the void ones.
    """
    told = {arrival.filed.entry.key: arrival for arrival in arrivals}
    sheets = {str(timesheet) for timesheet in read}
    held = select(EntryRow.key, EntryRow.timesheet).where(
        EntryRow.lane == lane, EntryRow.progress == Progress.HELD
    )
    locked = held.order_by(col(EntryRow.key)).with_for_update()
    found = (await tx.exec(locked)).all()
    keys = [EntryKey(key) for key, sheet in found if key in told or sheet in sheets]
    approved = [_values(told[key]) for key in keys if key in told]
    void = [key for key in keys if key not in told]
    await bulk.update(tx, EntryRow, approved)
    await bulk.update(tx, EntryRow, [{"key": key, "progress": Progress.VOIDED} for key in void])
    return len(approved), void


async def find(tx: Transaction, key: str) -> Story | None:
    """Return an entry with all that was decided about it, or None."""
    row = await tx.get(EntryRow, key)
    return story_of(row) if row else None


async def count(tx: Transaction, progress: Progress) -> int:
    """Return how many entries have come this far."""
    query = select(func.count()).select_from(EntryRow).where(EntryRow.progress == progress)
    return (await tx.exec(query)).one()


async def _approve_again(tx: Transaction, arrivals: Sequence[Arrival]) -> None:
    rows = [
        {"key": each.filed.entry.key, "timesheet": str(each.timesheet), "recalled_at": None}
        for each in arrivals
    ]
    await bulk.update(tx, EntryRow, rows)


def story_of(row: EntryRow) -> Story:
    """Return what an entry's row says."""
    return Story(
        _filed(row),
        row.progress,
        row.verdict,
        row.batch,
        row.line,
        _foreign(row.timesheet),
        row.recalled_at is not None,
    )


async def known(tx: Transaction, keys: Sequence[EntryKey]) -> set[EntryKey]:
    """Return which of the entries were kept before."""
    return {EntryKey(key) for key in await _known(tx, keys)}


async def _known(tx: Transaction, keys: Sequence[EntryKey]) -> dict[str, EntryRow]:
    known: dict[str, EntryRow] = {}
    for start in range(0, len(keys), _AT_ONCE):
        part = col(EntryRow.key).in_(keys[start : start + _AT_ONCE])
        # Whoever cuts them at the same time is waited for, and what it made of them is read.
        locked = bulk.columns(EntryRow).where(part).order_by(col(EntryRow.key)).with_for_update()
        known |= {row.key: row for row in await bulk.read(tx, locked, EntryRow)}
    return known


def _differs(row: EntryRow, arrival: Arrival) -> bool:
    entry = arrival.filed.entry
    was = (row.project, row.role, row.work_date, row.seconds, row.is_billable)
    now = (arrival.filed.project, entry.role, entry.work_date, entry.worked.seconds)
    return was != (*now, entry.is_billable)


def _foreign(name: str) -> ForeignId:
    system, _, value = name.partition(":")
    return ForeignId(system=SystemId(system), value=value)


def _values(arrival: Arrival) -> dict[str, object]:
    filed, entry = arrival.filed, arrival.filed.entry
    return {
        "key": entry.key,
        "timesheet": str(arrival.timesheet),
        "project": filed.project,
        "contract": filed.contract,
        "lane": arrival.lane,
        "employee": entry.employee,
        "role": entry.role,
        "work_date": entry.work_date,
        "seconds": entry.worked.seconds,
        "is_billable": entry.is_billable,
        "cost_per_hour": entry.cost.per_hour if entry.cost else None,
        "cost_currency": entry.cost.currency if entry.cost else None,
        "approved_by": entry.approved_by,
        "approved_at": entry.approved_at,
        "note": entry.note,
        "progress": Progress.RECEIVED,
    }


def _filed(row: EntryRow) -> Filed:
    system, _, value = row.key.partition(":")
    cost = {"per_hour": row.cost_per_hour, "currency": row.cost_currency}
    # Checked in one go: that takes half the time of a constructor for each part.
    entry = TimeEntry.model_validate(
        {
            "id": {"system": system, "value": value},
            "project": {"system": system, "value": row.project},
            "employee": row.employee,
            "role": row.role,
            "work_date": row.work_date,
            "worked": {"seconds": row.seconds},
            "is_billable": row.is_billable,
            "cost": None if None in cost.values() else cost,
            "approved_by": row.approved_by,
            "approved_at": row.approved_at,
            "note": row.note,
        }
    )
    was_decided = row.verdict is not None
    return Filed(entry, ProjectCode(row.project), ContractId(row.contract), was_decided)


async def has_unpriced(tx: Transaction, contract: ContractId, until: date) -> bool:
    """Say whether approved time of a contract up to a day waits to be priced."""
    query = select(EntryRow.key).where(
        EntryRow.contract == contract,
        EntryRow.progress == Progress.RECEIVED,
        EntryRow.work_date <= until,
    )
    return (await tx.exec(query.limit(1))).first() is not None


async def has_unposted(tx: Transaction, contract: ContractId) -> bool:
    """Say whether approved time of a contract is still on its way into the ERP."""
    is_unposted = col(EntryRow.progress).in_(_UNPOSTED)
    query = select(EntryRow.key).where(EntryRow.contract == contract, is_unposted)
    return (await tx.exec(query.limit(1))).first() is not None
