"""What every table has in common."""

from typing import Any, ClassVar, TypeVar

from sqlmodel import SQLModel


class Row(SQLModel):
    """A row; each table's class says its `__tablename__`."""

    __tablename__: ClassVar[Any]  # SQLModel declares it in a way that no checker accepts


RowT = TypeVar("RowT", bound=Row)
