"""What a real Tryton cannot be made to answer; all else is tried on one."""

import json
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal

import httpx
import pytest

from world.stage import tryton_api
from world.stage.calls import StageError

_SIGNED_IN = {"id": 0, "result": [1, "token", None]}
_SECRET = "hunter2-hunter2"  # noqa: S105 - nobody's


def _answering(*answers: object) -> Callable[[httpx.Request], httpx.Response]:
    waiting = [_SIGNED_IN, *answers]

    def answer(_: httpx.Request) -> httpx.Response:
        found = waiting.pop(0)
        return found if isinstance(found, httpx.Response) else httpx.Response(200, json=found)

    return answer


async def _called(answer: Callable[[httpx.Request], httpx.Response], *params: object) -> object:
    transport = httpx.MockTransport(answer)
    async with tryton_api.connect("http://erp.test", "d", "admin", _SECRET, transport) as session:
        return await session.call("party.party.read", *params)


async def test_values_are_sent_and_heard_exactly() -> None:
    values = [
        Decimal("1.10"),
        date(2026, 6, 30),
        datetime(2026, 6, 30, 1, 2, 3, 4),  # noqa: DTZ001 - Tryton's have no zone
        timedelta(hours=1, microseconds=1),
        None,
        "text",
    ]
    requests: list[httpx.Request] = []

    def echo(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        told = json.loads(request.content)["params"]
        result = told[:-1] if len(requests) > 1 else _SIGNED_IN["result"]
        return httpx.Response(200, json={"id": 0, "result": result})

    assert await _called(echo, *values) == values
    assert json.loads(requests[1].content)["params"][0] == {
        "__class__": "Decimal",
        "decimal": "1.10",
    }


async def test_a_fraction_is_heard_as_it_is_written() -> None:
    written = httpx.Response(200, content=b'{"id": 0, "result": 6.6666670}')

    assert str(await _called(_answering(written))) == "6.6666670"


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (httpx.Response(502, text="<html>Bad gateway"), "party.party.read: 502 <html>Bad gateway"),
        (httpx.Response(200, text='{"id": 0, "resu'), 'with no JSON: {"id": 0, "resu'),
        (
            {"error": ["UserError", ["No such party.", "Look.", None]]},
            "UserError: No such party. L",
        ),
        ({"error": ["'external_id'", ""]}, "refuses party.party.read: 'external_id': "),
        ({"error": ["ConcurrencyException", "Modified"]}, "ConcurrencyException: Modified"),
    ],
    ids=["gateway", "torn", "refusal", "exception", "concurrency"],
)
async def test_what_is_no_answer_is_told_in_tryton_s_words(answer: object, says: str) -> None:
    with pytest.raises(StageError) as told:
        await _called(_answering(answer))

    assert says in str(told.value)


async def test_a_session_that_is_refused_twice_is_told() -> None:
    refused = httpx.Response(401)

    with pytest.raises(StageError, match=r"party\.party\.read: 401"):
        await _called(_answering(refused, _SIGNED_IN, refused))


async def test_a_password_that_is_refused_is_never_shown() -> None:
    def refuse(_: httpx.Request) -> httpx.Response:
        return httpx.Response(401, text=_SECRET)

    with pytest.raises(StageError, match="does not let admin in: 401") as told:
        await _called(refuse)

    assert _SECRET not in str(told.value)


async def test_a_tryton_that_is_down_is_named() -> None:
    async with tryton_api.connect("http://127.0.0.1:9", "d", "a", _SECRET, None) as session:
        with pytest.raises(StageError, match=r"erp-tryton at http://127\.0\.0\.1:9 does not"):
            await session.select("party.party", [], [])


async def test_pages_are_read_to_the_end() -> None:
    page = [{"id": number} for number in range(1000)]
    rest = [{"id": 1000}]
    transport = httpx.MockTransport(_answering({"result": page}, {"result": rest}))

    async with tryton_api.connect("http://erp.test", "d", "a", _SECRET, transport) as session:
        found = await session.select("party.party", [], [])

    assert [one["id"] for one in found] == list(range(1001))
