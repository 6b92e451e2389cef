"""The calls we make to Salesforce. One method per call, one attempt per call."""

from collections.abc import Generator
from contextlib import contextmanager
from http import HTTPStatus
from typing import TypeVar
from urllib.parse import quote

import httpx
from pydantic import ValidationError

from canonical.clients import Account, ClientLinks
from canonical.invoices import Invoice, InvoiceStatus
from canonical.opportunities import Opportunity
from canonical.projects import ProjectCode
from canonical.systems import ForeignId, SystemId
from connectors import errors, http
from connectors.salesforce import _faults, _mapping, _soql, _wire
from connectors.salesforce._faults import VENDOR

_MOST_PAGES = 50  # of 200 to 2,000 rows each: far beyond any deal
_RowT = TypeVar("_RowT", bound=_wire.Wire)
_DEAL = (
    *_wire.Opportunity.columns(),
    _soql.children(_wire.LineItem.columns(), "OpportunityLineItems"),
    _soql.children(_wire.ScheduleLine.columns(), "Billing_Schedule_Lines__r"),
)


class Salesforce:
    """One org, over an HTTP client that already carries base URL, auth and timeout."""

    def __init__(
        self, http_client: httpx.AsyncClient, system: SystemId, api_version: str = "v60.0"
    ) -> None:
        self._http = http_client
        self._system = system
        self._data = f"/services/data/{api_version}"

    async def opportunity(self, opportunity: ForeignId) -> Opportunity:
        """Return the deal with its children: one request, and one for each further page."""
        query = _soql.by_id(_DEAL, "Opportunity", opportunity.value)
        deal = await self._one(_wire.Page[_wire.Deal], query)
        items = await self._all(deal.line_items)
        schedule = await self._all(deal.schedule)
        with _drift("Opportunity"):
            return _mapping.opportunity(deal, items, schedule, self._system)

    async def account(self, account: ForeignId) -> Account:
        """Return the account. See `ports.Crm`."""
        query = _soql.by_id(_wire.Account.columns(), "Account", account.value)
        wire = await self._one(_wire.Page[_wire.Account], query)
        with _drift("Account"):
            return _mapping.account(wire, self._system)

    async def record_client(self, account: ForeignId, links: ClientLinks) -> None:
        """Write the client's ids on its account. Class A: by the account's id."""
        await self._update("Account", account, _mapping.account_links(links))

    async def record_project(self, opportunity: ForeignId, code: ProjectCode, status: str) -> None:
        """Write the project's code and status on its opportunity. Class A: by its id."""
        await self._update("Opportunity", opportunity, _mapping.delivery(code, status))

    async def record_invoice(
        self, opportunity: ForeignId, invoice: Invoice, status: InvoiceStatus
    ) -> ForeignId:
        """Upsert the invoice under our reference. Class A: the external id is unique."""
        path = f"sobjects/Invoice__c/{_faults.KEY}/{_segment(invoice.reference)}"
        request = self._patch(path, _mapping.invoice(opportunity, invoice, status))
        response = await http.send(self._http, request, _faults.UPSERT, write=True)
        row = http.parsed(response, _wire.Upserted, vendor=VENDOR, otherwise=errors.Uncertain)
        return ForeignId(system=self._system, value=row.id)

    async def _update(self, sobject: str, record: ForeignId, fields: _wire.Wire) -> None:
        request = self._patch(f"sobjects/{sobject}/{_segment(record.value)}", fields)
        response = await http.send(self._http, request, _faults.ROW, write=True)
        if response.status_code != HTTPStatus.NO_CONTENT:
            detail = f"{sobject}: an update answered {response.status_code}"
            raise errors.Uncertain(VENDOR, detail)

    def _patch(self, path: str, fields: _wire.Wire) -> httpx.Request:
        return self._http.build_request(
            "PATCH",
            f"{self._data}/{path}",
            content=http.write_json(fields.model_dump(by_alias=True)),
            headers={"Content-Type": "application/json"},
        )

    async def _one(self, page: type[_wire.Page[_RowT]], query: str) -> _RowT:
        request = self._http.build_request("GET", f"{self._data}/query", params={"q": query})
        rows = await self._all(await self._page(page, request))
        if not rows:
            raise errors.Missing(VENDOR, "there is no record with this id")
        if len(rows) > 1:
            raise errors.Drifted(VENDOR, "several records have the same id")
        return rows[0]

    async def _all(self, page: _wire.Page[_RowT] | None) -> list[_RowT]:
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

    async def _page(
        self, page: type[_wire.Page[_RowT]], request: httpx.Request
    ) -> _wire.Page[_RowT]:
        response = await http.send(self._http, request, _faults.QUERY, write=False)
        return http.parsed(response, page, vendor=VENDOR, otherwise=errors.Drifted)


def _segment(value: str) -> str:
    if not value.strip("."):  # quoting leaves dots, and they would lead to another resource
        raise errors.Missing(VENDOR, "nothing has such an id")
    return quote(value, safe="")


@contextmanager
def _drift(record: str) -> Generator[None]:
    try:
        yield
    except ValidationError as exc:
        detail = f"{record}: {http.misfits(exc)} do not fit"
        raise errors.Drifted(VENDOR, detail) from None  # the original quotes the answer
