"""What came in and what went out."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from store.columns import Choice, Utc
from store.tables.base import Row


class Outcome(StrEnum):
    """What became of a message; every one but RECEIVED is final (L-7)."""

    RECEIVED = "received"
    APPLIED = "applied"
    SUPERSEDED = "superseded"
    REJECTED = "rejected"
    VOIDED = "voided"


class InboxRow(Row, table=True):
    """One message from another system, kept before it is acknowledged."""

    __tablename__ = "inbox"
    __table_args__ = (UniqueConstraint("source", "message"),)

    id: int | None = Field(default=None, primary_key=True)
    source: str
    message: str
    kind: str
    subject: str
    generation: int | None = None
    received_at: datetime = Field(sa_type=Utc)
    outcome: Outcome = Field(sa_type=Choice(Outcome), index=True)
    reason: str | None = None
    tries: int = 0  # that failed
    due_at: datetime | None = Field(default=None, sa_type=Utc)  # of the next try; None: now


class OutboxRow(Row, table=True):
    """One business event, in CloudEvents' terms; `seq` is what consumers count by."""

    __tablename__ = "outbox"

    seq: int | None = Field(default=None, primary_key=True)
    id: str = Field(unique=True)
    type: str = Field(index=True)
    subject: str = Field(index=True)
    at: datetime = Field(sa_type=Utc)
    data: str


class CursorRow(Row, table=True):
    """How far a polled system has been read."""

    __tablename__ = "cursor"

    system: str = Field(primary_key=True)
    value: str


class TriggerRow(Row, table=True):
    """A request to bill a contract; the same key is the same request and the same cycle."""

    __tablename__ = "trigger"
    __table_args__ = (UniqueConstraint("contract", "cycle"),)

    contract: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    cycle: int
    kind: str
    cut_off: date
    is_begun: bool = False  # its slices have been looked for
    is_done: bool = Field(default=False, index=True)
