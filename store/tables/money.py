"""Invoices."""

from datetime import date
from decimal import Decimal

from sqlmodel import Field

from store.columns import Exact
from store.tables.base import Row


class InvoiceRow(Row, table=True):
    """An invoice as canonical JSON, and what the ERP says of it."""

    __tablename__ = "invoice"

    id: str = Field(primary_key=True)
    revision: int = Field(primary_key=True)
    contract: str = Field(index=True)
    cycle: int
    issued_on: date
    content: str
    content_hash: str
    approved_by: str | None = None
    document: str | None = None
    number: str | None = None
    net: Decimal = Field(sa_type=Exact)
    tax: Decimal | None = Field(default=None, sa_type=Exact)
    balance: Decimal | None = Field(default=None, sa_type=Exact)
    currency: str
