"""What a sandbox remembers: records, an append-only log and a clock, in one SQLite file.

A transaction is on disk's side of the process when it ends, so a sandbox killed with
SIGKILL has lost nothing that it acknowledged.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic_core import PydanticSerializationError, from_json, to_json

Body = dict[str, Any]

_TABLES = """
CREATE TABLE IF NOT EXISTS record (n INTEGER PRIMARY KEY, kind TEXT, id TEXT, body TEXT,
                                   UNIQUE (kind, id));
CREATE TABLE IF NOT EXISTS tag (kind TEXT, name TEXT, value TEXT, id TEXT,
                                PRIMARY KEY (kind, name, value, id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS tag_of ON tag (kind, id);
CREATE TABLE IF NOT EXISTS log (seq INTEGER PRIMARY KEY, at TEXT, operation TEXT, body TEXT);
CREATE TABLE IF NOT EXISTS sequence (name TEXT PRIMARY KEY, value INTEGER);
CREATE TRIGGER IF NOT EXISTS log_is_append_only BEFORE UPDATE ON log
    BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
CREATE TRIGGER IF NOT EXISTS log_keeps BEFORE DELETE ON log
    BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
"""


class Box:
    """The state of one sandbox. One process owns it; handlers use one transaction each."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.execute("PRAGMA cache_size=-65536")  # KiB: a large request stays in memory
        self._db.execute("PRAGMA wal_autocheckpoint=8000")
        self._db.executescript(_TABLES)

    @contextmanager
    def transaction(self) -> Iterator["Transaction"]:
        """Commit what the block did, or nothing of it if it raises. Never await inside."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            tx = Transaction(self._db, self.now())
            yield tx
            tx.keep_log()
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def now(self) -> datetime:
        """Return the sandbox's own time, aware, in UTC: real time plus what the clock was moved."""
        row = self._db.execute("SELECT value FROM sequence WHERE name = '_clock'").fetchone()
        return datetime.now(UTC) + timedelta(microseconds=row[0] if row else 0)

    def set_clock(self, now: datetime) -> None:
        """Move the clock so that it shows `now` and runs on from there."""
        ahead = (now - datetime.now(UTC)) // timedelta(microseconds=1)
        self._db.execute("REPLACE INTO sequence VALUES ('_clock', ?)", (ahead,))

    def close(self) -> None:
        """Close the file."""
        self._db.close()


@dataclass
class Part:
    """A part of a transaction; whoever sets `is_undone` has it undone when it ends."""

    is_undone: bool = False


class Transaction:
    """Reads and writes of one request. Records are JSON objects by kind and id."""

    def __init__(self, db: sqlite3.Connection, now: datetime) -> None:
        self._db = db
        self.now = now
        self._logged: list[tuple[str, str, str]] = []

    @contextmanager
    def part(self) -> Iterator["Part"]:
        """Undo what the block did, and nothing else, if it raises or asks for it. Blocks nest."""
        part = Part()
        self.keep_log()
        self._db.execute("SAVEPOINT part")
        try:
            yield part
            self.keep_log()
        except BaseException:
            part.is_undone, self._logged = True, []
            raise
        finally:
            if part.is_undone:
                self._db.execute("ROLLBACK TO part")
            self._db.execute("RELEASE part")

    def get(self, kind: str, key: str) -> Body | None:
        """Return one record, or None."""
        row = self._db.execute(
            "SELECT body FROM record WHERE kind = ? AND id = ?", (kind, key)
        ).fetchone()
        return _body(row[0]) if row else None

    def put(self, kind: str, key: str, body: Body, *, tags: Body | None = None) -> None:
        """Keep a record in place of an earlier one. `tags` are values to find it by."""
        self.put_many(kind, [(key, body, tags or {})])

    def put_many(self, kind: str, records: Iterable[tuple[str, Body, Body]]) -> None:
        """Keep many records of one kind: (id, body, tags)."""
        kept = list(records)
        self._db.executemany(
            "INSERT INTO record (kind, id, body) VALUES (?, ?, ?)"
            " ON CONFLICT (kind, id) DO UPDATE SET body = excluded.body",
            [(kind, key, _text(body)) for key, body, _ in kept],
        )
        self._db.executemany(
            "DELETE FROM tag WHERE kind = ? AND id = ?", [(kind, key) for key, _, _ in kept]
        )
        self._tag(kind, kept)

    def add_many(self, kind: str, records: Sequence[tuple[str, Body, Body]]) -> None:
        """Keep many records of one kind that are not there yet: (id, body, tags)."""
        self._db.executemany(
            "INSERT INTO record (kind, id, body) VALUES (?, ?, ?)",
            [(kind, key, _text(body)) for key, body, _ in records],
        )
        self._tag(kind, records)

    def revise_many(self, kind: str, records: Iterable[tuple[str, Body]]) -> None:
        """Keep other bodies of many records of one kind, whose tags stay: (id, body)."""
        self._db.executemany(
            "UPDATE record SET body = ? WHERE kind = ? AND id = ?",
            [(_text(body), kind, key) for key, body in records],
        )

    def _tag(self, kind: str, records: Iterable[tuple[str, Body, Body]]) -> None:
        self._db.executemany(
            "INSERT OR IGNORE INTO tag VALUES (?, ?, ?, ?)",
            [
                (kind, name, str(value), key)
                for key, _, tags in records
                for name, value in tags.items()
                if value is not None
            ],
        )

    def delete(self, kind: str, key: str) -> bool:
        """Remove a record; False if it was not there."""
        self._db.execute("DELETE FROM tag WHERE kind = ? AND id = ?", (kind, key))
        gone = self._db.execute("DELETE FROM record WHERE kind = ? AND id = ?", (kind, key))
        return gone.rowcount > 0

    def all(self, kind: str) -> list[Body]:
        """Return every record of a kind, the oldest first."""
        rows = self._db.execute("SELECT body FROM record WHERE kind = ? ORDER BY n", (kind,))
        return [_body(text) for (text,) in rows]

    def tagged(self, kind: str, name: str, value: object) -> list[Body]:
        """Return the records of a kind that carry this tag, the oldest first."""
        rows = self._db.execute(
            "SELECT record.body FROM tag JOIN record USING (kind, id)"
            " WHERE tag.kind = ? AND tag.name = ? AND tag.value = ? ORDER BY record.n",
            (kind, name, str(value)),
        )
        return [_body(text) for (text,) in rows]

    def tagged_keys(self, kind: str, name: str, value: object) -> list[str]:
        """Return the ids of the records of a kind that carry this tag."""
        rows = self._db.execute(
            "SELECT id FROM tag WHERE kind = ? AND name = ? AND value = ?",
            (kind, name, str(value)),
        )
        return [key for (key,) in rows]

    def next(self, name: str, *, first: int = 1) -> int:
        """Return the next number of a sequence that starts at `first`."""
        return self.next_many(name, 1, first=first)[0]

    def next_many(self, name: str, count: int, *, first: int = 1) -> range:
        """Return the next numbers of a sequence that starts at `first`."""
        row = self._db.execute(
            "INSERT INTO sequence VALUES (?, ?)"
            " ON CONFLICT DO UPDATE SET value = value + ? RETURNING value",
            (name, first + count - 1, count),
        ).fetchone()
        return range(int(row[0]) - count + 1, int(row[0]) + 1)

    def log(self, operation: str, body: Body) -> None:
        """Append what was accepted."""
        self._logged.append((self.now.isoformat(), operation, _text(body)))

    def keep_log(self) -> None:
        """Write what was appended, all at once."""
        if self._logged:
            self._db.executemany(
                "INSERT INTO log (at, operation, body) VALUES (?, ?, ?)", self._logged
            )
            self._logged = []

    def logged(self, *, after: int = 0, limit: int = 1000) -> list[Body]:
        """Return log entries after a sequence number, the oldest first."""
        self.keep_log()
        rows = self._db.execute(
            "SELECT seq, at, operation, body FROM log WHERE seq > ? ORDER BY seq LIMIT ?",
            (after, limit),
        )
        return [
            {"seq": seq, "at": at, "operation": operation, "body": _body(text)}
            for seq, at, operation, text in rows
        ]


def _text(body: Body) -> str:
    try:
        return to_json(body).decode()
    except PydanticSerializationError:
        return json.dumps(body)  # half a surrogate pair, which UTF-8 cannot hold


def _body(text: str) -> Body:
    try:
        found: Body = from_json(text)
    except ValueError:
        found = json.loads(text)  # as above
    return found
