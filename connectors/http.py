"""The one place where an HTTP outcome becomes a ConnectorError, and where JSON stays exact."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import NoReturn, TypeAlias, TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from connectors import errors

Kind = type[errors.ConnectorError]
Model = TypeVar("Model", bound=BaseModel)
Json: TypeAlias = (
    "bool | int | str | Decimal | date | Mapping[str, Json] | list[Json] | tuple[Json, ...] | None"
)

LARGEST_ANSWER_BYTES = 32 * 1024 * 1024
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_LONGEST_WAIT = timedelta(hours=1)
_MOST_DIGITS = 100  # far beyond any amount; 1E999999999 would fill the memory when written out
_OF_THE_TRANSFER = {"content-encoding", "content-length", "transfer-encoding"}
_BY_STATUS: dict[int, Kind] = {
    HTTPStatus.UNAUTHORIZED: errors.Unauthorized,
    HTTPStatus.FORBIDDEN: errors.Unauthorized,
    HTTPStatus.NOT_FOUND: errors.Missing,
    HTTPStatus.REQUEST_TIMEOUT: errors.Uncertain,
    HTTPStatus.TOO_MANY_REQUESTS: errors.Transient,
}


@dataclass(frozen=True)
class Dialect:
    """How one vendor says no: `classify` finds the fault, `explain` the vendor's own words."""

    vendor: str
    classify: Callable[[httpx.Response], Kind | None]
    explain: Callable[[httpx.Response], str]


class _TooLargeError(Exception):
    pass


async def send(
    client: httpx.AsyncClient, request: httpx.Request, dialect: Dialect, *, write: bool
) -> httpx.Response:
    """Send a request once and return the response in which the dialect finds no fault.

    `write` is said and not guessed: many vendors search with POST.

    Raises:
        ConnectorError: the subclass that says what to do about it.
    """
    where = f"{request.method} {request.url.path}"
    lost = errors.Uncertain if write else errors.Transient
    # `from None` throughout: the original's words may quote a header or a body.
    try:
        response = await _answer(client, request)
    except _NEVER_SENT as exc:
        raise errors.Transient(dialect.vendor, f"{where}: {type(exc).__name__}") from None
    except httpx.RequestError as exc:
        # A token that could not be fetched leaves the request itself unsent.
        broke = lost if exc.request is request else errors.Transient
        raise broke(dialect.vendor, f"{where}: {type(exc).__name__}") from None
    except _TooLargeError:
        unread = errors.Uncertain if write else errors.Drifted
        raise unread(dialect.vendor, f"{where} answered more than we read") from None
    fault = dialect.classify(response)
    if fault is None:
        return response
    raise (lost if fault is errors.Uncertain else fault)(
        dialect.vendor,
        f"{where} answered {response.status_code}",
        retry_after=retry_after(response),
        reason=dialect.explain(response),
    )


def by_status(response: httpx.Response) -> Kind | None:
    """Return what the status alone says: where a vendor's `classify` ends."""
    if response.is_success:
        return None
    if response.has_redirect_location:  # to a login page: nobody has looked at the request
        return errors.Drifted
    fallback = errors.Uncertain if response.is_server_error else errors.Rejected
    return _BY_STATUS.get(response.status_code, fallback)


def retry_after(response: httpx.Response) -> timedelta | None:
    """Return what the vendor asked us to wait, at most an hour; None if it said nothing."""
    text = response.headers.get("Retry-After", "")
    if text.isdecimal():
        return timedelta(seconds=min(float(text), _LONGEST_WAIT.total_seconds()))
    try:
        wait = parsedate_to_datetime(text) - datetime.now(UTC)
    except (TypeError, ValueError):  # a date without a zone, or no date at all
        return None
    return max(timedelta(0), min(wait, _LONGEST_WAIT))


def parsed(response: httpx.Response, model: type[Model], *, vendor: str, otherwise: Kind) -> Model:
    """Return the answer as the model, with every number as it was written.

    Raises:
        ConnectorError: `otherwise`, naming the fields that do not fit but not what they hold.
    """
    try:
        return model.model_validate(read_json(response.content))
    except ValidationError as exc:
        detail = f"{model.__name__}: {misfits(exc)} do not fit"
    except ValueError:
        detail = f"{model.__name__}: the answer is not JSON"
    raise otherwise(vendor, detail) from None


def misfits(error: ValidationError) -> str:
    """Return the names of the fields that do not fit: safe to log, unlike the error itself."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    names = {".".join(str(step) for step in each["loc"]) or "parts" for each in found}
    return ", ".join(sorted(names))[:200]


def read_json(content: bytes) -> object:
    """Return JSON with fractions as `Decimal`; pydantic's own parser takes them through a float.

    Raises:
        ValueError: it is not JSON, or a number is absurd.
    """
    try:
        return json.loads(content, parse_float=_decimal, parse_constant=_refuse)
    except (ArithmeticError, RecursionError):
        msg = "absurd JSON"
        raise ValueError(msg) from None


def write_json(value: Json) -> bytes:
    """Return compact JSON with every `Decimal` as a plain number and dates in ISO form.

    Raises:
        TypeError: a float, or something else that has no exact JSON.
    """
    return _written(value).encode()


async def _answer(client: httpx.AsyncClient, request: httpx.Request) -> httpx.Response:
    stream = await client.send(request, stream=True)
    body = bytearray()
    try:
        async for chunk in stream.aiter_bytes():
            body += chunk
            if len(body) > LARGEST_ANSWER_BYTES:
                raise _TooLargeError
    finally:
        await stream.aclose()
    headers = [
        (name, value)
        for name, value in stream.headers.multi_items()
        if name.lower() not in _OF_THE_TRANSFER
    ]
    return httpx.Response(
        stream.status_code, headers=headers, content=bytes(body), request=stream.request
    )


def _decimal(text: str) -> Decimal:
    number = Decimal(text)
    if abs(number.adjusted()) > _MOST_DIGITS:
        raise OverflowError
    return number


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


def _written(value: Json) -> str:
    match value:
        case None | bool() | int() | str():
            return json.dumps(value)
        case Decimal() if value.is_finite():
            return format(value, "f")
        case date():
            return json.dumps(value.isoformat())
        case Mapping():
            members = (f"{json.dumps(name)}:{_written(member)}" for name, member in value.items())
            return f"{{{','.join(members)}}}"
        case list() | tuple():
            return f"[{','.join(_written(member) for member in value)}]"
        case _:
            raise TypeError(type(value).__name__)
