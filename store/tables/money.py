"""Invoices, what people did with their drafts, and what they consume of a contract's promises."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from sqlmodel import Field

from store.columns import Choice, Exact, Utc
from store.tables.base import Row


class Standing(StrEnum):
    """How far an invoice has come; up to POSTING it is a draft that can change."""

    DRAFT = "draft"
    POSTING = "posting"
    POSTED = "posted"
    DROPPED = "dropped"


class InvoiceRow(Row, table=True):
    """An invoice as canonical JSON, and what the ERP says of it.

    Each change of a draft is the next `edition`; `seen` is the last one that its workflow knows
    of, `sent` the one that the ERP was given, if any.
    """

    __tablename__ = "invoice"

    id: str = Field(primary_key=True)
    revision: int = Field(primary_key=True)
    contract: str = Field(index=True)
    cycle: int
    issued_on: date
    content: str
    content_hash: str
    standing: Standing = Field(default=Standing.DRAFT, sa_type=Choice(Standing), index=True)
    edition: int = 1
    seen: int = 1
    sent: int | None = None
    needed: int = 0  # approvals
    changed_by: str | None = None
    document: str | None = None
    number: str | None = None
    net: Decimal = Field(sa_type=Exact)
    tax: Decimal | None = Field(default=None, sa_type=Exact)
    balance: Decimal | None = Field(default=None, sa_type=Exact)
    currency: str


class ApprovalRow(Row, table=True):
    """A person's yes to one edition, as its hash says; `person` is the name as it is compared."""

    __tablename__ = "approval"

    id: str = Field(primary_key=True)
    revision: int = Field(primary_key=True)
    edition: int = Field(primary_key=True)
    content_hash: str = Field(primary_key=True)
    person: str = Field(primary_key=True)
    by: str
    at: datetime = Field(sa_type=Utc)


class ChangeRow(Row, table=True):
    """What a person wants changed in a draft, kept here so that no history quotes it."""

    __tablename__ = "draft_change"

    number: int | None = Field(default=None, primary_key=True)
    id: str = Field(index=True)
    revision: int
    kind: str
    by: str
    content: str
    is_applied: bool = False


class CommitmentRow(Row, table=True):
    """What one document consumes of one of a contract's promises, and the verdict on it."""

    __tablename__ = "commitment"

    contract: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    document: str = Field(primary_key=True)
    amount: Decimal = Field(sa_type=Exact)
    currency: str
    verdict: str
