import json
from collections.abc import Callable
from decimal import Decimal

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from world.stage import salesforce, wire
from world.stage.calls import Calls, Granted, StageError
from world.stage.keys import Keys

_KEYS = Keys.fresh()
Answer = Callable[[httpx.Request], httpx.Response]


def _calls(answer: Answer, auth: httpx.Auth | None = None) -> Calls:
    client = httpx.AsyncClient(
        base_url="http://crm.test", transport=httpx.MockTransport(answer), auth=auth
    )
    return Calls("crm-main", client)


def _grant() -> httpx.Request:
    return httpx.Request("POST", "http://crm.test/token")


class _Door:
    """Grants tokens one, two, …; `good` is the one that it lets in."""

    def __init__(self, good: str) -> None:
        self._good = good
        self.granted = 0
        self.presented: list[str | None] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/token":
            self.granted += 1
            return httpx.Response(200, json={"access_token": f"token-{self.granted}"})
        presented = request.headers.get("Authorization")
        self.presented.append(presented)
        is_let_in = presented in (None, f"Bearer {self._good}")
        return httpx.Response(200 if is_let_in else 401, json={})


async def test_a_token_is_granted_once_for_many_calls() -> None:
    door = _Door(good="token-1")
    calls = _calls(door, Granted(_grant))

    for _ in range(3):
        await calls.ask("GET", "/rows")

    assert door.granted == 1
    assert door.presented == ["Bearer token-1"] * 3


async def test_a_refused_token_is_renewed_once() -> None:
    door = _Door(good="token-2")
    calls = _calls(door, Granted(_grant))

    await calls.ask("GET", "/rows")

    assert door.presented == ["Bearer token-1", "Bearer token-2"]


async def test_a_token_that_stays_refused_is_a_refusal() -> None:
    calls = _calls(_Door(good="another"), Granted(_grant))

    with pytest.raises(StageError, match="crm-main refuses GET /rows: 401"):
        await calls.ask("GET", "/rows")


async def test_the_admin_door_sees_no_token() -> None:
    door = _Door(good="token-1")

    await _calls(door, Granted(_grant)).ask("GET", "/_admin/health")

    assert door.presented == [None]
    assert door.granted == 0


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (httpx.Response(200, text="<html>"), "answers /rows with no JSON: <html>"),
        (httpx.Response(503, text="busy"), "refuses GET /rows: 503 busy"),
    ],
    ids=["no JSON", "refusal"],
)
async def test_an_answer_that_is_of_no_use_is_told(answer: httpx.Response, says: str) -> None:
    with pytest.raises(StageError, match=says):
        await _calls(lambda _: answer).ask("GET", "/rows")


async def test_an_empty_answer_is_nothing() -> None:
    assert await _calls(lambda _: httpx.Response(204)).ask("PATCH", "/rows", body={}) is None


def _logged(*entries: tuple[str, str]) -> Answer:
    log = [
        {
            "seq": number,
            "operation": operation,
            "body": {"id": f"04l{number}", "object": "Account", "record": record},
        }
        for number, (operation, record) in enumerate(entries, start=1)
    ]

    def answer(request: httpx.Request) -> httpx.Response:
        after = int(request.url.params["after"])
        return httpx.Response(200, json=[e for e in log if int(str(e["seq"])) > after][:2])

    return answer


async def test_the_acknowledged_messages_about_some_records_are_read_from_the_log() -> None:
    answer = _logged(
        ("outbound.acknowledged", "001"),
        ("create", "001"),
        ("outbound.acknowledged", "002"),
        ("outbound.acknowledged", "001"),
    )

    transport = httpx.MockTransport(answer)
    async with salesforce.connect("http://crm.test", _KEYS, transport) as crm:
        told, last = await crm.sent(["001"], 0)
        again, _ = await crm.sent(["001"], last)

    assert [(one.source, one.id, one.about) for one in told] == [
        ("crm-main", "04l1", "Account 001"),
        ("crm-main", "04l4", "Account 001"),
    ]
    assert last == 4
    assert again == []


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4))
def test_decimals_cross_the_wire_with_every_digit(amount: Decimal) -> None:
    text = wire.dumps({"amount": amount, "rows": [amount, (amount,)], "name": 'a"b', "none": None})

    assert json.loads(text, parse_float=Decimal, parse_int=Decimal)["amount"] == amount
    assert Decimal(str(wire.loads(text)["rows"][1][0])) == amount
    assert wire.loads(text)["name"] == 'a"b'
