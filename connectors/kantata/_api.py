"""How Kantata is spoken to: envelopes, pages, and what its refusals mean."""

from collections.abc import AsyncIterator, Generator, Mapping, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from typing import TypeVar

import httpx
from pydantic import ValidationError

from connectors import errors, http
from connectors.kantata import _wire

VENDOR = "kantata"
_BASE = "/api/v1"
_LARGEST_PAGE = "200"
_NOTHING_MORE: Mapping[str, str] = {}
_AnswerT = TypeVar("_AnswerT", bound=_wire.Answer)
_PageT = TypeVar("_PageT", bound=_wire.Page)


class Api:
    """Calls over an HTTP client that already carries base URL, auth and timeout."""

    def __init__(self, http_client: httpx.AsyncClient) -> None:
        self._http = http_client

    async def one(
        self, path: str, model: type[_AnswerT], query: Mapping[str, str] = _NOTHING_MORE
    ) -> _AnswerT:
        """Return an answer that holds exactly one record. Reads.

        Raises:
            Missing: there is no such record.
        """
        return _single(path, await self._read(path, model, query))

    async def only(
        self, path: str, model: type[_PageT], record: str, query: Mapping[str, str]
    ) -> _PageT:
        """Return the answer of an index that holds exactly one record, by its id. Reads.

        Raises:
            Missing: there is no such record.
        """
        return _single(path, await self.page(path, model, {**query, "only": record}, 1))

    async def page(
        self, path: str, model: type[_PageT], query: Mapping[str, str], number: int
    ) -> _PageT:
        """Return one page of an index, the first being 1. Reads.

        An index that is not there is `Drifted`: taken for `Missing`, it would void what it lists.
        """
        paging = {"page": str(number), "per_page": _LARGEST_PAGE}
        try:
            page = await self._read(path, model, {**query, **paging})
        except errors.Missing as exc:
            detail = f"GET {_url(path)} answered that it is not there"
            raise errors.Drifted(VENDOR, detail, reason=exc.reason) from None
        if page.meta.page_number != number:
            raise errors.Drifted(VENDOR, f"GET {_url(path)} answered another page")
        return page

    async def pages(
        self, path: str, model: type[_PageT], query: Mapping[str, str]
    ) -> AsyncIterator[_PageT]:
        """Yield every page of an index; none comes twice. Reads.

        Raises:
            Transient: records went away in between, so one may have moved to a page before.
        """
        seen: set[tuple[str, ...]] = set()
        number, last, count = 1, 1, 0
        while number <= last:
            page = await self.page(path, model, query, number)
            if page.meta.count < count:
                raise errors.Transient(VENDOR, f"GET {_url(path)} lost records between its pages")
            last, count = page.meta.page_count, page.meta.count
            ids = tuple(result.id for result in page.results)
            if ids in seen or (not ids and number < last):
                raise errors.Drifted(VENDOR, f"GET {_url(path)} repeats or lacks a page")
            seen.add(ids)
            yield page
            number += 1

    async def currencies(self) -> frozenset[str]:
        """Return the codes of the currencies that Kantata supports. Reads."""
        request = self._http.build_request("GET", _url("currencies"))
        response = await http.send(self._http, request, _DIALECT, write=False)
        found = http.parsed(response, _wire.Currencies, vendor=VENDOR, otherwise=errors.Drifted)
        return frozenset(currency.iso_code for currency in found.currencies)

    async def create(self, path: str, member: str, record: _wire.Wire) -> str:
        """Create a record and return its id."""
        body = {member: record.model_dump(mode="json", exclude_none=True)}
        return await self._write(path, self._http.build_request("POST", _url(path), json=body))

    async def create_all(
        self, path: str, records: Sequence[_wire.Wire], query: Mapping[str, str]
    ) -> _wire.Page:
        """Create records in one call, all or none, and return the answer."""
        rows = [record.model_dump(mode="json", exclude_none=True) for record in records]
        body, url = {path: rows}, _url(path)
        request = self._http.build_request("POST", url, json=body, params=query)
        response = await http.send(self._http, request, _DIALECT, write=True)
        answer = http.parsed(response, _wire.Page, vendor=VENDOR, otherwise=errors.Uncertain)
        if [result.key for result in answer.results] != [path] * len(records):
            raise errors.Uncertain(VENDOR, f"POST {url} answered not as many {path}")
        return answer

    async def update(self, path: str, number: int, body: Mapping[str, object]) -> None:
        """Change a record."""
        request = self._http.build_request("PUT", _url(f"{path}/{number}"), json=body)
        await self._write(path, request)

    async def _read(self, path: str, model: type[_AnswerT], query: Mapping[str, str]) -> _AnswerT:
        request = self._http.build_request("GET", _url(path), params=query)
        response = await http.send(self._http, request, _DIALECT, write=False)
        return http.parsed(response, model, vendor=VENDOR, otherwise=errors.Drifted)

    async def _write(self, key: str, request: httpx.Request) -> str:
        response = await http.send(self._http, request, _DIALECT, write=True)
        answer = http.parsed(response, _wire.Answer, vendor=VENDOR, otherwise=errors.Uncertain)
        if [result.key for result in answer.results] != [key]:
            raise errors.Uncertain(VENDOR, f"{request.method} {request.url.path} answered no {key}")
        return answer.results[0].id


def classify(response: httpx.Response) -> http.Kind | None:
    """Return what an answer means: the status says it, but refused credentials come with 400 too.

    A throttle is a bare 429; Kantata never says how long to wait. A bare 404 is not Kantata's:
    a gateway in front of it says so of everything, and nothing is known of the record.
    """
    if response.is_client_error and any(item.type == "oauth" for item in _fault(response).errors):
        return errors.Unauthorized
    if response.status_code == HTTPStatus.NOT_FOUND and not explain(response):
        return errors.Drifted
    return http.by_status(response)


def explain(response: httpx.Response) -> str:
    """Return Kantata's own words for a refusal."""
    fault = _fault(response)
    reasons = [
        f"{item.field}: {item.message}" if item.field else item.message for item in fault.errors
    ]
    return "; ".join(reasons) or fault.error_message


_DIALECT = http.Dialect(VENDOR, classify, explain)


@contextmanager
def drift(subject: str) -> Generator[None]:
    """Take what cannot be mapped for an answer that its contract does not allow.

    Raises:
        Drifted: a value does not fit, or a record that is referred to is not there.
    """
    try:
        yield
    except (ValueError, LookupError):  # their texts quote the answer
        raise errors.Drifted(VENDOR, f"{subject} does not fit") from None


def _single(path: str, answer: _AnswerT) -> _AnswerT:
    if not answer.results:
        raise errors.Missing(VENDOR, f"GET {_url(path)} found nothing")
    if len(answer.results) > 1:
        raise errors.Drifted(VENDOR, f"GET {_url(path)} answered several records")
    return answer


def _url(path: str) -> str:
    return f"{_BASE}/{path}"


def _fault(response: httpx.Response) -> _wire.Fault:
    try:
        return _wire.Fault.model_validate_json(response.content)
    except ValidationError:
        return _wire.Fault()
