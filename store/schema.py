"""The schema of a store: brought up to date, taken back, compared with the tables."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlmodel import SQLModel

from store.address import StoreError
from store.database import Database

_HERE = Path(__file__).parent / "migrations"
_TURN = 7_305_021_997  # PostgreSQL's number of the lock under which a schema changes
HEAD = "head"
BASE = "base"


class WrongSchemaError(StoreError):
    """A store's schema is not the one that this release works on."""


@dataclass(frozen=True)
class Status:
    """Where a schema stands: `current` is None where there is none, `waiting` comes next."""

    current: str | None
    newest: str
    waiting: tuple[str, ...]
    is_known: bool = True

    @property
    def is_ours(self) -> bool:
        """Say whether this release works on it."""
        return self.current == self.newest


async def status(database: Database) -> Status:
    """Return where a store's schema stands."""
    async with database.engine.connect() as connection:
        return await connection.run_sync(_status)


async def refuse_other(database: Database, *, newer: bool = False) -> None:
    """Refuse a store whose schema is not this release's; with `newer`, only an older one.

    Raises:
        StoreError: it is not, or the database cannot be opened.
    """
    await database.reach()
    found = await status(database)
    if not found.is_known and not newer:
        raise WrongSchemaError(_newer(found))
    if found.is_known and not found.is_ours:
        msg = (
            f"the store's schema is at {found.current or 'nothing'}, this release needs "
            f"{found.newest}: run `tiebeam database upgrade`"
        )
        raise WrongSchemaError(msg)


async def upgrade(database: Database, to: str = HEAD) -> tuple[str, ...]:
    """Bring the store up to a revision, and return the steps that it took, oldest first.

    Two at once are safe: the second waits, and finds nothing to do.

    Raises:
        WrongSchemaError: a newer release made it, or there is no such revision.
    """
    return await _run(database, partial(command.upgrade, revision=to), to)


async def downgrade(database: Database, to: str) -> tuple[str, ...]:
    """Take the store back to a revision, and return the steps taken back; "base" leaves nothing.

    Raises:
        WrongSchemaError: a newer release made it, or there is no such revision.
    """
    return await _run(database, partial(command.downgrade, revision=to), to)


async def differences(database: Database) -> list[Any]:
    """Return how the store's schema differs from the tables; nothing if it is up to date."""
    async with database.engine.connect() as connection:
        return await connection.run_sync(_compare)


def revisions() -> tuple[str, ...]:
    """Return every revision that this release knows, the oldest first."""
    walked = ScriptDirectory(str(_HERE)).walk_revisions()
    return tuple(reversed([script.revision for script in walked]))


async def _run(database: Database, step: Callable[[Config], None], to: str) -> tuple[str, ...]:
    if to not in (*revisions(), HEAD, BASE):
        msg = f"there is no revision {to!r}: it is one of {', '.join((*revisions(), HEAD, BASE))}"
        raise WrongSchemaError(msg)

    def apply(connection: Connection) -> tuple[str, ...]:
        _wait_for_turn(connection)
        before = _status(connection)
        if not before.is_known:
            raise WrongSchemaError(_newer(before))
        config = Config()
        config.set_main_option("script_location", str(_HERE))
        config.attributes["connection"] = connection
        step(config)
        return _between(before.current, _status(connection).current)

    async with database.engine.begin() as connection:
        return await connection.run_sync(apply)


def _wait_for_turn(connection: Connection) -> None:
    # On SQLite the transaction is the only writer from its first moment.
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("SET LOCAL lock_timeout = 0"))
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_TURN)))


def _status(connection: Connection) -> Status:
    known = revisions()
    current = MigrationContext.configure(connection).get_current_revision()
    waiting = known[known.index(current) + 1 :] if current in known else known
    is_known = current is None or current in known
    return Status(current, known[-1], waiting if is_known else (), is_known)


def _between(before: str | None, after: str | None) -> tuple[str, ...]:
    known = revisions()
    start, end = (known.index(each) + 1 if each else 0 for each in (before, after))
    return known[start:end] if start <= end else tuple(reversed(known[end:start]))


def _newer(found: Status) -> str:
    return (
        f"the store's schema is at {found.current}, which this release does not know (its newest "
        f"is {found.newest}): a newer release made it, so run that one"
    )


def _compare(connection: Connection) -> list[Any]:
    context = MigrationContext.configure(connection)
    return list(compare_metadata(context, SQLModel.metadata))
