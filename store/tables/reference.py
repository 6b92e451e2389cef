"""Value mappings, the business clock and the counters that give ids."""

from datetime import date

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from store.tables.base import Row


class MappingRow(Row, table=True):
    """One value mapping; rows are added, never changed."""

    __tablename__ = "mapping"
    __table_args__ = (
        UniqueConstraint("kind", "system", "entity", "ours", "valid_from", "version"),
    )

    id: int | None = Field(default=None, primary_key=True)
    kind: str
    system: str = Field(index=True)
    entity: str = ""
    ours: str
    theirs: str
    valid_from: date
    version: int
    owner: str


class ClockRow(Row, table=True):
    """The business date, where somebody has set one."""

    __tablename__ = "clock"

    id: int = Field(primary_key=True)
    today: date


class CounterRow(Row, table=True):
    """The last number given out under a name."""

    __tablename__ = "counter"

    name: str = Field(primary_key=True)
    value: int
