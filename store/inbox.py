"""Messages from other systems: kept once, and each brought to one outcome (I7, L-7)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, and_, delete, or_
from sqlmodel import col, func, select

from canonical.notices import Notice
from canonical.systems import ForeignId, SystemId
from store import clock, trail
from store.database import Transaction, insertion
from store.tables.traffic import CursorRow, InboxRow, Outcome

_FOR_PROCESSES = (
    "opportunity",
    "opportunity_change",
    "billing_schedule",
    "account",
    "invoice",
    "payment",
)  # the others wait for the poll that brought them
TRIES = 5  # at one message, before a person is told; it goes on being tried
_FIRST_WAIT = timedelta(seconds=1)
_LONGEST_WAIT = timedelta(minutes=5)
_DOUBLINGS = 16  # beyond them every wait is the longest
_FRESH_FIRST = (col(InboxRow.tries), col(InboxRow.id))  # so that what fails keeps no other
_AT_ONCE = 1000  # a statement takes only so many values


@dataclass(frozen=True)
class Delivery:
    """A message that waits for its outcome, and how many tries at it have failed."""

    id: int
    source: SystemId
    notice: Notice
    generation: int | None
    tries: int


async def receive(
    tx: Transaction, source: SystemId, notice: Notice, *, generation: int | None = None
) -> bool:
    """Keep a message; return False if it was here before, which leaves a trace if it differs."""
    if not await _insert(tx, source, [notice], generation):
        kept = await _kept(tx, source, [notice])
        _compare(tx, source, kept[notice.id], notice)
        return False
    return True


async def give_generation(
    tx: Transaction, source: SystemId, notice: Notice, generation: int | None
) -> None:
    """Record to which win of its opportunity a message belongs."""
    query = select(InboxRow).where(InboxRow.source == source, InboxRow.message == notice.id)
    (await tx.exec(query)).one().generation = generation


async def receive_all(tx: Transaction, source: SystemId, notices: Sequence[Notice]) -> int:
    """Keep the messages of a poll, most of which it has brought before; return how many are new."""
    kept = await _kept(tx, source, notices)
    unknown: dict[str, Notice] = {}
    for notice in notices:
        if notice.id not in kept:
            unknown.setdefault(notice.id, notice)
    new = await _insert(tx, source, [*unknown.values()])
    kept |= await _kept(tx, source, [*unknown.values()])
    for notice in notices:
        _compare(tx, source, kept[notice.id], notice)
    return len(new)


async def waiting(tx: Transaction, source: SystemId, *, limit: int = 100) -> Sequence[Delivery]:
    """Return a system's messages without an outcome that are due, the oldest first."""
    query = select(InboxRow).where(_is_due(), InboxRow.source == source)
    rows = (await tx.exec(query.order_by(*_FRESH_FIRST).limit(limit))).all()
    return [_delivery(row) for row in rows]


async def waiting_for_process(tx: Transaction, *, limit: int = 100) -> Sequence[Delivery]:
    """Return messages that start or tell a process and are due, the oldest first."""
    query = select(InboxRow).where(_is_due(), col(InboxRow.kind).in_(_FOR_PROCESSES))
    rows = (await tx.exec(query.order_by(*_FRESH_FIRST).limit(limit))).all()
    return [_delivery(row) for row in rows]


async def put_off(tx: Transaction, delivery: Delivery) -> None:
    """Record that a try at a message failed: it waits, each time twice as long, for the next."""
    row = await tx.get_one(InboxRow, delivery.id, with_for_update=True)
    row.tries = delivery.tries + 1
    wait = min(_FIRST_WAIT * 2 ** min(delivery.tries, _DOUBLINGS), _LONGEST_WAIT)
    row.due_at = clock.now() + wait if delivery.tries else None  # the first failure may have passed


async def stuck(tx: Transaction) -> int:
    """Return how many messages have failed so often that a person has to look."""
    query = select(func.count()).where(
        InboxRow.outcome == Outcome.RECEIVED, col(InboxRow.tries) >= TRIES
    )
    return (await tx.exec(query)).one()


