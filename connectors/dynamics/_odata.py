"""OData as F&O reads and writes it: literals, keys, queries, and JSON with exact numbers."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import NoReturn
from urllib.parse import quote, urlencode

Value = str | int | Decimal


def literal(value: str | int) -> str:
    """Return the value as OData writes it: text in quotes, with its own quotes doubled."""
    if isinstance(value, int):
        return str(value)
    return "'" + value.replace("'", "''") + "'"


def equal(**fields: str | int) -> str:
    """Return the filter that every field equals its value. F&O reads `*` in text as a wildcard."""
    return " and ".join(f"{name} eq {literal(value)}" for name, value in fields.items())


def key(entity_set: str, **fields: str | int) -> str:
    """Return the path of one row; no value can leave its place in it."""
    named = (f"{name}={quote(literal(value), safe=chr(39))}" for name, value in fields.items())
    return f"{entity_set}({','.join(named)})"


def query(**options: str) -> str:
    """Return the query string of system options, over all companies.

    Without `cross-company` F&O sees only the calling user's default company.
    """
    given = {"cross-company": "true"} | {f"${name}": text for name, text in options.items()}
    return urlencode(given, safe="$'", quote_via=quote)


def encode(row: Mapping[str, Value]) -> bytes:
    """Return the row as a JSON object on one line, every Decimal digit for digit."""
    members = (f"{json.dumps(name)}:{_json(value)}" for name, value in row.items())
    return f"{{{','.join(members)}}}".encode()


def decode(content: bytes) -> object:
    """Return parsed JSON, with every fraction a Decimal.

    Raises:
        ValueError: it is not JSON.
    """
    try:
        return json.loads(content, parse_float=Decimal, parse_constant=_refuse)
    except RecursionError:
        raise ValueError from None


def _json(value: Value) -> str:
    return format(value, "f") if isinstance(value, Decimal) else json.dumps(value)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)
