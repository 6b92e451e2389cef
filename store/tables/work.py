"""Approved work, the batches that post it, and the slices that account for it."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field

from store.columns import Choice, Exact, Utc
from store.tables.base import Row


class Progress(StrEnum):
    """How far an approved entry has come on its way into the ERP."""

    RECEIVED = "received"
    HELD = "held"
    BATCHED = "batched"
    POSTED = "posted"
    VOIDED = "voided"  # its approval was taken back before anything was made of it


class EntryRow(Row, table=True):
    """One approved entry; `lane` posts it, `batch` and `line` say where it went."""

    __tablename__ = "entry"
    __table_args__ = (
        Index("entry_of_lane", "progress", "lane", "work_date", "key"),
        Index("entry_of_contract", "contract", "progress"),
    )

    key: str = Field(primary_key=True)
    timesheet: str = Field(index=True)
    project: str
    contract: str
    lane: str
    employee: str | None
    role: str
    work_date: date
    seconds: Decimal = Field(sa_type=Exact)
    is_billable: bool
    cost_per_hour: Decimal | None = Field(default=None, sa_type=Exact)
    cost_currency: str | None = None
    approved_by: str
    approved_at: datetime = Field(sa_type=Utc)
    progress: Progress = Field(sa_type=Choice(Progress))
    note: str = ""
    verdict: str | None = None
    batch: str | None = Field(default=None, index=True)
    line: int | None = None
    recalled_at: datetime | None = Field(default=None, sa_type=Utc)  # after it was cut


class SliceState(StrEnum):
    """Where a part of an approved entry or milestone stands (`domain.md` §3.0)."""

    READY = "ready"
    HELD = "held"
    BILLED = "billed"
    COVERED = "covered"
    NON_BILLABLE = "non_billable"
    WRITTEN_OFF = "written_off"


class HoldKind(StrEnum):
    """What holds a slice that is held although it has a price."""

    CAP = "cap"
    PERSON = "person"
    RECALL = "recall"


class SliceRow(Row, table=True):
    """A part of a source's quantity and amount; the slices of a source partition it."""

    __tablename__ = "slice"
    __table_args__ = (Index("slice_of_contract", "contract", "state"),)

    source: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    contract: str
    project: str
    state: SliceState = Field(sa_type=Choice(SliceState))
    work_date: date
    seconds: Decimal = Field(sa_type=Exact)
    amount: Decimal = Field(sa_type=Exact)
    unit_price: Decimal = Field(sa_type=Exact)
    currency: str
    text: str
    invoice: str | None = Field(default=None, index=True)
    line: int | None = None
    hold: HoldKind | None = Field(default=None, sa_type=Choice(HoldKind))
    reason: str = ""


class BatchRow(Row, table=True):
    """A frozen batch, lines and all, as canonical JSON; its entries name it."""

    __tablename__ = "batch"
    __table_args__ = (UniqueConstraint("lane", "sequence"),)

    id: str = Field(primary_key=True)
    lane: str
    sequence: int
    entity: str
    size: int
    content: str
    voucher: str | None = None
    posted_at: datetime | None = Field(default=None, sa_type=Utc)
