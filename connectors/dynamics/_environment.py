"""What all calls to one F&O environment share. One attempt per call."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

import httpx
from pydantic import ValidationError

from canonical.systems import ForeignId, SystemId
from connectors import errors, http
from connectors.dynamics import _batch, _faults, _odata, _stages, _wire
from connectors.dynamics._faults import VENDOR
from connectors.dynamics._options import Options

_MOST_PAGES = 50  # of 10,000 rows each, by default: far beyond any document
_ROWS = http.Dialect(VENDOR, _faults.classify, _faults.explain)
_SERVICE = http.Dialect(VENDOR, _faults.classify_rolled_back, _faults.explain)
_W = TypeVar("_W", bound=_wire.Wire)
_R = TypeVar("_R", bound=_wire.Row)


@dataclass(frozen=True)
class Selection:
    """Which rows to read, in which order; `most` stops early."""

    where: str
    order: str
    most: int | None = None


class Environment:
    """F&O, over an HTTP client that already carries base URL, auth and timeout."""

    def __init__(self, http_client: httpx.AsyncClient, system: SystemId, options: Options) -> None:
        self._http = http_client
        self._system = system
        self._options = options

    async def _read(self, model: type[_R], **key: str | int) -> _R:
        """Return one row by its key.

        Raises:
            Missing: there is no such row.
        """
        path = _odata.key(model.entity_set, **key)
        request = self._request("GET", f"{path}?{_odata.query(select=model.columns())}")
        response = await self._send(request, write=False)
        return parsed(response, model, otherwise=errors.Drifted)

    async def _rows(self, model: type[_R], selection: Selection) -> list[_R]:
        """Return the selected rows of every page."""
        limit = {} if selection.most is None else {"top": str(selection.most)}
        where = {"filter": selection.where} if selection.where else {}
        query = _odata.query(**where, orderby=selection.order, select=model.columns(), **limit)
        request = self._request("GET", f"{model.entity_set}?{query}")
        found: list[_R] = []
        visited = {request.url}
        while True:
            response = await self._send(request, write=False)
            page = parsed(response, _wire.Page, otherwise=errors.Drifted)
            found += _fitting(page, model)
            if page.next_link is None:
                return found
            request = self._http.build_request("GET", _next(request.url, page.next_link))
            if request.url in visited or len(visited) == _MOST_PAGES:
                raise errors.Drifted(VENDOR, "the pages of a set do not end")
            visited.add(request.url)

    async def _insert(self, row: _wire.NewRow, model: type[_R]) -> _R:
        """Create a row and return it as F&O has it."""
        request = self._request("POST", f"{row.entity_set}?{_odata.query()}", _encoded(row))
        response = await self._send(request, write=True)
        return parsed(response, model, otherwise=errors.Uncertain)

    async def _insert_all(self, rows: Sequence[_wire.NewRow]) -> None:
        """Create all rows or none, in one change set.

        Raises:
            Rejected: F&O refuses one of them, and so all.
            ValueError: there are too many for a batch, or none.
        """
        if not 0 < len(rows) <= _batch.MOST_OPERATIONS:
            msg = f"{len(rows)} rows do not fit into a batch of 1 to {_batch.MOST_OPERATIONS}"
            raise ValueError(msg)
        data = f"{str(self._http.base_url).rstrip('/')}/data"
        urls = {row.entity_set: f"{data}/{row.entity_set}?{_odata.query()}" for row in rows}
        request = self._request(
            "POST",
            "$batch",
            _batch.change_set((urls[row.entity_set], _encoded(row)) for row in rows),
        )
        request.headers.update({"Accept": "multipart/mixed", "Content-Type": _batch.CONTENT_TYPE})
        response = await self._send(request, write=True)
        _faults.settle(response, expected=len(rows))

    async def _delete(self, model: type[_R], **key: str | int) -> None:
        """Delete a row; one that is gone is success.

        Raises:
            Uncertain: the answer holds something, as that to a delete never does.
        """
        path = _odata.key(model.entity_set, **key)
        request = self._request("DELETE", f"{path}?{_odata.query()}")
        if self._options.if_match:
            request.headers["If-Match"] = self._options.if_match
        try:
            answer = await self._send(request, write=True)
        except errors.Missing:
            return
        if answer.content:  # a proxy's page
            raise errors.Uncertain(VENDOR, f"DELETE {model.entity_set} answered something")

    async def _update(self, change: _stages.EndedProject, **key: str | int) -> None:
        """Change fields of a row; one that is gone is success.

        Raises:
            Rejected: F&O refuses the values.
        """
        path = f"{_odata.key(change.entity_set, **key)}?{_odata.query()}"
        body = http.write_json(change.model_dump(by_alias=True))
        with suppress(errors.Missing):
            await self._send(self._request("PATCH", path, body), write=True)

    async def _post(self, operation: str, **document: str | int) -> ForeignId:
        """Let the firm's own service post a document, and return the voucher.

        Raises:
            Rejected: it refuses, maybe because the document is posted already.
        """
        request = self._http.build_request(
            "POST",
            f"{self._options.posting_service}/{operation}",
            content=http.write_json({"_request": document}),
            headers={"Content-Type": "application/json"},
        )
        dialect = _SERVICE if self._options.service_error_is_refusal else _ROWS
        response = await self._send(request, write=True, dialect=dialect)
        posting = parsed(response, _wire.Posting, otherwise=errors.Uncertain)
        if not posting.success:
            raise errors.Rejected(VENDOR, f"{operation} refuses", reason=posting.message)
        if not posting.voucher:
            raise errors.Uncertain(VENDOR, f"{operation} names no voucher")
        return self._id(posting.voucher)

    def _posted(self, vouchers: Iterable[str]) -> ForeignId:
        """Return the voucher of a document that was posted earlier."""
        voucher = next(iter(vouchers), "")
        if not voucher:
            raise errors.Drifted(VENDOR, "a posted document has no voucher")
        return self._id(voucher)

    async def _send(
        self, request: httpx.Request, *, write: bool, dialect: http.Dialect = _ROWS
    ) -> httpx.Response:
        try:
            return await http.send(self._http, request, dialect, write=write)
        except errors.Transient as busy:
            busy.retry_after = busy.retry_after or _faults.asked_wait(busy.reason)
            raise

    def _request(self, method: str, path: str, row: bytes | None = None) -> httpx.Request:
        headers = {} if row is None else {"Content-Type": "application/json"}
        return self._http.build_request(method, f"/data/{path}", content=row, headers=headers)

    def _id(self, value: str | int) -> ForeignId:
        return ForeignId(system=self._system, value=str(value))


def _encoded(row: _wire.NewRow) -> bytes:
    return http.write_json(row.model_dump(by_alias=True, exclude_none=True))


def parsed(response: httpx.Response, model: type[_W], *, otherwise: http.Kind) -> _W:
    """Return the answer as the model.

    Raises:
        ConnectorError: `otherwise`; it does not fit.
    """
    return http.parsed(response, model, vendor=VENDOR, otherwise=otherwise)


def _fitting(page: _wire.Page, model: type[_R]) -> list[_R]:
    try:
        return [model.model_validate(row) for row in page.rows]
    except ValidationError as exc:
        detail = f"{model.__name__}: {http.misfits(exc)} do not fit"
    raise errors.Drifted(VENDOR, detail)


def _next(here: httpx.URL, link: str) -> httpx.URL:
    """Return the next page's address, which must be of the same set: our token goes there."""
    try:
        there = here.join(link)
    except httpx.InvalidURL:
        raise errors.Drifted(VENDOR, "the next page has no address") from None
    if there.copy_with(query=None) != here.copy_with(query=None):
        raise errors.Drifted(VENDOR, "the next page is somewhere else")
    return there
