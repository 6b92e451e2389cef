"""Tryton's JSON-RPC as the stage speaks it: sign-in, exact values, records in pages."""

import base64
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import date, datetime, timedelta
from decimal import Decimal
from http import HTTPStatus
from typing import Any

import httpx
from typing_extensions import override

from world.stage.calls import TIMEOUT_SECONDS, StageError

SYSTEM = "erp-tryton"
Record = dict[str, Any]
_PAGE = 1000
_LONGEST_QUOTE = 600
_SECOND = timedelta(seconds=1)
_MICROSECONDS = 1_000_000
_DATE = ("year", "month", "day")
_TIME = ("hour", "minute", "second", "microsecond")


@asynccontextmanager
async def connect(
    url: str, database: str, login: str, password: str, transport: httpx.AsyncBaseTransport | None
) -> AsyncIterator["Session"]:
    """Sign in as a user, once the first call needs it."""
    async with httpx.AsyncClient(
        base_url=url,
        auth=_SignedIn(f"{url}/{database}/rpc/", login, password),
        timeout=TIMEOUT_SECONDS,
        trust_env=False,
        transport=transport,
    ) as client:
        yield Session(client, database)


class Session:
    """A user at work in one database, in all companies or in the one that a call is for."""

    def __init__(self, client: httpx.AsyncClient, database: str) -> None:
        self._client = client
        self._path = f"/{database}/rpc/"

    async def call(self, method: str, *params: object, **context: object) -> Any:  # noqa: ANN401 - any value
        """Call a method of a model, like `party.party.create`, and return its result.

        Raises:
            StageError: Tryton does not answer, or refuses: with its own words.
        """
        body = _request(f"model.{method}", [*params, {"language": "en", **context}])
        try:
            response = await self._client.post(self._path, **body)
        except httpx.HTTPError as error:
            url = self._client.base_url
            message = f"{SYSTEM} at {url} does not answer ({type(error).__name__}): is it up?"
            raise StageError(message) from error
        return _result(method, response)

    async def select(  # the domain is Tryton's own: conditions, all of which hold
        self,
        model: str,
        domain: Iterable[object],
        fields: Iterable[str],
        order: str = "id",
        **context: object,
    ) -> list[Record]:
        """Return the records that fulfil a domain, with their ids, in an order."""
        found: list[Record] = []
        by = [[order, "ASC"]] if order == "id" else [[order, "ASC"], ["id", "ASC"]]
        while True:
            page = await self.call(
                f"{model}.search_read",
                list(domain),
                len(found),
                _PAGE,
                by,
                list(fields),
                **context,
            )
            found += page
            if len(page) < _PAGE:
                return found

    async def create(
        self, model: str, rows: Iterable[Mapping[str, object]], **context: object
    ) -> list[int]:
        """Create records, all or none, and return their ids; of none nothing is asked."""
        told = [dict(row) for row in rows]
        return await self.call(f"{model}.create", told, **context) if told else []

    async def write(
        self, model: str, ids: Iterable[int], changes: Mapping[str, object], **context: object
    ) -> None:
        """Change records."""
        await self.call(f"{model}.write", list(ids), dict(changes), **context)


class _SignedIn(httpx.Auth):
    """A session of a user, begun with the first call and once again when it is over."""

    requires_response_body = True

    def __init__(self, url: str, login: str, password: str) -> None:
        self._url = url
        self._login = login
        self._password = password
        self._session = ""

    @override
    async def async_auth_flow(
        self, request: httpx.Request
    ) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Send the request in a session."""
        for is_fresh in (not self._session, True):
            if is_fresh:
                said = {"password": self._password}
                asked = _request("common.db.login", [self._login, said, "en"])
                answer = yield httpx.Request("POST", self._url, **asked)
                await answer.aread()
                self._session = self._begun(answer)
            request.headers["Authorization"] = f"Session {self._session}"
            response = yield request
            if response.status_code != HTTPStatus.UNAUTHORIZED:
                return

    def _begun(self, answer: httpx.Response) -> str:
        result = answer.json().get("result") if answer.is_success else None
        if not result:
            message = f"{SYSTEM} does not let {self._login} in: {answer.status_code}"
            raise StageError(message)
        user, token, *_ = result
        return base64.b64encode(f"{self._login}:{user}:{token}".encode()).decode()


def _request(method: str, params: list[object]) -> dict[str, Any]:
    content = json.dumps({"id": 0, "method": method, "params": params}, default=_told)
    return {"content": content, "headers": {"Content-Type": "application/json"}}


def _result(method: str, response: httpx.Response) -> Any:  # noqa: ANN401 - any value
    said = response.text[:_LONGEST_QUOTE]
    if not response.is_success:
        message = f"{SYSTEM} refuses {method}: {response.status_code} {said}"
        raise StageError(message)
    try:
        answer = json.loads(response.content, parse_float=Decimal, object_hook=_heard)
    except ValueError as error:
        message = f"{SYSTEM} answers {method} with no JSON: {said}"
        raise StageError(message) from error
    if refusal := answer.get("error"):
        message = f"{SYSTEM} refuses {method}: {_words(refusal)}"
        raise StageError(message)
    return answer["result"]


def _words(error: list[Any]) -> str:
    """Return what a person would read in the client's window."""
    kind, *rest = error
    told = rest[0] if rest else ""
    words = [part for part in (told if isinstance(told, list) else [told]) if part]
    shown = " ".join(word for word in words if isinstance(word, str))
    return f"{kind}: {shown}"[:_LONGEST_QUOTE]


def _told(value: object) -> object:
    """Return a value that JSON has no word for as Tryton writes it."""
    match value:
        case Decimal():
            return {"__class__": "Decimal", "decimal": str(value)}
        case datetime():
            return {"__class__": "datetime", **{n: getattr(value, n) for n in (*_DATE, *_TIME)}}
        case date():
            return {"__class__": "date", **{n: getattr(value, n) for n in _DATE}}
        case timedelta():
            return {"__class__": "timedelta", "seconds": value.total_seconds()}
        case _:
            message = f"Tryton has no word for {value!r}"
            raise TypeError(message)


_HEARD: dict[str, Callable[[Record], object]] = {
    "Decimal": lambda told: Decimal(told["decimal"]),
    "date": lambda told: date(*(told[name] for name in _DATE)),
    "datetime": lambda told: datetime(*(told[n] for n in (*_DATE, *_TIME))),  # noqa: DTZ001 - UTC, and Tryton does not say so
    "timedelta": lambda told: _SECOND * int(told["seconds"] * _MICROSECONDS) / _MICROSECONDS,
}


def _heard(told: Record) -> object:
    kind = told.get("__class__")
    return _HEARD[kind](told) if kind in _HEARD else told
