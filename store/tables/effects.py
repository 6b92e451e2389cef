"""Writes to other systems, the trail of every change, and the cases of what is stuck."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from sqlmodel import Field

from store.columns import Choice, Exact, Utc
from store.tables.base import Row


class State(StrEnum):
    """How far a write to another system has come."""

    PLANNED = "planned"
    SENT = "sent"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    UNCERTAIN = "uncertain"
    WITHDRAWN = "withdrawn"  # given up: nothing is sent under its key any more


class IntentRow(Row, table=True):
    """One write to another system; `key` is business identity plus revision."""

    __tablename__ = "intent"

    key: str = Field(primary_key=True)
    kind: str = Field(index=True)
    system: str
    content_hash: str
    state: State = Field(sa_type=Choice(State), index=True)
    answer: str | None = None
    reason: str | None = None


class AuditRow(Row, table=True):
    """One change, written in the transaction of the change itself."""

    __tablename__ = "audit"

    seq: int | None = Field(default=None, primary_key=True)
    at: datetime = Field(sa_type=Utc)
    actor: str
    action: str
    subject: str = Field(index=True)
    detail: str = ""


class CaseRow(Row, table=True):
    """A parked step: what it blocks, whose it is, and how it ended."""

    __tablename__ = "case"

    id: str = Field(primary_key=True)
    error_class: str
    step: str
    workflow: str = Field(index=True)
    subject: str
    text: str
    root_cause: str = Field(index=True)
    owner: str
    certainty: str
    risk_amount: Decimal | None = Field(default=None, sa_type=Exact)
    risk_currency: str | None = None
    opened_at: datetime = Field(sa_type=Utc)
    closed_at: datetime | None = Field(default=None, sa_type=Utc, index=True)
