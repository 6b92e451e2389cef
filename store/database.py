"""One way to the database: transactions, on SQLite (WAL) and PostgreSQL alike."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from datetime import timedelta
from typing import Any, TypeVar

from sqlalchemy import Connection, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoFreeConnection
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from store import address
from store.address import StoreError

Transaction = AsyncSession
# What passes: when the database is back, a lock is free, or a connection of the pool is.
UNAVAILABLE = (InterfaceError, OperationalError, NoFreeConnection)
_MODE = "sqlite_begin"
_BUSY_MS = 30_000
_SESSION = (
    f"SET lock_timeout = {_BUSY_MS}",
    # A worker that is frozen within a transaction must not hold its rows for ever.
    f"SET idle_in_transaction_session_timeout = {2 * _BUSY_MS}",
)


T = TypeVar("T")
_ATTEMPTS = 5
_REST = timedelta(milliseconds=20)  # and twice as long each time
_IN_THE_WAY = {"40001", "40P01", "55P03"}  # not serializable, deadlock, lock not to be had


class ContendedError(Exception):
    """Others were in the way of a transaction each time; nothing was done, and later it may be."""


class Database:
    """An engine, and transactions on it. A transaction commits at its end or does nothing."""

    def __init__(self, url: str) -> None:
        self._engine = _engine(url)
        self._writing: asyncio.Lock | None = None
        if self._engine.dialect.name == "sqlite":
            # SQLite has one writer; waiting in line here is faster than polling its lock.
            self._writing = asyncio.Lock()
            event.listen(self._engine.sync_engine, "connect", _prepare)
            event.listen(self._engine.sync_engine, "begin", _begin)
        else:
            event.listen(self._engine.sync_engine, "connect", _prepare_session)
        # PostgreSQL's default would show each statement of a reader a state of its own.
        snapshot = {_MODE: "DEFERRED"} if self._writing else {"isolation_level": "REPEATABLE READ"}
        self._reader = self._engine.execution_options(**snapshot)

    @property
    def engine(self) -> AsyncEngine:
        """Return the engine, for migrations and tests."""
        return self._engine

    async def reach(self) -> None:
        """Connect once, so that what is wrong is told before any work is done.

        Raises:
            StoreError: the database does not answer, does not exist, or refuses us.
        """
        try:
            async with self._engine.connect():
                pass
        except UNAVAILABLE as exc:
            words = str(getattr(exc, "orig", None) or exc)
            raise StoreError(address.unreachable(self._engine.url, words)) from None

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[Transaction]:
        """Read and write; all of it or nothing."""
        turn: AbstractAsyncContextManager[Any] = self._writing or nullcontext()
        async with turn, self._session(self._engine) as session, session.begin():
            yield session

    async def carry_out(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """Do work in a transaction, from the start again while others are in its way.

        For work that nobody else tries again, and that has no effect but in the transaction.

        Raises:
            ContendedError: they were, five times in a row.
        """
        for attempt in range(_ATTEMPTS):
            try:
                async with self.transaction() as tx:
                    return await work(tx)
            except OperationalError as exc:
                if not _is_in_the_way(exc):
                    raise
            await asyncio.sleep(_REST.total_seconds() * 2**attempt)
        msg = f"{_ATTEMPTS} attempts at a transaction met others in their way"
        raise ContendedError(msg)

    @asynccontextmanager
    async def reading(self) -> AsyncGenerator[Transaction]:
        """Read one consistent state, without waiting for writers."""
        async with self._session(self._reader) as session, session.begin():
            yield session

    async def answers(self) -> bool:
        """Return whether the database is there; what it holds is not looked at."""
        try:
            async with self._engine.connect() as connection:
                await connection.exec_driver_sql("SELECT 1")
        except UNAVAILABLE:
            return False
        return True

    async def close(self) -> None:
        """Close all connections."""
        await self._engine.dispose()

    @staticmethod
    def _session(engine: AsyncEngine) -> AsyncSession:
        return AsyncSession(engine, expire_on_commit=False)


def insertion(tx: Transaction, table: type[SQLModel]) -> sqlite.Insert | postgresql.Insert:
    """Return an insert that can say what to do when the row is there."""
    if tx.get_bind().dialect.name == "sqlite":
        return sqlite.insert(table)
    return postgresql.insert(table)


def _engine(text: str) -> AsyncEngine:
    url = address.parse(text)
    ping = {"pool_pre_ping": True} if url.get_backend_name() == "postgresql" else {}
    try:
        # Its errors end up in histories and logs: they must not quote rows.
        return create_async_engine(url, hide_parameters=True, **ping)
    except ImportError:
        msg = "PostgreSQL needs its driver: pip install 'tiebeam[postgresql]'"
        raise StoreError(msg) from None


def _is_in_the_way(exc: OperationalError) -> bool:
    busy = str(getattr(exc.orig, "sqlite_errorname", ""))
    return getattr(exc.orig, "sqlstate", None) in _IN_THE_WAY or busy.startswith("SQLITE_BUSY")


def _prepare_session(connection: Any, _: object) -> None:  # noqa: ANN401 - the driver's own type
    cursor = connection.cursor()
    for setting in _SESSION:
        cursor.execute(setting)
    cursor.close()
    connection.commit()


def _prepare(connection: Any, _: object) -> None:  # noqa: ANN401 - the driver's own type
    connection.isolation_level = None  # else the driver begins on its own terms
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "foreign_keys=ON",
        f"busy_timeout={_BUSY_MS}",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    mode = connection.get_execution_options().get(_MODE, "IMMEDIATE")
    connection.exec_driver_sql(f"BEGIN {mode}")
