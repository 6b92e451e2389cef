"""Values between the wire, the box and comparisons.

Decimals are kept as text in one form (`150`, never `150.00` or `1.5E2`), dates as the
timestamps the vendor returns, so that equal values are equal texts.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from world.sandboxes.dynamics._iso4217 import OutOfRange
from world.sandboxes.dynamics._schema import Field

_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)")
_PLAIN_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_DIGITS = 16  # before and after the point, as the vendor's reals have
_FIRST_YEAR, _LAST_YEAR = 1900, 2154  # of the vendor's dates
_INT32 = 2**31
_INT64 = 2**63
_EDM = {
    "text": "Edm.String",
    "company": "Edm.String",
    "real": "Edm.Decimal",
    "int": "Edm.Int32",
    "recid": "Edm.Int64",
    "date": "Edm.DateTimeOffset",
    "datetime": "Edm.DateTimeOffset",
}


def edm_type(field: Field) -> str:
    """Return the property's type as `$metadata` names it."""
    if field.enum:
        return f"Microsoft.Dynamics.DataEntities.{field.enum.name}"
    return _EDM[field.kind]


@lru_cache(maxsize=4096)
def plain(number: Decimal) -> str:
    """Write a number in its one form. OutOfRange if it has too many digits."""
    if not number:
        return "0"
    if not number.is_finite() or not -_DIGITS <= number.adjusted() < _DIGITS:
        raise OutOfRange(str(number))
    whole, _, fraction = format(number, "f").partition(".")
    fraction = fraction.rstrip("0")
    if len(fraction) > _DIGITS:
        raise OutOfRange(str(number))
    return f"{whole}.{fraction}" if fraction else whole


def day(literal: str) -> str:
    """Return the calendar day of a kept date."""
    return literal[:10]


def day_literal(iso: str) -> str:
    """Return a calendar day as the vendor returns it."""
    return f"{iso}T12:00:00Z"


def kept(field: Field, value: object, *, plain_dates: bool = False) -> str | int:
    """Turn a JSON value into what is kept; null is the unset value.

    Raises:
        ValueError: it is no value of this property; the text is the vendor's.
    """
    if field.kind == "text" and isinstance(value, str) and value.isascii():
        return value  # most of what is written is that
    if value is None:
        return field.default
    try:
        if plain_dates and isinstance(value, str) and _PLAIN_DATE.fullmatch(value):
            value = f"{value}T12:00:00Z"
        return _KEEP[field.kind](field, value)
    except (TypeError, ValueError, OverflowError):
        message = f"Cannot convert the literal '{value}' to the expected type '{edm_type(field)}'."
        raise ValueError(message) from None


def comparable(field: Field, value: str | int) -> Any:  # noqa: ANN401 - Decimal, int or text
    """Return a kept value in a form that orders as the vendor orders it."""
    return Decimal(value) if field.kind == "real" else value


def _text(_: Field, value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    if not value.isascii():
        value.encode()  # half a surrogate pair is no text
    return value


def _company(field: Field, value: object) -> str:
    return _text(field, value).lower()


def _real(_: Field, value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise TypeError
    return plain(Decimal(value))


def _integer(limit: int) -> Callable[[Field, object], int]:
    def keep(_: Field, value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not -limit <= value < limit:
            raise ValueError
        return value

    return keep


def _member(field: Field, value: object) -> str:
    if field.enum is None or value not in field.enum.members:
        raise ValueError
    return str(value)


def _moment(_: Field, value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return _utc(value)


@lru_cache(maxsize=1024)
def _utc(value: str) -> str:
    if not _TIMESTAMP.fullmatch(value):
        raise ValueError
    shown = datetime.fromisoformat(value).astimezone(UTC)
    if not _FIRST_YEAR <= shown.year <= _LAST_YEAR:
        raise ValueError
    return shown.isoformat(timespec="seconds").replace("+00:00", "Z")


def _date(field: Field, value: object) -> str:
    return day_literal(day(_moment(field, value)))


_KEEP: dict[str, Callable[[Field, object], str | int]] = {
    "text": _text,
    "company": _company,
    "real": _real,
    "int": _integer(_INT32),
    "recid": _integer(_INT64),
    "enum": _member,
    "date": _date,
    "datetime": _moment,
}
