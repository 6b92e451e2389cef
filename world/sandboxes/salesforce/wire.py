"""JSON as it travels: numbers are exact decimals in both directions."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from http import HTTPStatus
from typing import Any, NoReturn

from starlette.responses import Response

_MEDIA_TYPE = "application/json;charset=UTF-8"


def loads(raw: bytes) -> Any:  # noqa: ANN401 - any JSON
    """Return the value of a JSON text; fractions are Decimals.

    Raises:
        ValueError: it is no JSON, or nested beyond reason.
    """
    try:
        return json.loads(raw, parse_float=Decimal, parse_constant=_refuse)
    except RecursionError as error:
        message = "nested too deeply"
        raise ValueError(message) from error


def dumps(value: object) -> str:
    """Return the JSON text of a value; a Decimal keeps every digit and has at least one place."""
    match value:
        case Decimal():
            return decimal_text(value)
        case dict():
            members = (f"{json.dumps(name)}:{dumps(member)}" for name, member in value.items())
            return "{" + ",".join(members) + "}"
        case list() | tuple():
            return "[" + ",".join(dumps(item) for item in value) + "]"
        case _:
            return json.dumps(value)


def decimal_text(value: Decimal) -> str:
    """Return a number as the vendor prints it: `50000.0`, `0.25`."""
    whole, _, places = format(value, "f").partition(".")
    return f"{whole}.{places.rstrip('0') or '0'}"


def moment_text(moment: datetime) -> str:
    """Return a time as the vendor prints it: `2026-03-31T08:00:00.000+0000`."""
    exact = moment.astimezone(UTC).isoformat(timespec="milliseconds")
    return exact.removesuffix("+00:00") + "+0000"


def answer(body: object, *, status: int = HTTPStatus.OK) -> Response:
    """Return a JSON response."""
    return Response(dumps(body), status_code=status, media_type=_MEDIA_TYPE)


def _refuse(constant: str) -> NoReturn:
    message = f"{constant} is no JSON"
    raise ValueError(message)
