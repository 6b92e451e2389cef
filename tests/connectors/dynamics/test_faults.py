from datetime import timedelta

import httpx
import pytest

from connectors import errors
from connectors.dynamics._faults import classify, explain
from tests.connectors.dynamics.fake_environment import infolog
from tests.connectors.dynamics.house import BATCH, SECRET, USMF, after_token, foreign, opened

Kind = type[errors.ConnectorError]
_BUSY = (
    "This request could not be processed at this time due to system experiencing high resource"
    " utilization. Please retry the request after 7 seconds"
)
_ROUTELESS = "No HTTP resource was found that matches the request URI '…'."


@pytest.mark.parametrize(
    ("answer", "on_read", "on_write"),
    [
        (httpx.Response(401), errors.Unauthorized, errors.Unauthorized),
        (httpx.Response(403), errors.Unauthorized, errors.Unauthorized),
        (httpx.Response(404, json={"error": {}}), errors.Missing, errors.Missing),
        (httpx.Response(404), errors.Drifted, errors.Drifted),
        (httpx.Response(404, html="<h1>Not found</h1>"), errors.Drifted, errors.Drifted),
        (httpx.Response(404, json={"Message": _ROUTELESS}), errors.Drifted, errors.Drifted),
        (httpx.Response(302, headers={"Location": "/"}), errors.Drifted, errors.Drifted),
        (httpx.Response(400), errors.Rejected, errors.Rejected),
        (infolog("validateField failed"), errors.Rejected, errors.Rejected),
        (infolog("No resources were found when selecting"), errors.Missing, errors.Missing),
        (infolog("An update conflict occurred due to"), errors.Transient, errors.Transient),
        (httpx.Response(409), errors.Rejected, errors.Rejected),
        (httpx.Response(412), errors.Rejected, errors.Rejected),
        (httpx.Response(429), errors.Transient, errors.Transient),
        (infolog(_BUSY, 503), errors.Transient, errors.Transient),
        (httpx.Response(500), errors.Transient, errors.Uncertain),
        (infolog("Something broke", 500), errors.Transient, errors.Uncertain),
        (httpx.Response(502, html="<p>Bad gateway"), errors.Transient, errors.Uncertain),
        (httpx.Response(503, html="<p>Unavailable"), errors.Transient, errors.Uncertain),
    ],
)
async def test_an_answer_says_what_to_do(
    answer: httpx.Response, on_read: Kind, on_write: Kind
) -> None:
    async with opened(after_token(lambda _: answer)) as erp:
        with pytest.raises(on_read):
            await erp.find_journals(USMF, BATCH)
        with pytest.raises(on_write):
            await erp.create_journal(USMF, BATCH)


@pytest.mark.parametrize(
    ("failure", "on_write"),
    [
        (httpx.ConnectError, errors.Transient),
        (httpx.ConnectTimeout, errors.Transient),
        (httpx.ReadTimeout, errors.Uncertain),
        (httpx.WriteError, errors.Uncertain),
        (httpx.RemoteProtocolError, errors.Uncertain),
    ],
)
async def test_only_what_never_left_is_safe_to_send_again(
    failure: type[httpx.TransportError], on_write: Kind
) -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise failure(SECRET, request=request)

    async with opened(after_token(fail)) as erp:
        with pytest.raises(errors.Transient):
            await erp.find_journals(USMF, BATCH)
        with pytest.raises(on_write) as caught:
            await erp.create_journal(USMF, BATCH)
    assert SECRET not in str(caught.value)
    assert caught.value.__cause__ is None


async def test_a_torn_answer_is_drift_on_a_read_and_doubt_on_a_write() -> None:
    torn = httpx.Response(200, text=f'{{"value": "{SECRET}')

    async with opened(after_token(lambda _: torn)) as erp:
        with pytest.raises(errors.Drifted) as read:
            await erp.find_journals(USMF, BATCH)
        with pytest.raises(errors.Uncertain) as written:
            await erp.create_journal(USMF, BATCH)
    assert SECRET not in f"{read.value}{written.value}"


async def test_a_row_that_does_not_fit_is_drift_and_not_quoted() -> None:
    rows = {"value": [{"JournalBatchNumber": "1", "Posted": SECRET, "Description": ""}]}

    async with opened(after_token(lambda _: httpx.Response(200, json=rows))) as erp:
        with pytest.raises(errors.Drifted) as caught:
            await erp.find_journals(USMF, BATCH)
    assert SECRET not in str(caught.value)


async def test_a_refusal_keeps_the_infolog_as_its_reason_only() -> None:
    text = "Write failed. Infolog: Warning: The value 'Local' is not found."

    async with opened(after_token(lambda _: infolog(text))) as erp:
        with pytest.raises(errors.Rejected) as caught:
            await erp.discard_journal(USMF, foreign("USMF-000001"))
    assert caught.value.reason == text
    assert "Local" not in str(caught.value)
    assert "cross-company" not in str(caught.value)


@pytest.mark.parametrize(
    ("answer", "wait"),
    [
        (httpx.Response(429, headers={"Retry-After": "17"}), 17),
        (httpx.Response(429, json={"error": {"message": _BUSY}}), 7),
        (httpx.Response(429, json={"error": {"message": _BUSY}}, headers={"Retry-After": "9"}), 9),
        (httpx.Response(429, json={"Message": "wait after 99999 seconds"}), 3600),
        (httpx.Response(429, json={"Message": "exceeded the limit of 52."}), None),
    ],
    ids=["header", "text", "both", "absurd", "neither"],
)
async def test_a_throttle_says_how_long_to_wait(answer: httpx.Response, wait: int | None) -> None:
    async with opened(after_token(lambda _: answer)) as erp:
        with pytest.raises(errors.Transient) as caught:
            await erp.create_journal(USMF, BATCH)
    assert caught.value.retry_after == (None if wait is None else timedelta(seconds=wait))


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (infolog("Infolog: Warning: no.; Error: never."), "Infolog: Warning: no.; Error: never."),
        (httpx.Response(403, json={"error": {"message": "No privilege"}}), "No privilege"),
        (httpx.Response(404, json={"Message": _ROUTELESS}), _ROUTELESS),
        (httpx.Response(502, html="<p>Bad gateway"), ""),
        (httpx.Response(400, json={"error": None}), ""),
        (httpx.Response(400, json=[]), ""),
    ],
)
def test_the_vendors_own_words_are_found_where_it_puts_them(
    answer: httpx.Response, text: str
) -> None:
    assert explain(answer) == text


def test_a_success_has_no_fault_whatever_it_says() -> None:
    answer = httpx.Response(200, json={"error": {"message": _BUSY}})

    assert classify(answer) is None
