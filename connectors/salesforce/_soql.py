"""SOQL: the only place where a query is put together, and where a value is quoted."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime

_ESCAPES = {
    "\\": r"\\", "'": r"\'", "\n": r"\n", "\r": r"\r", "\t": r"\t", "\b": r"\b", "\f": r"\f",
}  # fmt: skip
_SPECIAL = re.compile(r"[\\'\n\r\t\x08\x0c]")


def literal(text: str) -> str:
    """Return a string literal that means exactly `text`."""
    escaped = _SPECIAL.sub(lambda special: _ESCAPES[special[0]], text)
    return f"'{escaped}'"


def by_id(columns: Sequence[str], source: str, record: str) -> str:
    """Return the query for one record. Columns and source are ours, the id may be anybody's."""
    return " ".join((select(columns, source), "WHERE Id =", literal(record)))


def by_ids(columns: Sequence[str], source: str, records: Sequence[str]) -> str:
    """Return the query for some records."""
    wanted = ", ".join(literal(record) for record in records)
    return f"{select(columns, source)} WHERE Id IN ({wanted})"


def modified_since(columns: Sequence[str], source: str, since: datetime) -> str:
    """Return the query for the records that were changed at a moment or later, in that order."""
    moment = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return f"{select(columns, source)} WHERE SystemModstamp >= {moment} ORDER BY SystemModstamp, Id"


def children(columns: Sequence[str], relationship: str) -> str:
    """Return a column that holds the records of a child relationship."""
    return f"({select(columns, relationship)})"


def select(columns: Sequence[str], source: str) -> str:
    """Return the head of a query."""
    return " ".join(("SELECT", ", ".join(columns), "FROM", source))
