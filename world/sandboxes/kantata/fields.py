"""The fields that a request may carry, and how each is read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from world.sandboxes.box import Body
from world.sandboxes.kantata import refusals
from world.sandboxes.kantata.money import BASE_UNITS

Reader = Callable[[object], Any]


class Wrong(Exception):
    """The value cannot be read; the text says what it is not."""

    def __init__(self, *, text: str) -> None:
        super().__init__(text)


@dataclass(frozen=True, kw_only=True)
class Field:
    """One field. `missing` is the vendor's message where it is required; `fixed` once created."""

    read: Reader
    missing: str = ""
    default: object = None
    fixed: bool = False


def text(longest: int = 65535) -> Reader:
    """Read a text."""

    def read(value: object) -> str:
        if not isinstance(value, str):
            raise Wrong(text="is not a text")
        if len(value) > longest:
            message = f"is too long (maximum is {longest} characters)"
            raise Wrong(text=message)
        return value

    return read


def whole(value: object) -> int:
    """Read a whole number."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise Wrong(text="is not a whole number")
    try:
        return int(value)
    except ValueError:
        raise Wrong(text="is not a whole number") from None


def positive(value: object) -> int:
    """Read a whole number above zero."""
    number = whole(value)
    if number <= 0:
        raise Wrong(text="must be greater than 0")
    return number


def not_negative(value: object) -> int:
    """Read a whole number of at least zero."""
    number = whole(value)
    if number < 0:
        raise Wrong(text="must be greater than or equal to 0")
    return number


def decimal(value: object) -> Decimal:
    """Read a decimal, given as a text or a number."""
    try:
        return Decimal(str(value))
    except InvalidOperation:
        raise Wrong(text="is not a number") from None


def flag(value: object) -> bool:
    """Read a boolean."""
    if value in ("true", "false"):
        return value == "true"
    if not isinstance(value, bool):
        raise Wrong(text="is not true or false")
    return value


def day(value: object) -> str:
    """Read a date, `YYYY-MM-DD`."""
    try:
        return date.fromisoformat(str(value)).isoformat()
    except ValueError:
        raise Wrong(text="is not a date") from None


def currency(value: object) -> str:
    """Read an ISO 4217 code."""
    if value not in BASE_UNITS:
        raise Wrong(text="is not a currency")
    return str(value)


def identity(value: object) -> str:
    """Read an id, given as a text or a number; the vendor answers with texts."""
    return str(positive(value))


def identities(value: object) -> list[str]:
    """Read a list of ids, each once."""
    if not isinstance(value, list):
        raise Wrong(text="is not a list of ids")
    return list(dict.fromkeys(identity(item) for item in value))


def one_of(*choices: str) -> Reader:
    """Read one of these words."""

    def read(value: object) -> str:
        if value not in choices:
            message = f"is not included in the list: {', '.join(choices)}"
            raise Wrong(text=message)
        return str(value)

    return read


def members(value: object) -> Body:
    """Read an object."""
    if not isinstance(value, dict):
        raise Wrong(text="is not an object")
    return value


def objects(value: object) -> list[Body]:
    """Read a list of objects."""
    if not isinstance(value, list):
        raise Wrong(text="is not a list")
    return [members(item) for item in value]


def read_new(fields: Mapping[str, Field], given: Body, *, strict: bool) -> Body:
    """Return every field of a new record, defaults filled in, or refuse all that is wrong."""
    body, errors = _read(fields, given, strict=strict)
    wrong = {error["field"] for error in errors}
    for name, field in fields.items():
        if body.get(name) in (None, "", []) and name not in wrong:
            if field.missing:
                errors.append(refusals.problem(name, field.missing))
            body[name] = field.default
    if errors:
        raise refusals.Refused(422, errors)
    return body


def read_change(fields: Mapping[str, Field], given: Body, *, strict: bool) -> Body:
    """Return the fields that a change carries, or refuse all that is wrong."""
    body, errors = _read(fields, given, strict=strict)
    for name in body:
        if fields[name].fixed:
            errors.append(refusals.problem(name, "cannot be changed"))
        elif fields[name].missing and body[name] in (None, "", []):
            errors.append(refusals.problem(name, fields[name].missing))
        elif body[name] is None:
            body[name] = fields[name].default
    if errors:
        raise refusals.Refused(422, errors)
    return body


def _read(
    fields: Mapping[str, Field], given: Body, *, strict: bool
) -> tuple[Body, list[refusals.Error]]:
    body: Body = {}
    errors: list[refusals.Error] = []
    for name, value in given.items():
        if name not in fields:
            if strict:
                errors.append(refusals.problem(name, "is not a field of the contract"))
            continue
        try:
            body[name] = None if value is None else fields[name].read(value)
        except Wrong as wrong:
            errors.append(refusals.problem(name, f"{name} {wrong}"))
    return body, errors
