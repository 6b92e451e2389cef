"""Queries: every page of one, or several at once in a composite."""

from collections.abc import Mapping
from typing import TypeVar
from urllib.parse import quote

import httpx
from pydantic import ValidationError

from connectors import errors, http
from connectors.salesforce import _faults, _wire
from connectors.salesforce._faults import VENDOR

MOST_TOGETHER = 5  # a composite takes no more queries
_MOST_PAGES = 50  # of 200 to 2,000 rows each: far beyond any deal
_RowT = TypeVar("_RowT", bound=_wire.Wire)


class Queries:
    """Asks for rows. `data` is the path of the API's version."""

    def __init__(self, http_client: httpx.AsyncClient, data: str) -> None:
        self._http = http_client
        self._data = data

    async def one(self, page: type[_wire.Page[_RowT]], query: str) -> _RowT:
        """Return the only row of a query.

        Raises:
            Missing: there is none.
        """
        return await self._one(page, "query", query)

    async def deleted(self, page: type[_wire.Page[_RowT]], query: str) -> _RowT:
        """Return the only row of a query, which may stand in the bin, as its children may.

        Raises:
            Missing: there is none: it is gone from the bin too, or never was.
        """
        return await self._one(page, "queryAll", query)

    async def _one(self, page: type[_wire.Page[_RowT]], resource: str, query: str) -> _RowT:
        url = f"{self._data}/{resource}"
        request = self._http.build_request("GET", url, params={"q": query})
        rows = await self.all(await self._page(page, request))
        if not rows:
            raise errors.Missing(VENDOR, "there is no record with this id")
        if len(rows) > 1:
            raise errors.Drifted(VENDOR, "several records have the same id")
        return rows[0]

    async def all(self, page: _wire.Page[_RowT] | None) -> list[_RowT]:
        """Return the rows of a page and of those that follow; None stands for no rows."""
        if page is None:
            return []
        rows = list(page.records)
        followed: set[str] = set()
        while page.locator is not None and not page.done:
            if page.locator in followed or len(followed) == _MOST_PAGES:
                raise errors.Drifted(VENDOR, "the pages of a query do not end")
            followed.add(page.locator)
            request = self._http.build_request("GET", page.locator)
            page = await self._page(type(page), request)
            rows += page.records
        if len(rows) < page.total_size:
            raise errors.Drifted(VENDOR, "a query answered fewer rows than it has")
        return rows

    async def together(
        self, page: type[_wire.Page[_RowT]], queries: Mapping[str, str]
    ) -> dict[str, list[_RowT]]:
        """Return the rows, deleted ones too, of up to five queries: one request, by their names.

        Raises:
            ConnectorError: of the first query that failed, in an answer that is a success.
        """
        request = self._http.build_request(
            "POST",
            f"{self._data}/composite",
            content=http.write_json({"allOrNone": False, "compositeRequest": self._parts(queries)}),
            headers={"Content-Type": "application/json"},
        )
        response = await http.send(self._http, request, _faults.QUERY, write=False)
        answer = http.parsed(response, _wire.Composite, vendor=VENDOR, otherwise=errors.Drifted)
        if [part.name for part in answer.parts] != list(queries):
            raise errors.Drifted(VENDOR, "a composite answered other parts than it was asked for")
        found: dict[str, list[_RowT]] = {}
        for part in answer.parts:
            _faults.raise_part(part.name, part)
            found[part.name] = await self.all(_read(page, part))
        return found

    def _parts(self, queries: Mapping[str, str]) -> list[http.Json]:
        return [
            {
                "method": "GET",
                "url": f"{self._data}/queryAll?q={quote(query, safe='')}",
                "referenceId": name,
            }
            for name, query in queries.items()
        ]

    async def _page(
        self, page: type[_wire.Page[_RowT]], request: httpx.Request
    ) -> _wire.Page[_RowT]:
        response = await http.send(self._http, request, _faults.QUERY, write=False)
        return http.parsed(response, page, vendor=VENDOR, otherwise=errors.Drifted)


def _read(page: type[_wire.Page[_RowT]], part: _wire.Part) -> _wire.Page[_RowT]:
    try:
        return page.model_validate(part.body)
    except ValidationError as exc:
        detail = f"{part.name}: {http.misfits(exc)} do not fit"
        raise errors.Drifted(VENDOR, detail) from None  # the original quotes the answer
