"""Business events, from a real server to an endpoint that listens: at least once, unordered."""

import asyncio
import re
import shutil
import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest_asyncio

from tests.world.dynamics.endpoint import Endpoint
from tests.world.dynamics.firm import ACCOUNTS, Firm, Row
from tests.world.processes import Server, free_port

_POSTED = "CustFreeTextInvoicePostedBusinessEvent"
_PAID = "CustPaymentPostedBusinessEvent"
_TEST = "BusinessEventsTestEndpointContract"


@pytest_asyncio.fixture
async def firm(set_up_once: Path, tmp_path: Path) -> AsyncIterator[Firm]:
    data = Path(shutil.copy(set_up_once, tmp_path / "erp.db"))
    with Server("world.sandboxes", "dynamics", data=data) as server:
        async with httpx.AsyncClient(base_url=server.url, trust_env=False) as http:
            firm = Firm(http)
            await firm.sign_in()
            await firm.settings(
                business_event_retry_seconds=0.05, business_event_test_message=False
            )
            yield firm


async def _activate(firm: Firm, *events: tuple[str, str], url: str) -> httpx.Response:
    wanted = [{"event": event, "legal_entity": company, "url": url} for event, company in events]
    return await firm.http.put("/_admin/business_events", json=wanted)


async def _queued(firm: Firm) -> list[Row]:
    return list((await firm.http.get("/_admin/business_events")).json())


async def _until(firm: Firm, *states: str) -> list[Row]:
    deadline = time.monotonic() + 15
    while [each["state"] for each in await _queued(firm)] != list(states):
        assert time.monotonic() < deadline, await _queued(firm)
        await asyncio.sleep(0.02)
    return await _queued(firm)


async def _post(firm: Firm, company: str = "usmf", currency: str = "USD") -> Row:
    line = {"TransactionCurrencyAmount": 1000}
    header = {"dataAreaId": company, "CurrencyCode": currency, "SalesTaxGroupId": "US"}
    posted = await firm.post_invoice(await firm.invoice(line, **header), company)
    assert posted["Success"], posted
    return posted


