"""The one place where an HTTP outcome becomes a ConnectorError."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import httpx

from connectors import errors

Kind = type[errors.ConnectorError]

_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_LONGEST_WAIT = timedelta(hours=1)
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
        response = await client.send(request)
    except _NEVER_SENT as exc:
        raise errors.Transient(dialect.vendor, f"{where}: {type(exc).__name__}") from None
    except httpx.RequestError as exc:
        # A token that could not be fetched leaves the request itself unsent.
        broke = lost if exc.request is request else errors.Transient
        raise broke(dialect.vendor, f"{where}: {type(exc).__name__}") from None
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