async def settle(
    tx: Transaction, delivery: Delivery, outcome: Outcome, *, reason: str = ""
) -> None:
    """Record what became of a message."""
    await settle_all(tx, [(delivery, outcome, reason)])


async def settle_all(tx: Transaction, settled: Sequence[tuple[Delivery, Outcome, str]]) -> None:
    """Record what became of messages, each with its reason."""
    ids = [delivery.id for delivery, _, _ in settled]
    waiting = select(InboxRow).where(col(InboxRow.id).in_(ids)).order_by(col(InboxRow.id))
    locked = waiting.with_for_update().execution_options(populate_existing=True)
    rows = {row.id: row for row in (await tx.exec(locked)).all()}
    for delivery, outcome, reason in settled:
        row = rows[delivery.id]
        if row.outcome is not Outcome.RECEIVED:  # another one has brought it to its outcome
            continue
        row.outcome, row.reason = outcome, reason or None
        trail.audit(tx, f"message.{outcome}", f"{row.source}/{row.message}", detail=reason)


async def cursor(tx: Transaction, system: SystemId) -> str:
    """Return how far a polled system has been read; "" is from the start."""
    row = await tx.get(CursorRow, system)
    return row.value if row else ""


async def move_cursor(tx: Transaction, system: SystemId, to: str) -> None:
    """Record how far a polled system has been read."""
    moved = insertion(tx, CursorRow).values(system=system, value=to)
    await tx.exec(moved.on_conflict_do_update(index_elements=["system"], set_={"value": to}))


async def _insert(
    tx: Transaction, source: SystemId, notices: Sequence[Notice], generation: int | None = None
) -> Sequence[str]:
    """Insert the messages that are new, and return their ids."""
    rows = [
        {
            "source": source,
            "message": notice.id,
            "kind": notice.kind,
            "subject": notice.subject.model_dump_json(),
            "generation": generation,
            "received_at": clock.now(),
            "outcome": Outcome.RECEIVED,
        }
        for notice in notices
    ]
    if not rows:
        return []
    # The constraint decides between two deliveries at once; a look before the insert would not.
    insert = insertion(tx, InboxRow).on_conflict_do_nothing().returning(col(InboxRow.message))
    new = [message for (message,) in (await tx.exec(insert, params=rows)).all()]
    for message in new:
        trail.audit(tx, "message.received", f"{source}/{message}", actor=source)
    return new


async def _kept(
    tx: Transaction, source: SystemId, notices: Sequence[Notice]
) -> dict[str, tuple[str, str]]:
    """Return kind and subject of those messages that are here, by their ids."""
    kept: dict[str, tuple[str, str]] = {}
    for start in range(0, len(notices), _AT_ONCE):
        ids = [notice.id for notice in notices[start : start + _AT_ONCE]]
        query = select(InboxRow.message, InboxRow.kind, InboxRow.subject).where(
            InboxRow.source == source, col(InboxRow.message).in_(ids)
        )
        for message, kind, subject in (await tx.exec(query)).all():
            kept[message] = kind, subject
    return kept


def _compare(tx: Transaction, source: SystemId, kept: tuple[str, str], notice: Notice) -> None:
    if kept != (notice.kind, notice.subject.model_dump_json()):
        detail = f"{notice.kind} {notice.subject}"
        trail.audit(tx, "message.conflicted", f"{source}/{notice.id}", detail=detail, actor=source)


def _delivery(row: InboxRow) -> Delivery:
    subject = ForeignId.model_validate_json(row.subject)
    notice = Notice.model_validate({"id": row.message, "kind": row.kind, "subject": subject})
    return Delivery(row.id or 0, SystemId(row.source), notice, row.generation, row.tries)


def _is_due() -> ColumnElement[bool]:
    due = col(InboxRow.due_at)
    return and_(col(InboxRow.outcome) == Outcome.RECEIVED, or_(due.is_(None), due <= clock.now()))


async def forget_cursors(tx: Transaction) -> None:
    """Let every polled system be read from its start again; messages are still kept once."""
    await tx.exec(delete(CursorRow))
