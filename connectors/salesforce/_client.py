"""The calls we make to Salesforce. One method per call, one attempt per call."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from datetime import datetime
from http import HTTPStatus
from urllib.parse import quote

import httpx
from pydantic import ValidationError

from canonical.clients import Account, ClientLinks
from canonical.findings import Brief, Finding
from canonical.invoices import Invoice, InvoiceStatus
from canonical.notices import Notices
from canonical.opportunities import Opportunity
from canonical.projects import ProjectCode
from canonical.systems import ForeignId, SystemId
from connectors import auth, errors, http
from connectors.salesforce import _faults, _mapping, _soql, _wire
from connectors.salesforce._changes import Changes
from connectors.salesforce._examination import Examination
from connectors.salesforce._faults import VENDOR
from connectors.salesforce._options import Options
from connectors.salesforce._queries import Queries

_DEAL = (
    *_wire.Opportunity.columns(),
    _soql.children(_wire.LineItem.columns(), "OpportunityLineItems"),
    _soql.children(_wire.ScheduleLine.columns(), "Billing_Schedule_Lines__r"),
)


class Salesforce:
    """One org, over an HTTP client that already carries base URL, auth and timeout."""

    def __init__(
        self,
        http_client: httpx.AsyncClient,
        system: SystemId,
        options: Options | None = None,
        clock: auth.Clock = auth.utc_now,
    ) -> None:
        options = options or Options()
        self._http = http_client
        self._options = options
        self._system = system
        self._data = f"/services/data/{options.api_version}"
        self._queries = Queries(http_client, self._data)
        self._changes = Changes(http_client, system, options, clock)

    async def examine(self, brief: Brief) -> tuple[Finding, ...]:
        """Return what is found of the org. See `ports.Examined`."""
        return await Examination(self._http, self._options, brief).carried_out()

    async def opportunity(self, opportunity: ForeignId) -> Opportunity:
        """Return the deal with its children: one request, and one for each further page.

        One that was deleted is not won, whatever its row in the bin says: another request.
        """
        query, page = _soql.by_id(_DEAL, "Opportunity", opportunity.value), _wire.Page[_wire.Deal]
        try:
            deal = await self._queries.one(page, query)
        except errors.Missing:
            deal = await self._queries.deleted(page, query)
            deal = deal.model_copy(update={"is_won": False})
        items = await self._queries.all(deal.line_items)
        schedule = await self._queries.all(deal.schedule)
        with _drift("Opportunity"):
            return _mapping.opportunity(deal, items, schedule, self._system)

    async def account(self, account: ForeignId) -> Account:
        """Return the account. See `ports.Crm`."""
        query = _soql.by_id(_wire.Account.columns(), "Account", account.value)
        wire = await self._queries.one(_wire.Page[_wire.Account], query)
        with _drift("Account"):
            return _mapping.account(wire, self._system)

    async def changes(self, cursor: str, now: datetime) -> Notices:
        """Return what changed since the cursor, by the org's change events. See `ports.Crm`."""
        del now  # the org's own clock stands in its events
        return await self._changes.since(cursor)

    async def record_client(self, account: ForeignId, links: ClientLinks) -> None:
        """Write the client's ids on its account. Class A: by the account's id."""
        await self._update("Account", account, _mapping.account_links(links))

    async def record_project(
        self, opportunity: ForeignId, codes: Sequence[ProjectCode], status: str
    ) -> None:
        """Write the projects' codes and status on their opportunity. Class A: by its id."""
        await self._update("Opportunity", opportunity, _mapping.delivery(codes, status))

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
