from collections.abc import Awaitable, Callable

import httpx
import pytest

from connectors import errors, http
from connectors.salesforce import Salesforce
from connectors.salesforce._faults import classify
from tests.connectors.salesforce.org import (
    SECRET,
    Answer,
    Org,
    connected,
    recorded,
    refusal,
    signed_in,
)
from tests.connectors.salesforce.sample import ACCOUNT, DEAL, LINKS, invoice, posted

Call = Callable[[Salesforce], Awaitable[object]]
EDGE = f"<html><title>We are setting things up</title>{SECRET}</html>"
_TWICE = "duplicate value found: {} duplicates value on record with id: a015f00000Dd1aA"
OUR_KEY_TWICE, ANOTHERS_KEY_TWICE = _TWICE.format("Tiebeam_Key__c"), _TWICE.format("Number__c")
BARE = {"message": "The requested resource does not exist", "errorCode": "NOT_FOUND"}


async def _query(crm: Salesforce) -> object:
    return await crm.account(ACCOUNT)


async def _update(crm: Salesforce) -> None:
    await crm.record_client(ACCOUNT, LINKS)


async def _upsert(crm: Salesforce) -> object:
    return await crm.record_invoice(DEAL, invoice(), posted())


async def _fails(call: Call, answer: Answer) -> errors.ConnectorError:
    async with signed_in(Org(answer)) as crm:
        with pytest.raises(errors.ConnectorError) as caught:
            await call(crm)
    assert SECRET not in str(caught.value)
    assert caught.value.__cause__ is None
    return caught.value


