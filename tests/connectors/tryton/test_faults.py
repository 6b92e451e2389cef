import logging

import httpx
import pytest

from canonical.postings import BatchId
from connectors import errors
from connectors.tryton import Tryton
from tests.connectors.tryton.firm import LOGIN, Firm
from tests.connectors.tryton.house import (
    CUSTOMER_CODES,
    DEMF,
    DOMESTIC,
    a_deal,
    client,
    next_number,
    opened,
)

GRANTED = {"id": 0, "result": [3, "token", None]}
CANARY = "hunter2"
_BUSINESS = ["UserError", [f"The code {CANARY} is wrong.", "", None]]
_NO_RIGHTS = ["UserError", ['You are not allowed to access "Party".', f"Within: {CANARY}", None]]
_NO_BUTTON = ["UserError", ['Calling button "post on "Invoice" is not allowed.', "", None]]
_NO_WIZARD = ["UserError", ['You are not allowed to execute wizard "Credit".', "", None]]
_WARNING = ["UserWarning", ["0a1b.invoice_similar", f"Similar to {CANARY}", ""]]


def _error(*said: object) -> httpx.Response:
    return httpx.Response(200, json={"id": 1, "error": [*said]})


BOTH = [
    (_error(*_BUSINESS), errors.Rejected, errors.Rejected),
    (_error(*_NO_RIGHTS), errors.Unauthorized, errors.Unauthorized),
    (_error(*_NO_BUTTON), errors.Unauthorized, errors.Unauthorized),
    (_error(*_NO_WIZARD), errors.Unauthorized, errors.Unauthorized),
    (_error(*_WARNING), errors.Rejected, errors.Rejected),
    (_error("ConcurrencyException", "Records were modified"), errors.Transient, errors.Transient),
    (_error("RateLimitException", ""), errors.Transient, errors.Transient),
    (_error("LoginException", ["password", "", ""]), errors.Unauthorized, errors.Unauthorized),
    (_error("'external_id'", ""), errors.Drifted, errors.Drifted),
    (_error(f"no such column {CANARY}", ""), errors.Drifted, errors.Drifted),
    (_error("database is locked", ""), errors.Uncertain, errors.Transient),
    (httpx.Response(401), errors.Unauthorized, errors.Unauthorized),
    (httpx.Response(400, html=CANARY), errors.Drifted, errors.Drifted),
    (httpx.Response(403, html=CANARY), errors.Drifted, errors.Drifted),
    (httpx.Response(404, html=CANARY), errors.Drifted, errors.Drifted),
    (httpx.Response(413), errors.Rejected, errors.Rejected),
    (httpx.Response(422), errors.Drifted, errors.Drifted),
    (httpx.Response(429), errors.Transient, errors.Transient),
    (httpx.Response(503, html=CANARY), errors.Uncertain, errors.Transient),
    (httpx.Response(504), errors.Uncertain, errors.Transient),
    (httpx.Response(302, headers={"Location": "/x"}), errors.Drifted, errors.Drifted),
    (httpx.Response(200, html=f"<h1>{CANARY}</h1>"), errors.Uncertain, errors.Drifted),
    (httpx.Response(200), errors.Uncertain, errors.Drifted),
    (httpx.Response(200, content=b'{"id":1,"result":[{"id'), errors.Uncertain, errors.Drifted),
    (httpx.Response(200, content=b'{"id":1,"error":["UserErr'), errors.Uncertain, errors.Drifted),
    (httpx.Response(200, json={"id": 1}), errors.Uncertain, errors.Drifted),
    (httpx.Response(200, json=[1]), errors.Uncertain, errors.Drifted),
    (httpx.Response(200, json={"id": 1, "result": 7}), errors.Uncertain, errors.Drifted),
    (
        httpx.Response(200, json={"id": 1, "result": [{"id": "x"}]}),
        errors.Uncertain,
        errors.Drifted,
    ),
    (
        httpx.Response(
            200, json={"id": 1, "result": [{"id": 1, "rate": {"__class__": "Decimal"}}]}
        ),
        errors.Uncertain,
        errors.Drifted,
    ),
    (httpx.ConnectError("refused"), errors.Transient, errors.Transient),
    (httpx.ReadTimeout(CANARY), errors.Uncertain, errors.Transient),
    (httpx.RemoteProtocolError(CANARY), errors.Uncertain, errors.Transient),
]
WRITES = [(answer, write) for answer, write, _ in BOTH]
READS = [(answer, read) for answer, _, read in BOTH]


