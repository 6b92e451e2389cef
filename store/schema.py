"""The schema of a store: brought up to date, taken back, compared with the tables."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection
from sqlmodel import SQLModel

from store.database import Database

_HERE = Path(__file__).parent / "migrations"


async def upgrade(database: Database, to: str = "head") -> None:
    """Bring the store up to a revision; an up-to-date store stays as it is."""
    await _run(database, partial(command.upgrade, revision=to))


async def downgrade(database: Database, to: str) -> None:
    """Take the store back to a revision; "base" leaves nothing."""
    await _run(database, partial(command.downgrade, revision=to))


async def differences(database: Database) -> list[Any]:
    """Return how the store's schema differs from the tables; nothing if it is up to date."""
    async with database.engine.connect() as connection:
        return await connection.run_sync(_compare)


async def _run(database: Database, step: Callable[[Config], None]) -> None:
    def apply(connection: Connection) -> None:
        config = Config()
        config.set_main_option("script_location", str(_HERE))
        config.attributes["connection"] = connection
        step(config)

    async with database.engine.begin() as connection:
        await connection.run_sync(apply)


def _compare(connection: Connection) -> list[Any]:
    context = MigrationContext.configure(connection)
    return list(compare_metadata(context, SQLModel.metadata))
