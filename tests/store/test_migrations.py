"""Every revision goes up and down, keeps the rows there are, and leads to what the tables say."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import sqlalchemy as sa
from sqlalchemy import Connection
from sqlmodel import SQLModel

from store import schema
from store.database import Database
from tests.postgres import Server

_REVISIONS = schema.revisions()
_STEPS = list(zip((schema.BASE, *_REVISIONS[:-1]), _REVISIONS, strict=True))
_each_step = pytest.mark.parametrize(("before", "after"), _STEPS, ids=_REVISIONS)
_BEFORE_THE_FIRST_RELEASE = {"0002": {"invoice.approved_by"}}  # 0018: no build that runs reads it
Rows = dict[str, dict[str, Any]]


@pytest_asyncio.fixture
async def declared(
    empty: Database, request: pytest.FixtureRequest, tmp_path: Path
) -> AsyncIterator[Database]:
    """Return a store of the same kind whose tables were made as they are declared."""
    url = f"sqlite:///{tmp_path}/declared.db"
    if empty.engine.dialect.name == "postgresql":
        server = request.getfixturevalue("postgres")
        assert isinstance(server, Server)
        url = server.create_database()
    database = Database(url)
    async with database.engine.begin() as connection:
        await connection.run_sync(SQLModel.metadata.create_all)
    yield database
    await database.close()


async def _shape(database: Database) -> dict[str, Any]:
    """Return what the database itself says of every table."""
    async with database.engine.connect() as connection:
        return await connection.run_sync(_look)


def _look(connection: Connection) -> dict[str, Any]:
    found = sa.inspect(connection)
    return {
        table: {
            "columns": sorted(
                (column["name"], str(column["type"]), column["nullable"])
                for column in found.get_columns(table)
            ),
            "key": found.get_pk_constraint(table)["constrained_columns"],
            "unique": sorted(
                sorted(each["column_names"]) for each in found.get_unique_constraints(table)
            ),
            "indexes": sorted(
                (str(each["name"]), each["column_names"], bool(each["unique"]))
                for each in found.get_indexes(table)
                if "duplicates_constraint" not in each
            ),
            "foreign": sorted(map(str, found.get_foreign_keys(table))),
        }
        for table in found.get_table_names()
        if table != "alembic_version"
    }


async def _fill(database: Database) -> Rows:
    """Put a row into every table there is, and return them."""
    async with database.engine.begin() as connection:
        await connection.run_sync(_insert)
    return await _rows(database)


def _insert(connection: Connection) -> None:
    for table in _tables(connection):
        connection.execute(table.insert().values({each.name: _value(each) for each in table.c}))


def _tables(connection: Connection) -> list[sa.Table]:
    known = sa.MetaData()
    known.reflect(connection)
    return [table for table in known.sorted_tables if table.name != "alembic_version"]


# What rows say of each other, so that a revision that moves facts finds them.
_RELATED = {"audit.action": "invoice.approved", "audit.subject": "a id/7"}


def _value(column: sa.Column[Any]) -> object:
    if str(column) in _RELATED:
        return _RELATED[str(column)]
    kind = column.type
    for types, value in (
        (sa.Boolean, True),
        (sa.DateTime, datetime(2026, 7, 31, 12, tzinfo=UTC)),
        (sa.Date, date(2026, 7, 31)),
        (sa.Integer, 7),
        (sa.Numeric, Decimal("1234.5678")),
    ):
        if isinstance(kind, types):
            return value
    return f"a {column.name}"


async def _rows(database: Database) -> Rows:
    async with database.engine.connect() as connection:
        return await connection.run_sync(_read)


def _read(connection: Connection) -> Rows:
    return {
        table.name: dict(connection.execute(sa.select(table)).mappings().one())
        for table in _tables(connection)
        if connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
    }


def _common(rows: Rows, others: Rows) -> Rows:
    """Return rows without what the others have no table or column for."""
    return {
        table: {name: value for name, value in row.items() if name in others[table]}
        for table, row in rows.items()
        if table in others
    }


@_each_step
async def test_a_revision_takes_nothing_away_that_a_build_before_it_reads(
    empty: Database, before: str, after: str
) -> None:
    """Decision 0018: workers of the build before go on, on the schema of the new one."""
    if before != schema.BASE:
        await schema.upgrade(empty, before)
    read = _columns(await _shape(empty))

    await schema.upgrade(empty, after)

    gone = read - _columns(await _shape(empty))
    assert gone == _BEFORE_THE_FIRST_RELEASE.get(after, set())


def _columns(shape: dict[str, Any]) -> set[str]:
    return {f"{table}.{name}" for table, each in shape.items() for name, *_ in each["columns"]}


@_each_step
async def test_a_revision_keeps_the_rows_there_are_up_and_down(
    empty: Database, before: str, after: str
) -> None:
    if before != schema.BASE:
        await schema.upgrade(empty, before)
    filled = await _fill(empty)

    assert await schema.upgrade(empty, after) == (after,)
    up = await _rows(empty)
    assert await schema.downgrade(empty, before) == (after,)
    down = await _rows(empty)

    assert up.keys() >= filled.keys()
    assert _common(up, filled) == _common(filled, up)
    assert down == filled


@_each_step
async def test_a_revision_taken_back_and_made_again_is_the_same(
    empty: Database, before: str, after: str
) -> None:
    await schema.upgrade(empty, after)
    first = await _shape(empty)

    await schema.downgrade(empty, before)
    await schema.upgrade(empty, after)

    assert await _shape(empty) == first


async def test_every_revision_together_leads_to_what_the_tables_say(
    empty: Database, declared: Database
) -> None:
    await schema.upgrade(empty)

    assert await schema.differences(empty) == []
    assert await _shape(empty) == await _shape(declared)


async def test_a_filled_store_of_the_first_release_becomes_todays(empty: Database) -> None:
    await schema.upgrade(empty, _REVISIONS[0])
    filled = await _fill(empty)

    await schema.upgrade(empty)

    now = await _rows(empty)
    assert _common(now, filled) == _common(filled, now)
    assert await schema.differences(empty) == []