def _answering(answer: httpx.Response | Exception, *, to: bytes) -> httpx.MockTransport:
    """Return a server with one record of everything that answers so to one method."""
    day = {"__class__": "date", "year": 2026, "month": 1, "day": 1}
    record = {
        "id": 1,
        "state": "open",
        "start_date": day,
        "end_date": day,
        "party.": {"code": "DEMF"},
        "currency": 1,
        "currency.": {"code": "EUR", "rounding": {"__class__": "Decimal", "decimal": "0.01"}},
    }

    def handle(request: httpx.Request) -> httpx.Response:
        if b"common.db.login" in request.content:
            return httpx.Response(200, json=GRANTED)
        if to not in request.content:
            return httpx.Response(200, json={"id": 1, "result": [record]})
        if isinstance(answer, Exception):
            raise answer
        headers = {name: answer.headers[name] for name in ("Location",) if name in answer.headers}
        return httpx.Response(answer.status_code, content=answer.content, headers=headers)

    return httpx.MockTransport(handle)


@pytest.mark.parametrize(("answer", "kind"), WRITES, ids=range(len(WRITES)))
async def test_a_write_that_fails_says_what_to_do(
    answer: httpx.Response | Exception,
    kind: type[errors.ConnectorError],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    transport = _answering(answer, to=b"account.move.create")
    async with opened("http://erp.test", transport) as erp:
        with pytest.raises(errors.ConnectorError) as caught:
            await _create_journal(erp)

    assert type(caught.value) is kind or (
        kind is errors.Rejected and isinstance(caught.value, errors.Rejected)
    )
    assert CANARY not in str(caught.value)
    assert CANARY not in caplog.text


@pytest.mark.parametrize(("answer", "kind"), READS, ids=range(len(READS)))
async def test_a_read_that_fails_says_what_to_do(
    answer: httpx.Response | Exception, kind: type[errors.ConnectorError]
) -> None:
    transport = _answering(answer, to=b"party.party.search_read")
    async with opened("http://erp.test", transport) as erp:
        with pytest.raises(kind) as caught:
            await erp.find_customers(DEMF, client(1))

    assert CANARY not in str(caught.value)


async def test_rights_that_were_taken_away_are_not_the_records_fault(
    erp: Tryton, firm: Firm
) -> None:
    deal = await a_deal(erp)
    (user,) = firm.rows("res.user", [["login", "=", LOGIN]], "groups")
    firm.call("res.user.write", [user["id"]], {"groups": [["remove", user["groups"]]]})

    try:
        with pytest.raises(errors.Unauthorized) as caught:
            await erp.create_invoice(deal.invoice(), deal.customer, DOMESTIC)
    finally:
        firm.call("res.user.write", [user["id"]], {"groups": [["add", user["groups"]]]})

    assert "not allowed to access" in caught.value.reason


async def test_a_refusals_words_are_its_reason_and_not_its_text() -> None:
    transport = _answering(_error(*_BUSINESS), to=b"party.party.search_read")
    async with opened("http://erp.test", transport) as erp:
        with pytest.raises(errors.Rejected) as caught:
            await erp.find_customers(DEMF, client(1))

    assert caught.value.reason == f"The code {CANARY} is wrong."


async def test_a_warning_that_comes_again_after_each_yes_is_refused_at_last() -> None:
    warning = _error("UserWarning", ["0a1b.invoice_payment_term", "again", ""])
    transport = _answering(warning, to=b"account.move.create")
    async with opened("http://erp.test", transport) as erp:
        with pytest.raises(errors.Rejected, match="without end"):
            await _create_journal(erp)


async def test_a_database_that_a_real_server_cannot_open_is_asked_for_again(url: str) -> None:
    async with opened(url, database="nowhere") as erp:
        with pytest.raises(errors.Transient):
            await erp.find_customers(DEMF, client(1))


async def test_what_the_firm_sets_up_after_a_refusal_is_found(url: str, firm: Firm) -> None:
    number = next_number()
    codes = CUSTOMER_CODES.model_copy(update={"customer_group": f"group {number}"})
    async with opened(url) as erp:
        with pytest.raises(errors.Rejected):
            await erp.create_customer(DEMF, client(number), codes)
        firm.create("party.category", name=codes.customer_group)

        created = await erp.create_customer(DEMF, client(number), codes)

    assert created.value == client(number).id


async def _create_journal(erp: Tryton) -> None:
    await erp.create_journal(DEMF, BatchId("erp-tryton/DEMF/0/1"))
