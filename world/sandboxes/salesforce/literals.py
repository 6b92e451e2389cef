"""What a query writes out: quoted texts with escapes, patterns, numbers and times."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from world.sandboxes.salesforce import errors, wire

Kind = Literal["string", "number", "date", "datetime", "boolean", "null"]
_ESCAPES = {
    "n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", '"': '"', "'": "'", "\\": "\\",
}  # fmt: skip
_CONSTANTS: dict[str, tuple[Kind, bool | None]] = {
    "true": ("boolean", True),
    "false": ("boolean", False),
    "null": ("null", None),
}


@dataclass(frozen=True)
class Value:
    """One literal. A string's value is its text as written, still escaped."""

    kind: Kind
    value: Any


def constant(name: str) -> Value | None:
    """Return what a bare word stands for, or None if it is no literal."""
    found = _CONSTANTS.get(name.lower())
    return Value(*found) if found else None


def parsed(kind: str, text: str) -> Value:
    """Return the literal of a token.

    Raises:
        Refused: it names no day or time that exists.
    """
    try:
        match kind:
            case "string":
                return Value("string", text[1:-1])
            case "date":
                return Value("date", date.fromisoformat(text).isoformat())
            case "datetime":
                moment = datetime.fromisoformat(text)
                return Value("datetime", wire.moment_text(moment))
            case _:
                return Value("number", Decimal(text))
    except (ValueError, OverflowError):
        message = f"Invalid date: {text}"
        raise errors.malformed(message) from None


def plain(raw: str) -> str:
    """Return a text with its escapes resolved."""
    return "".join(char for char, _ in _characters(raw, _ESCAPES))


def pattern(raw: str) -> re.Pattern[str]:
    r"""Return what LIKE matches: `%` is any text, `_` one character, `\%` and `\_` themselves."""
    parts = []
    for char, was_escaped in _characters(raw, _ESCAPES | {"%": "%", "_": "_"}):
        wildcard = None if was_escaped else {"%": ".*", "_": "."}.get(char)
        parts.append(wildcard or re.escape(char))
    return re.compile("".join(parts), re.IGNORECASE | re.DOTALL)


def _characters(raw: str, escapes: dict[str, str]) -> list[tuple[str, bool]]:
    found = []
    for escaped, char in re.findall(r"\\(.)|([^\\])", raw, re.DOTALL):
        if escaped and escaped.lower() not in escapes:
            message = rf"Invalid string literal '{raw}'. Illegal character sequence '\{escaped}'"
            raise errors.malformed(message)
        found.append((escapes[escaped.lower()] if escaped else char, bool(escaped)))
    return found
