from urllib.parse import unquote

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from canonical.invoices import InvoiceStatus
from canonical.projects import ProjectCode
from connectors import errors
from tests.connectors.salesforce.org import (
    Org,
    body,
    connected,
    foreign,
    recorded,
    refusal,
    signed_in,
)
from tests.connectors.salesforce.sample import ACCOUNT, DEAL, LINKS, invoice, money, posted

DONE = httpx.Response(204)


def _upserted(status: int) -> httpx.Response:
    return httpx.Response(status, content=recorded("upserted.json"))


async def test_a_client_is_written_on_its_account() -> None:
    org = Org(DONE)

    async with signed_in(org) as crm:
        await crm.record_client(ACCOUNT, LINKS)

    [request] = org.requests
    assert (request.method, request.url.path) == (
        "PATCH",
        "/services/data/v60.0/sobjects/Account/0015f00000Xy9ZzAAJ",
    )
    assert request.headers["Content-Type"] == "application/json"
    assert body(request) == {
        "Tiebeam_Client__c": "CL-00001",
        "Erp_Customer__c": "C-00001",
        "Psa_Client__c": "7001",
    }


async def test_a_project_is_written_on_its_opportunity() -> None:
    org = Org(DONE)

    async with signed_in(org) as crm:
        await crm.record_project(DEAL, [ProjectCode("P-00001")], "Active")

    [request] = org.requests
    assert request.url.path == "/services/data/v60.0/sobjects/Opportunity/0065f00000A1b2CAAR"
    assert body(request) == {"Project_Code__c": "P-00001", "Delivery_Status__c": "Active"}


@pytest.mark.parametrize("status", [200, 201])
async def test_an_invoice_is_upserted_under_our_reference(status: int) -> None:
    org = Org(_upserted(status))

    async with signed_in(org) as crm:
        row = await crm.record_invoice(DEAL, invoice(), posted())

    [request] = org.requests
    assert request.method == "PATCH"
    assert request.url.raw_path == (
        b"/services/data/v60.0/sobjects/Invoice__c/Tiebeam_Key__c/CT-00001%2F1%2F1"
    )
    assert body(request) == {
        "Name": "FTI-00000001",
        "Opportunity__c": "0065f00000A1b2CAAR",
        "Number__c": "FTI-00000001",
        "Status__c": "Posted",
        "Invoice_Date__c": "2026-03-31",
        "Net__c": "2480.00",
        "Tax__c": "204.60",
        "Gross__c": "2684.60",
        "Balance__c": "0.00",
        "CurrencyIsoCode": "USD",
    }
    assert row == foreign("a015f00000Dd1aAAAR")


async def test_an_invoice_without_a_number_goes_by_our_reference() -> None:
    org = Org(_upserted(201))
    draft = InvoiceStatus(state="draft", net=money("1"), tax=money("0"), line_count=1)

    async with signed_in(org) as crm:
        await crm.record_invoice(DEAL, invoice(), draft)

    sent = body(org.requests[0])
    assert (sent["Name"], sent["Status__c"]) == ("CT-00001/1/1", "Draft")
    assert (sent["Number__c"], sent["Balance__c"]) == (None, None)


@pytest.mark.parametrize("net", ["12345678901234567.89", "0.07", "90071992547409.93"])
async def test_an_amount_leaves_as_a_number_with_every_digit(net: str) -> None:
    org = Org(_upserted(201))

    async with signed_in(org) as crm:
        await crm.record_invoice(DEAL, invoice(), posted(net))

    assert f'"Net__c":{net},'.encode() in org.requests[0].content


@settings(max_examples=50)
@given(st.text(min_size=1).filter(lambda text: text.strip(".")), st.text())
async def test_an_id_cannot_leave_its_path(record: str, number: str) -> None:
    org = Org(DONE, _upserted(201))

    async with signed_in(org) as crm:
        await crm.record_client(foreign(record), LINKS)
        await crm.record_invoice(DEAL, invoice(number), posted())

    row, upsert = (request.url.raw_path.split(b"/") for request in org.requests)
    assert row[:-1] == b"/services/data/v60.0/sobjects/Account".split(b"/")
    assert upsert[:-1] == b"/services/data/v60.0/sobjects/Invoice__c/Tiebeam_Key__c".split(b"/")
    assert unquote(row[-1].decode()) == record
    assert unquote(upsert[-1].decode()) == f"{number}/1"


@pytest.mark.parametrize("record", ["", ".", ".."])
async def test_an_id_of_dots_is_nobodys(record: str) -> None:
    org = Org(DONE)

    async with signed_in(org) as crm:
        with pytest.raises(errors.Missing):
            await crm.record_client(foreign(record), LINKS)
    assert org.requests == []


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, text="<html>maintenance</html>"),
        httpx.Response(200, json={"id": "a015f00000Dd1aAAAR", "success": False, "errors": []}),
        httpx.Response(201, json={"id": "none", "success": True}),
        httpx.Response(201, content=recorded("upserted.json")[:20]),
        httpx.Response(204),
    ],
    ids=["html", "no-success", "no-id", "cut", "empty"],
)
async def test_an_upsert_whose_answer_is_no_answer_is_in_doubt(answer: httpx.Response) -> None:
    async with signed_in(Org(answer)) as crm:
        with pytest.raises(errors.Uncertain):
            await crm.record_invoice(DEAL, invoice(), posted())


async def test_an_update_that_is_not_answered_as_one_is_in_doubt() -> None:
    async with signed_in(Org(httpx.Response(200, text="<html>maintenance</html>"))) as crm:
        with pytest.raises(errors.Uncertain):
            await crm.record_client(ACCOUNT, LINKS)


async def test_a_session_that_expired_is_renewed_and_the_write_sent_again() -> None:
    org = Org(refusal(401, "INVALID_SESSION_ID"), DONE)

    async with connected(org) as crm:
        await crm.record_project(DEAL, [ProjectCode("P-00001")], "Active")

    assert len(org.grants) == 2
    assert org.requests[0].content == org.requests[1].content
