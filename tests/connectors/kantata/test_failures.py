"""What goes wrong between us and Kantata, and what every call says about it."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from canonical.clients import ClientId
from canonical.invoices import Reference
from canonical.projects import ProjectCode
from connectors import errors
from connectors.kantata import Kantata
from tests.connectors.kantata.records import (
    client,
    homes,
    invoice,
    kantata,
    money,
    project,
    psa_id,
    status,
    term,
)
from tests.connectors.kantata.server import Server

Call = Callable[[Kantata], Awaitable[object]]
Kind = type[errors.ConnectorError]

SECRET = "hunter2"  # noqa: S105 - a canary, not a password
NOW = datetime(2026, 2, 10, tzinfo=UTC)
ENTRIES = (psa_id("101"),)
ENTRY = {
    "workspace_id": "10",
    "user_id": "2",
    "date_performed": "2026-01-12",
    "time_in_minutes": 480,
    "billable": True,
    "currency": "USD",
    "currency_base_unit": 100,
}
READS: dict[str, Call] = {
    "find_client": lambda psa: psa.find_client(ClientId("CL-00001")),
    "find_project": lambda psa: psa.find_project(ProjectCode("PR-00001")),
    "find_milestones": lambda psa: psa.find_milestones([term()]),
    "find_invoice": lambda psa: psa.find_invoice(Reference("CT-00001/1/1")),
    "changes": lambda psa: psa.changes("", NOW),
    "approved_time": lambda psa: psa.approved_time(psa_id("1"), 1),
    "milestone_reached": lambda psa: psa.milestone_reached(psa_id("1")),
}
WRITES: dict[str, Call] = {
    "create_client": lambda psa: psa.create_client(client()),
    "create_project": lambda psa: psa.create_project(project(), psa_id("1")),
    "create_milestones": lambda psa: psa.create_milestones(psa_id("1"), [term()]),
    "archive_project": lambda psa: psa.archive_project(psa_id("1")),
    "record_invoice": lambda psa: psa.record_invoice(
        homes(PR_00001="1"), invoice(money("1.00")), status(), ENTRIES
    ),
}
reads = pytest.mark.parametrize("call", READS.values(), ids=READS.keys())
writes = pytest.mark.parametrize("call", WRITES.values(), ids=WRITES.keys())
every = pytest.mark.parametrize("call", (READS | WRITES).values(), ids=(READS | WRITES).keys())


async def _fails(
    call: Call, answer: httpx.Response | Callable[[httpx.Request], httpx.Response]
) -> errors.ConnectorError:
    sent: list[httpx.Request] = []

    def answers(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return answer if isinstance(answer, httpx.Response) else answer(request)

    async with kantata(answers) as psa:
        with pytest.raises(errors.ConnectorError) as caught:
            await call(psa)
    tried = [(request.method, request.url.path) for request in sent]
    assert len(tried) == len(set(tried)), "one attempt per call"
    return caught.value


def _refusal(code: int, kind: str, message: str = "No.") -> httpx.Response:
    return httpx.Response(code, json={"errors": [{"type": kind, "message": message}]})


REFUSALS: list[tuple[int, str, Kind, Kind]] = [
    (400, "system", errors.Rejected, errors.Rejected),
    (400, "oauth", errors.Unauthorized, errors.Unauthorized),
    (401, "oauth", errors.Unauthorized, errors.Unauthorized),
    (403, "system", errors.Unauthorized, errors.Unauthorized),
    (422, "validation", errors.Rejected, errors.Rejected),
    (429, "system", errors.Transient, errors.Transient),
    (500, "system", errors.Transient, errors.Uncertain),
    (503, "system", errors.Transient, errors.Uncertain),
    (504, "system", errors.Transient, errors.Uncertain),
]


@reads
@pytest.mark.parametrize(("code", "kind", "on_read", "_"), REFUSALS)
async def test_a_refused_read_says_what_to_do(
    call: Call, code: int, kind: str, on_read: Kind, _: Kind
) -> None:
    assert type(await _fails(call, _refusal(code, kind))) is on_read


@pytest.mark.parametrize("name", ["approved_time", "create_milestones", "record_invoice"])
async def test_what_kantata_says_is_not_there_is_missing(name: str) -> None:
    call = (READS | WRITES)[name]

    assert type(await _fails(call, _refusal(404, "system"))) is errors.Missing


@pytest.mark.parametrize("name", sorted(READS.keys() - {"approved_time"}))
async def test_an_index_is_never_missing(name: str) -> None:
    failure = await _fails(READS[name], _refusal(404, "system"))

    assert type(failure) is errors.Drifted
    assert failure.reason == "No."


@pytest.mark.parametrize("index", ["time_entries", "external_references"])
async def test_an_approved_timesheet_is_not_void_for_want_of_an_index(index: str) -> None:
    server = Server()
    sheet = server.put(
        "timesheet_submissions",
        status="approved",
        current_resolution_creator_id="3",
        current_resolution_created_at_date="2026-01-19T09:00:00-08:00",
    )
    server.put("time_entries", **ENTRY, active_submission_id=sheet)

    def without(request: httpx.Request) -> httpx.Response:
        is_gone = request.url.path.endswith(index)
        return _refusal(404, "system") if is_gone else server(request)

    async with kantata(without) as psa:
        with pytest.raises(errors.Drifted):
            await psa.approved_time(psa_id(sheet), 1)


NOT_KANTATAS = {
    "html": "<html>404 page not found</html>",
    "gateway": '{"message":"no Route matched with those values"}',
    "no-reason": '{"errors":[]}',
    "empty": "",
}


@every
@pytest.mark.parametrize("text", NOT_KANTATAS.values(), ids=NOT_KANTATAS.keys())
async def test_only_kantata_itself_can_say_that_a_record_is_not_there(
    call: Call, text: str
) -> None:
    failure = await _fails(call, httpx.Response(404, text=text))

    assert type(failure) is errors.Drifted


@writes
@pytest.mark.parametrize(("code", "kind", "_", "on_write"), REFUSALS)
async def test_a_refused_write_says_what_to_do(
    call: Call, code: int, kind: str, _: Kind, on_write: Kind
) -> None:
    assert type(await _fails(call, _refusal(code, kind))) is on_write


@every
async def test_a_bare_throttle_gives_no_time_to_wait(call: Call) -> None:
    failure = await _fails(call, httpx.Response(429))

    assert isinstance(failure, errors.Transient)
    assert failure.retry_after is None


async def test_a_time_to_wait_is_passed_on_should_there_be_one() -> None:
    failure = await _fails(
        WRITES["create_client"], httpx.Response(429, headers={"Retry-After": "7"})
    )

    assert failure.retry_after == timedelta(seconds=7)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (
            b'{"errors":[{"message":"Needs a title","field":"title"},{"message":"Busy"}]}',
            "title: Needs a title; Busy",
        ),
        (b'{"error_message":"No such currency"}', "No such currency"),
        (b"<html>Bad gateway</html>", ""),
        (b'{"errors":"all of them"}', ""),
        (b"", ""),
    ],
    ids=["errors", "error_message", "html", "another-shape", "empty"],
)
async def test_the_vendors_own_words_are_a_reason_and_never_the_text(
    body: bytes, reason: str
) -> None:
    failure = await _fails(WRITES["create_project"], httpx.Response(422, content=body))

    assert failure.reason == reason
    assert str(failure) == "kantata: POST /api/v1/workspaces answered 422"


@every
@pytest.mark.parametrize("token", ["another", ""])
async def test_a_token_that_is_not_known_is_unauthorized(call: Call, token: str) -> None:
    async with kantata(Server(), token=token) as psa:
        with pytest.raises(errors.Unauthorized):
            await call(psa)


TRANSPORT: list[tuple[type[httpx.TransportError], Kind]] = [
    (httpx.ConnectError, errors.Transient),
    (httpx.ConnectTimeout, errors.Transient),
    (httpx.PoolTimeout, errors.Transient),
    (httpx.ReadTimeout, errors.Uncertain),
    (httpx.WriteError, errors.Uncertain),
    (httpx.RemoteProtocolError, errors.Uncertain),
]


@reads
@pytest.mark.parametrize(("broken", "_"), TRANSPORT)
async def test_a_read_that_breaks_can_be_tried_again(
    call: Call, broken: type[httpx.TransportError], _: Kind
) -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise broken(SECRET, request=request)

    assert type(await _fails(call, fail)) is errors.Transient


@writes
@pytest.mark.parametrize(("broken", "on_write"), TRANSPORT)
async def test_a_write_that_may_have_arrived_is_uncertain(
    call: Call, broken: type[httpx.TransportError], on_write: Kind
) -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise broken(SECRET, request=request)

    failure = await _fails(call, fail)

    assert type(failure) is on_write
    assert SECRET not in str(failure)
    assert failure.__cause__ is None


GARBAGE = {
    "html": f"<html>{SECRET}</html>",
    "truncated": f'{{"count":1,"results":[{{"key":"{SECRET}","id',
    "no-results": f'{{"count":0,"meta":{{}},"{SECRET}":1}}',
    "another-shape": f'["{SECRET}"]',
    "empty": "",
}
garbage = pytest.mark.parametrize("text", GARBAGE.values(), ids=GARBAGE.keys())


@reads
@garbage
async def test_an_unreadable_answer_to_a_read_is_drift(call: Call, text: str) -> None:
    failure = await _fails(call, httpx.Response(200, text=text))

    assert type(failure) is errors.Drifted
    assert SECRET not in f"{failure}{failure.reason}"


@writes
@garbage
async def test_an_unreadable_answer_to_a_write_is_doubt(call: Call, text: str) -> None:
    failure = await _fails(call, httpx.Response(200, text=text))

    assert type(failure) is errors.Uncertain
    assert SECRET not in f"{failure}{failure.reason}"


@writes
@pytest.mark.parametrize("results", [[], [{"key": "users", "id": "1"}]], ids=["none", "another"])
async def test_a_write_that_answers_with_no_such_record_is_doubt(
    call: Call, results: list[dict[str, str]]
) -> None:
    failure = await _fails(call, httpx.Response(200, json={"count": 1, "results": results}))

    assert type(failure) is errors.Uncertain


async def test_a_redirect_is_not_followed() -> None:
    moved = httpx.Response(302, headers={"Location": "https://login.test/"})

    assert type(await _fails(READS["find_client"], moved)) is errors.Drifted


@every
async def test_no_failure_quotes_what_was_asked(call: Call) -> None:
    failure = await _fails(call, _refusal(422, "validation", SECRET))

    for quoted in ("CL-00001", "PR-00001", "CT-00001", "Acme", "Bearer", "?", SECRET):
        assert quoted not in str(failure)
    assert failure.vendor == "kantata"
