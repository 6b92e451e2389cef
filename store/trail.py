"""The audit trail and the business events: written in the transaction of the change itself."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import col, func, select

from store import clock
from store.database import Transaction
from store.tables.effects import AuditRow
from store.tables.traffic import OutboxRow

TIEBEAM = "tiebeam"


@dataclass(frozen=True)
class Event:
    """One business event; `seq` is the cursor behind it."""

    seq: int
    type: str
    subject: str
    at: datetime
    data: dict[str, str]

    @property
    def id(self) -> str:
        """Return the event's id, which is the same however often it is published."""
        return f"{self.type}/{self.subject}"


def audit(
    tx: Transaction, action: str, subject: str, *, detail: str = "", actor: str = TIEBEAM
) -> None:
    """Record who did what to which thing, and why or to what."""
    row = AuditRow(at=clock.now(), actor=actor, action=action, subject=subject, detail=detail)
    tx.add(row)


async def publish(tx: Transaction, event: str, subject: str, **data: str) -> bool:
    """Publish a business event, and say so; the same event of a subject is published once."""
    if tx.get_bind().dialect.name == "postgresql":
        # One publisher at a time: a number must not become visible after a later one.
        await tx.exec(select(func.pg_advisory_xact_lock(func.hashtext(OutboxRow.__tablename__))))
    identity = f"{event}/{subject}"
    known = await tx.exec(select(OutboxRow.seq).where(OutboxRow.id == identity))
    if known.first() is not None:
        return False
    row = OutboxRow(id=identity, type=event, subject=subject, at=clock.now(), data=json.dumps(data))
    tx.add(row)
    return True


async def events(tx: Transaction, *, after: int = 0, limit: int = 1000) -> Sequence[Event]:
    """Return the events after a cursor, the oldest first."""
    query = select(OutboxRow).where(col(OutboxRow.seq) > after).order_by(col(OutboxRow.seq))
    rows = (await tx.exec(query.limit(limit))).all()
    return [
        Event(row.seq or 0, row.type, row.subject, row.at, json.loads(row.data)) for row in rows
    ]


async def last_event(tx: Transaction) -> int:
    """Return the cursor behind every event there is."""
    return (await tx.exec(select(func.max(col(OutboxRow.seq))))).one() or 0