async def test_tells_of_an_invoice_that_is_posted(firm: Firm) -> None:
    with Endpoint() as endpoint:
        await _activate(firm, (_POSTED, "usmf"), url=endpoint.url)

        posted = await _post(firm)

        (event,) = await endpoint.heard(1)
        await _until(firm)
    assert endpoint.media_types == {"application/json; charset=utf-8"}
    assert {name: event[name] for name in (
        "BusinessEventId", "BusinessEventLegalEntity", "LegalEntity", "InvoiceAccount",
        "InvoiceId", "InvoiceDate", "InvoiceAmountInAccountingCurrency", "InvoiceTaxAmount",
        "MajorVersion", "MinorVersion", "ContextRecordSubject", "ParentContextRecordSubjects",
    )} == {
        "BusinessEventId": _POSTED,
        "BusinessEventLegalEntity": "USMF",
        "LegalEntity": "usmf",
        "InvoiceAccount": "US-001",
        "InvoiceId": posted["InvoiceNumber"],
        "InvoiceDate": "/Date(1774915200000)/",
        "InvoiceAmountInAccountingCurrency": 1100,
        "InvoiceTaxAmount": 100,
        "MajorVersion": 0,
        "MinorVersion": 0,
        "ContextRecordSubject": "",
        "ParentContextRecordSubjects": [],
    }  # fmt: skip
    assert re.fullmatch(r"[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}", event["EventId"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z", event["EventTimeIso8601"])


async def test_control_numbers_rise_and_event_ids_differ(firm: Firm) -> None:
    with Endpoint() as endpoint:
        await _activate(firm, (_POSTED, ""), url=endpoint.url)

        for company, currency in (("usmf", "USD"), ("demf", "EUR"), ("usmf", "USD")):
            await _post(firm, company, currency)
            await _until(firm)

        events = await endpoint.heard(3)
    numbers = [event["ControlNumber"] for event in events]
    assert numbers == sorted(set(numbers))
    assert len({event["EventId"] for event in events}) == 3


async def test_only_an_active_event_of_an_active_company_is_sent(firm: Firm) -> None:
    with Endpoint() as endpoint:
        await _activate(firm, (_POSTED, "demf"), (_PAID, ""), url=endpoint.url)

        await _post(firm)

        assert await _queued(firm) == []


async def test_a_refused_posting_tells_nobody(firm: Firm) -> None:
    await _activate(firm, (_POSTED, ""), url=f"http://127.0.0.1:{free_port()}")
    invoice = await firm.invoice()

    refused = await firm.post_invoice(invoice)

    assert not refused["Success"]
    assert await _queued(firm) == []


async def test_three_tries_and_then_the_error_queue_until_it_is_sent_again(firm: Firm) -> None:
    with Endpoint(500, 503, 404, 200) as endpoint:
        await _activate(firm, (_POSTED, ""), url=endpoint.url)

        await _post(firm)
        (failed,) = await _until(firm, "error")
        tried = len(endpoint.events)
        await firm.http.post("/_admin/business_events")
        events = await endpoint.heard(4)
        await _until(firm)

    assert (failed["tries"], tried) == (3, 3)
    assert len({event["EventId"] for event in events}) == 1


async def test_an_endpoint_that_is_slow_is_told_again(firm: Firm) -> None:
    await firm.settings(business_event_timeout_seconds=0.1)
    with Endpoint(seconds=0.3) as endpoint:
        await _activate(firm, (_POSTED, ""), url=endpoint.url)

        await _post(firm)

        assert (await _until(firm, "error"))[0]["tries"] == 3


async def test_an_event_may_come_again_and_late(firm: Firm) -> None:
    await firm.settings(business_event_copies=2, business_events_newest_first=True)
    with Endpoint(*[500] * 4, 200) as endpoint:
        await firm.settings(business_event_retry_seconds=0.5)
        await _activate(firm, (_POSTED, ""), url=endpoint.url)

        await asyncio.gather(_post(firm), _post(firm))
        await _until(firm)

        ids = [event["EventId"] for event in endpoint.events[-4:]]
    assert len(set(ids)) == 2
    assert all(ids.count(each) == 2 for each in ids)


async def test_a_new_activation_is_tried_once(firm: Firm) -> None:
    await firm.settings(business_event_test_message=True)
    with Endpoint() as endpoint:
        await _activate(firm, (_POSTED, "usmf"), url=endpoint.url)
        await _activate(firm, (_POSTED, "usmf"), url=endpoint.url)

        await _until(firm)
        (event,) = await endpoint.heard(1)
    assert event["BusinessEventId"] == _TEST
    assert event["ControlNumber"] == 0


async def test_an_event_outlives_a_server_that_is_killed(set_up_once: Path, tmp_path: Path) -> None:
    data = Path(shutil.copy(set_up_once, tmp_path / "erp.db"))
    with Server("world.sandboxes", "dynamics", data=data) as server, Endpoint(500, 200) as endpoint:
        async with httpx.AsyncClient(base_url=server.url, trust_env=False) as http:
            firm = Firm(http)
            await firm.sign_in()
            await firm.settings(business_event_test_message=False, business_event_retry_seconds=1)
            await _activate(firm, (_POSTED, ""), url=endpoint.url)
            await _post(firm)
            await endpoint.heard(1)
            server.kill()
            server.start()

            first, again = await endpoint.heard(2)

    assert first == again


async def test_tells_whose_payment_was_posted(firm: Firm) -> None:
    await firm.create("MainAccounts", ChartOfAccounts="Shared", MainAccountId="110110")
    await firm.company(accounts=ACCOUNTS | {"bank": "110110"})
    with Endpoint() as endpoint:
        await _activate(firm, (_PAID, "usmf"), url=endpoint.url)
        posted = await _post(firm)
        paid = {"dataAreaId": "usmf", "invoice": posted["InvoiceNumber"], "amount": "100.50",
                "date": "2026-04-10"}  # fmt: skip

        await firm.http.post("/_admin/payments", json=paid)

        (event,) = await endpoint.heard(1)
    assert (event["CustomerAccount"], event["LegalEntity"]) == ("US-001", "usmf")
    assert (event["PaymentAmount"], event["CurrencyCode"]) == (100.5, "USD")


async def test_the_catalog_lists_what_can_be_activated(firm: Firm) -> None:
    rows = await firm.rows("BusinessEventsCatalogs")

    assert [row["BusinessEventId"] for row in rows] == [_POSTED, _PAID]
    assert (await firm.post("BusinessEventsCatalogs", BusinessEventId="X")).status_code == 403


async def test_an_activation_that_cannot_be_is_refused(firm: Firm) -> None:
    unknown = await _activate(firm, ("NoSuchBusinessEvent", ""), url="http://127.0.0.1:1")
    many = await _activate(firm, *[(_POSTED, "")] * 11, url="http://127.0.0.1:1")
    nowhere = await _activate(firm, (_POSTED, ""), url="mailto:x")

    assert unknown.json() == {"error": "not in the catalog: NoSuchBusinessEvent"}
    assert many.json() == {"error": f"{_POSTED} has 11 endpoints; at most 10 are allowed"}
    assert nowhere.status_code == 400
