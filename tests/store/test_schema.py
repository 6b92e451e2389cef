import pytest
import sqlalchemy as sa
from sqlmodel import SQLModel

from store import counters, schema
from store.database import Database


async def _tables(database: Database) -> set[str]:
    async with database.engine.connect() as connection:
        return set(await connection.run_sync(lambda sync: sa.inspect(sync).get_table_names()))


async def _run(database: Database, statement: str) -> None:
    async with database.engine.begin() as connection:
        await connection.execute(sa.text(statement))


async def test_goes_up_and_down_and_up_again(empty: Database) -> None:
    await schema.upgrade(empty)
    assert await _tables(empty) == {*SQLModel.metadata.tables, "alembic_version"}

    await schema.downgrade(empty, "base")
    assert await _tables(empty) == {"alembic_version"}

    await schema.upgrade(empty)
    assert await _tables(empty) == {*SQLModel.metadata.tables, "alembic_version"}


async def test_what_was_upgraded_is_what_the_tables_say(empty: Database) -> None:
    await schema.upgrade(empty)

    assert await schema.differences(empty) == []


@pytest.mark.parametrize(
    "change",
    [
        "DROP INDEX ix_audit_subject",
        "DROP TABLE clock",
        "ALTER TABLE clock ADD COLUMN zone VARCHAR",
        "ALTER TABLE slice DROP COLUMN amount",
    ],
    ids=["index", "table", "more", "column"],
)
async def test_what_differs_is_found(empty: Database, change: str) -> None:
    await schema.upgrade(empty)

    await _run(empty, change)

    assert len(await schema.differences(empty)) == 1


async def test_an_empty_store_differs(empty: Database) -> None:
    assert len(await schema.differences(empty)) >= len(SQLModel.metadata.tables)


async def test_a_store_that_is_up_to_date_stays_as_it_is(empty: Database) -> None:
    await schema.upgrade(empty)
    async with empty.transaction() as tx:
        await counters.following(tx, "client")

    await schema.upgrade(empty)

    async with empty.transaction() as tx:
        assert await counters.following(tx, "client") == 2