@pytest.mark.parametrize(
    ("answer", "on_query", "on_update", "on_upsert"),
    [
        (refusal(401, "INVALID_SESSION_ID"), "Unauthorized", "Unauthorized", "Unauthorized"),
        (refusal(403, "REQUEST_LIMIT_EXCEEDED"), "Transient", "Transient", "Transient"),
        (refusal(403, "API_DISABLED_FOR_ORG"), "Unauthorized", "Unauthorized", "Unauthorized"),
        (refusal(403, "INSUFFICIENT_ACCESS"), "Unauthorized", "Unauthorized", "Unauthorized"),
        (refusal(400, "UNABLE_TO_LOCK_ROW"), "Transient", "Transient", "Transient"),
        (refusal(400, "QUERY_TIMEOUT"), "Transient", "Uncertain", "Uncertain"),
        (refusal(503, "SERVER_UNAVAILABLE"), "Transient", "Uncertain", "Uncertain"),
        (refusal(500, "UNKNOWN_EXCEPTION"), "Transient", "Uncertain", "Uncertain"),
        (refusal(404, "ENTITY_IS_DELETED"), "Missing", "Missing", "Rejected"),
        (refusal(404, "NOT_FOUND"), "Drifted", "Missing", "Rejected"),
        (httpx.Response(404, json=BARE), "Drifted", "Missing", "Rejected"),
        (refusal(400, "INVALID_FIELD"), "Drifted", "Rejected", "Rejected"),
        (refusal(400, "INVALID_TYPE"), "Drifted", "Rejected", "Rejected"),
        (refusal(400, "MALFORMED_QUERY"), "Drifted", "Rejected", "Rejected"),
        (refusal(400, "INVALID_QUERY_LOCATOR"), "Transient", "Rejected", "Rejected"),
        (refusal(400, "INVALID_QUERY_FILTER_OPERATOR"), "Missing", "Rejected", "Rejected"),
        (refusal(400, "MALFORMED_ID"), "Missing", "Rejected", "Rejected"),
        (refusal(400, "REQUIRED_FIELD_MISSING"), "Rejected", "Rejected", "Rejected"),
        (refusal(400, "DUPLICATE_VALUE"), "Rejected", "Rejected", "Rejected"),
        (
            refusal(400, "DUPLICATE_VALUE", message=OUR_KEY_TWICE),
            "Rejected",
            "Rejected",
            "Transient",
        ),
        (
            refusal(400, "DUPLICATE_VALUE", message=ANOTHERS_KEY_TWICE),
            "Rejected",
            "Rejected",
            "Rejected",
        ),
        (
            refusal(400, "TEXT_TOO_LONG", "UNABLE_TO_LOCK_ROW"),
            "Transient",
            "Transient",
            "Transient",
        ),
        (refusal(412, "PRECONDITION_FAILED"), "Rejected", "Rejected", "Rejected"),
        (refusal(405, "METHOD_NOT_ALLOWED"), "Rejected", "Rejected", "Rejected"),
        (httpx.Response(300, json=[]), "Rejected", "Rejected", "Rejected"),
        (httpx.Response(302, headers={"Location": "/"}), "Drifted", "Drifted", "Drifted"),
        (httpx.Response(401, text=EDGE), "Unauthorized", "Unauthorized", "Unauthorized"),
        (httpx.Response(403, text=EDGE), "Unauthorized", "Unauthorized", "Unauthorized"),
        (httpx.Response(404, text=EDGE), "Drifted", "Drifted", "Drifted"),
        (httpx.Response(404, json={"message": "no Route"}), "Drifted", "Drifted", "Drifted"),
        (refusal(404, "NEW"), "Drifted", "Missing", "Rejected"),
        (httpx.Response(406), "Transient", "Transient", "Transient"),
        (httpx.Response(420, text=EDGE), "Transient", "Transient", "Transient"),
        (httpx.Response(429, text=EDGE), "Transient", "Transient", "Transient"),
        (httpx.Response(500, text=EDGE), "Transient", "Uncertain", "Uncertain"),
        (httpx.Response(502, text=EDGE), "Transient", "Uncertain", "Uncertain"),
        (httpx.Response(503, text=EDGE), "Transient", "Uncertain", "Uncertain"),
        (httpx.ConnectError(SECRET), "Transient", "Transient", "Transient"),
        (httpx.ConnectTimeout(SECRET), "Transient", "Transient", "Transient"),
        (httpx.ReadTimeout(SECRET), "Transient", "Uncertain", "Uncertain"),
        (httpx.WriteError(SECRET), "Transient", "Uncertain", "Uncertain"),
        (httpx.RemoteProtocolError(SECRET), "Transient", "Uncertain", "Uncertain"),
    ],
)
async def test_a_failure_says_what_to_do(
    answer: Answer, on_query: str, on_update: str, on_upsert: str
) -> None:
    outcomes = [await _fails(call, answer) for call in (_query, _update, _upsert)]

    assert [type(error).__name__ for error in outcomes] == [on_query, on_update, on_upsert]


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (httpx.Response(200, json=[{"errorCode": "UNABLE_TO_LOCK_ROW"}]), None),
        (httpx.Response(204), None),
        (httpx.Response(400, json={"errorCode": 7}), errors.Rejected),
        (httpx.Response(400, json=[]), errors.Rejected),
        (httpx.Response(420, json=[{"errorCode": "NEW"}]), errors.Rejected),
        (httpx.Response(400, content=b"\xff\xfe[" * 50_000), errors.Rejected),
    ],
)
def test_only_a_refusal_is_searched_for_codes(answer: httpx.Response, kind: http.Kind) -> None:
    assert classify(answer) is kind


async def test_a_refusal_keeps_the_orgs_own_words_for_the_store_only() -> None:
    refused = refusal(400, "FIELD_CUSTOM_VALIDATION_EXCEPTION", "STRING_TOO_LONG", message=SECRET)

    error = await _fails(_update, refused)

    assert str(error).endswith("/sobjects/Account/0015f00000Xy9ZzAAJ answered 400")
    assert error.reason == (
        f"FIELD_CUSTOM_VALIDATION_EXCEPTION: {SECRET} (Name); STRING_TOO_LONG: {SECRET} (Name)"
    )


async def test_a_duplicate_rule_is_explained_whatever_else_it_tells() -> None:
    refused = httpx.Response(400, content=recorded("duplicates_detected.json"))

    error = await _fails(_update, refused)

    assert type(error) is errors.Rejected
    assert error.reason == "DUPLICATES_DETECTED: Use one of these records?"


async def test_an_edge_page_explains_nothing() -> None:
    assert (await _fails(_query, httpx.Response(503, text=EDGE))).reason == ""


async def test_a_session_that_stays_refused_is_renewed_once() -> None:
    org = Org(refusal(401, "INVALID_SESSION_ID"))

    async with connected(org) as crm:
        with pytest.raises(errors.Unauthorized):
            await crm.account(ACCOUNT)

    assert (len(org.grants), len(org.requests)) == (2, 2)
