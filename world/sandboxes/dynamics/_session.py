"""One request's view of the box: rows remembered, writes kept together, numbers, the log."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from world.sandboxes.box import Body, Box, Transaction
from world.sandboxes.dynamics import _company
from world.sandboxes.dynamics._catalog import CATALOG
from world.sandboxes.dynamics._infolog import general
from world.sandboxes.dynamics._schema import EntitySet, Row
from world.sandboxes.dynamics._settings import Settings

_FIRST_RECORD_ID = 5637144576
_BLOCK = 100  # record ids are handed out in blocks, with gaps, as the vendor's servers do


class Rows:
    """Rows of entity sets. Reads are remembered and writes reach the box at `flush`."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._known: dict[str, dict[str, Row | None]] = defaultdict(dict)
        self._new: dict[str, dict[str, Row]] = defaultdict(dict)
        self._revised: dict[str, dict[str, Row]] = defaultdict(dict)
        self._replaced: dict[str, dict[str, Row]] = defaultdict(dict)
        self._packs: dict[tuple[str, str], list[Row]] = {}
        self._below: dict[tuple[str, object], frozenset[str]] = {}  # the keys when first asked

    def get(self, entity: EntitySet, key: str) -> Row | None:
        """Return one row, or None. Copy it before a change."""
        if entity.packed_by:
            return next((row for row in self.all(entity) if entity.key(row) == key), None)
        known = self._known[entity.name]
        if key not in known:
            known[key] = self._tx.get(entity.name, key)
        return known[key]

    def is_taken(self, entity: EntitySet, row: Row) -> bool:
        """Say whether a row has this key; those below one row are looked up together."""
        key, known = entity.key(row), self._known[entity.name]
        if not entity.within or key in known:
            return self.get(entity, key) is not None
        above = (entity.name, row[entity.within])
        if above not in self._below:
            found = self._tx.tagged_keys(entity.name, entity.within, row[entity.within])
            self._below[above] = frozenset(found)
        return key in self._below[above]

    def add(self, entity: EntitySet, row: Row) -> None:
        """Keep a row whose key no other row has."""
        if entity.packed_by:
            self._packs.setdefault((entity.name, str(row[entity.packed_by])), []).append(row)
            return
        key = entity.key(row)
        self._known[entity.name][key] = self._new[entity.name][key] = row

    def put(self, entity: EntitySet, row: Row) -> None:
        """Keep a row in place of an earlier one with its key."""
        key, name = entity.key(row), entity.name
        before = self._known[name].get(key)
        self._known[name][key] = row
        if key in self._new[name]:
            self._new[name][key] = row
        elif before and all(before[field] == row[field] for field in entity.indexed):
            self._revised[name][key] = row
        else:
            self._revised[name].pop(key, None)
            self._replaced[name][key] = row

    def delete(self, entity: EntitySet, row: Row) -> None:
        """Remove a row."""
        key = entity.key(row)
        for written in (self._new, self._revised, self._replaced):
            written[entity.name].pop(key, None)
        self._tx.delete(entity.name, key)
        self._known[entity.name][key] = None

    def find(self, entity: EntitySet, field: str, value: object) -> list[Row]:
        """Return the rows with this value of an indexed field, the oldest first."""
        self.flush()
        found = _unpacked(entity, self._tx.tagged(entity.name, field, value))
        if not entity.packed_by:
            self._known[entity.name].update((entity.key(row), row) for row in found)
        return found

    def all(self, entity: EntitySet) -> list[Row]:
        """Return every row, the oldest first."""
        self.flush()
        return _unpacked(entity, self._tx.all(entity.name))

    def flush(self) -> None:
        """Write what changed."""
        for name, rows in self._new.items():
            self._tx.add_many(name, _tagged(name, rows))
        for name, rows in self._replaced.items():
            self._tx.put_many(name, _tagged(name, rows))
        for name, rows in self._revised.items():
            self._tx.revise_many(name, rows.items())
        for (name, value), packed in self._packs.items():
            tags = {CATALOG[name].packed_by: value}
            self._tx.put(name, f"{value}/{packed[0]['_id']}", {"rows": packed}, tags=tags)
        for written in (self._new, self._replaced, self._revised):
            written.clear()
        self._packs = {}


def _tagged(name: str, rows: dict[str, Row]) -> list[tuple[str, Body, Body]]:
    indexed = CATALOG[name].indexed
    return [(key, row, {field: row[field] for field in indexed}) for key, row in rows.items()]


def _unpacked(entity: EntitySet, found: list[Body]) -> list[Row]:
    return [row for pack in found for row in pack["rows"]] if entity.packed_by else found


class Session:
    """What one request works with. `activity` names the request in the log."""

    def __init__(self, tx: Transaction, settings: Settings, activity: str) -> None:
        self.tx = tx
        self.settings = settings
        self.activity = activity
        self.rows = Rows(tx)
        self._ids: Iterator[int] = iter(())
        self._companies: dict[str, _company.Company | None] = {}

    @property
    def now(self) -> datetime:
        """Return the sandbox's own time."""
        return self.tx.now

    def record_id(self) -> int:
        """Return the next record id."""
        fresh = next(self._ids, None)
        if fresh is None:
            start = _FIRST_RECORD_ID + _BLOCK * self.tx.next("RecId", first=0)
            self._ids = iter(range(start, start + _BLOCK))
            fresh = next(self._ids)
        return fresh

    def number(self, company: str, sequence: str) -> int:
        """Return the next number of a company's sequence, without gaps."""
        return self.tx.next(f"{sequence}/{company}")

    def numbers(self, company: str, sequence: str, count: int) -> range:
        """Return the next numbers of a company's sequence, without gaps."""
        return self.tx.next_many(f"{sequence}/{company}", count)

    def company(self, data_area: str) -> _company.Company:
        """Return a company's set-up. Refused if there is none."""
        found = self.known_company(data_area)
        if found is None:
            message = f"The ledger of company '{data_area}' has not been set up."
            raise general(message)
        return found

    def known_company(self, data_area: str) -> _company.Company | None:
        """Return a company's set-up, or None."""
        if data_area not in self._companies:
            body = self.tx.get(_company.KIND, data_area)
            self._companies[data_area] = _company.Company.model_validate(body) if body else None
        return self._companies[data_area]

    def insert(self, entity: EntitySet, row: Row) -> None:
        """Keep a new row, under the record id it has or the next one."""
        row.setdefault("_id", 0)
        row["_id"] = row["_id"] or self.record_id()
        row["_version"] = 1
        self.rows.add(entity, row)

    def log(self, operation: str, body: Body) -> None:
        """Append what was accepted."""
        self.tx.log(operation, {"activity": self.activity, **body})


@contextmanager
def opened(box: Box, settings: Settings, activity: str) -> Iterator[Session]:
    """Open a session that keeps everything at its end, or nothing if the block raises."""
    with box.transaction() as tx:
        session = Session(tx, settings, activity)
        yield session
        session.rows.flush()
