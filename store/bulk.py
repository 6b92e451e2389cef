"""Many rows at once, past the session: it would keep an object for each row, and watch it.

What waits in the session to be written is not written first: flush it if the order matters.
"""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import sqlalchemy
from sqlalchemy import CursorResult, Table, bindparam

from store.database import Transaction
from store.tables.base import RowT

_KEY = "key_of_"  # before a column's name: the value by which a row is found


def columns(table: type[RowT]) -> sqlalchemy.Select[Any]:
    """Return a query for all columns of a table, which can be narrowed and ordered."""
    return sqlalchemy.select(*_table(table).columns)


async def read(tx: Transaction, query: sqlalchemy.Select[Any], _: type[RowT]) -> Sequence[RowT]:
    """Return what `columns` asked for, by the names of the row's class, to be read only."""
    return cast("Sequence[RowT]", (await tx.exec(cast("Any", query))).all())


async def insert(tx: Transaction, table: type[RowT], rows: Sequence[Mapping[str, object]]) -> None:
    """Add rows, which all have the same columns."""
    if rows:
        await tx.exec(sqlalchemy.insert(_table(table)), params=rows)


async def update(tx: Transaction, table: type[RowT], rows: Sequence[Mapping[str, object]]) -> None:
    """Change rows, found by their primary keys, in the other columns that are given.

    Raises:
        LookupError: one of them is not there.
    """
    if not rows:
        return
    keys = [column.name for column in _table(table).primary_key]
    found = [_table(table).columns[name] == bindparam(f"{_KEY}{name}") for name in keys]
    params = [
        {f"{_KEY}{name}" if name in keys else name: value for name, value in row.items()}
        for row in rows
    ]
    statement = sqlalchemy.update(_table(table)).where(*found)
    changed = cast("CursorResult[Any]", await tx.exec(statement, params=params))
    counts = tx.get_bind().dialect.supports_sane_multi_rowcount
    if counts and changed.rowcount != len(rows):
        msg = f"{len(rows) - changed.rowcount} rows of {table.__tablename__} are not there"
        raise LookupError(msg)


def _table(table: type[RowT]) -> Table:
    return cast("Table", cast("Any", table).__table__)
