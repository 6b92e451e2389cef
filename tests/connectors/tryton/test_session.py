import asyncio
import logging
from datetime import timedelta

import httpx
import pytest
from pydantic import SecretStr
from typing_extensions import override

from connectors import errors
from connectors.tryton import connect
from tests.connectors.tryton.firm import Firm
from tests.connectors.tryton.house import DEMF, client, instance, opened, wired

LOGIN = "common.db.login"
SECRET = "hunter2"  # noqa: S105 - a canary, not a password
TOKEN = "0123-token"  # noqa: S105 - likewise
FOUND = {"id": 1, "result": []}


class Answers:
    """Grants numbered sessions unless told otherwise; accepts those in `good`."""

    def __init__(self, *logins: httpx.Response | Exception) -> None:
        self.logins = list(logins)
        self.asked = 0
        self.ended: set[str] = set()
        self.headers: list[str] = []
        self.timeouts: list[object] = []

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0)
        self.timeouts.append(request.extensions.get("timeout"))
        if LOGIN.encode() in request.content:
            self.asked += 1
            answer = self.logins.pop(0) if self.logins else _granted(self.asked)
            if isinstance(answer, Exception):
                raise answer
            return answer
        header = request.headers["Authorization"]
        self.headers.append(header)
        return httpx.Response(401 if header in self.ended else 200, json=FOUND)


def _granted(number: int = 1) -> httpx.Response:
    return httpx.Response(200, json={"id": 0, "result": [3, f"{TOKEN}-{number}", None]})


async def _find(answers: Answers, times: int = 1) -> list[object]:
    credential = {"user": SecretStr("tiebeam"), "password": SecretStr(SECRET)}
    transport = httpx.MockTransport(answers)
    async with connect(instance("http://erp.test"), credential, transport=transport) as erp:
        calls = (erp.find_customers(DEMF, client(1)) for _ in range(times))
        return list(await asyncio.gather(*calls, return_exceptions=True))


async def test_many_calls_at_once_log_in_once() -> None:
    answers = Answers()

    await _find(answers, times=20)

    assert answers.asked == 1
    assert len(set(answers.headers)) == 1
    assert answers.timeouts == [{"connect": 30, "read": 30, "write": 30, "pool": 30}] * len(
        answers.timeouts
    )


async def test_a_session_that_was_ended_by_the_server_is_begun_again(url: str, firm: Firm) -> None:
    async with wired(url) as (erp, wire):
        await erp.find_customers(DEMF, client(1))
        firm.end_sessions("tiebeam")

        found = await asyncio.gather(*(erp.find_customers(DEMF, client(1)) for _ in range(5)))

        assert len(found) == 5
        assert wire.methods.count(LOGIN) == 2


async def test_a_session_that_ends_again_at_once_is_unauthorized() -> None:
    answers = Answers()
    header = "Session dGllYmVhbTozOjAxMjMtdG9rZW4t"
    answers.ended = {f"{header}MQ==", f"{header}Mg=="}

    (failed,) = await _find(answers)

    assert isinstance(failed, errors.Unauthorized)
    assert answers.asked == 2


async def test_a_wrong_password_is_asked_once_whoever_waits_and_comes_later(url: str) -> None:
    wrong = {"user": SecretStr("nobody"), "password": SecretStr(SECRET)}
    seen: list[str] = []

    class Counting(httpx.AsyncHTTPTransport):
        @override
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            seen.append("login" if LOGIN.encode() in request.content else "call")
            return await super().handle_async_request(request)

    async with connect(instance(url), wrong, transport=Counting()) as erp:
        for _ in range(2):
            failed = await asyncio.gather(
                *(erp.find_customers(DEMF, client(1)) for _ in range(3)), return_exceptions=True
            )
            assert [type(each) for each in failed] == [errors.Unauthorized] * 3

    assert seen == ["login"]


@pytest.mark.parametrize(
    ("login", "kind", "wait"),
    [
        (httpx.Response(429), errors.Transient, 60),
        (httpx.Response(429, headers={"Retry-After": "7"}), errors.Transient, 7),
        (httpx.Response(503, html="<h1>busy</h1>"), errors.Transient, None),
        (httpx.ConnectError("no"), errors.Transient, None),
        (httpx.ReadTimeout("slow"), errors.Transient, None),
        (httpx.Response(401, html="<h1>no</h1>"), errors.Unauthorized, None),
        (
            httpx.Response(200, json={"id": 0, "error": ["LoginException", ["password", "", ""]]}),
            errors.Unauthorized,
            None,
        ),
        (
            httpx.Response(200, json={"id": 0, "error": ["the connection is closed", ""]}),
            errors.Transient,
            None,
        ),
        (httpx.Response(404), errors.Transient, None),
        (httpx.Response(200, text="<html>"), errors.Drifted, None),
        (httpx.Response(200, json={"id": 0, "result": None}), errors.Drifted, None),
    ],
    ids=[
        *("429", "429 with a wait", "503", "refused", "slow", "401", "another factor"),
        *("broken", "no database", "a page", "no session"),
    ],
)
async def test_a_login_that_fails_says_what_to_do_and_tells_no_secret(
    login: httpx.Response | Exception,
    kind: type[errors.ConnectorError],
    wait: int | None,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    answers = Answers(login)

    (failed,) = await _find(answers)

    assert type(failed) is kind
    assert failed.retry_after == (None if wait is None else timedelta(seconds=wait))
    assert answers.headers == []
    for told in (str(failed), failed.reason, caplog.text):
        assert SECRET not in told
        assert TOKEN not in told


@pytest.mark.parametrize(
    "login",
    [
        httpx.Response(429),
        httpx.Response(404),
        httpx.Response(200, json={"id": 0, "error": ["database is locked", ""]}),
    ],
    ids=["throttled", "no database", "locked"],
)
async def test_a_login_that_was_not_refused_is_tried_again_by_the_next_call(
    login: httpx.Response,
) -> None:
    answers = Answers(login)
    credential = {"user": SecretStr("tiebeam"), "password": SecretStr(SECRET)}
    async with connect(
        instance("http://erp.test"), credential, transport=httpx.MockTransport(answers)
    ) as erp:
        with pytest.raises(errors.Transient):
            await erp.find_customers(DEMF, client(1))
        with pytest.raises(errors.Rejected):  # there is no company
            await erp.find_customers(DEMF, client(1))

    assert answers.asked == 2


async def test_an_unknown_option_and_a_missing_account_are_refused() -> None:
    with pytest.raises(ValueError, match="axis"):
        async with opened("http://erp.test", axis="X"):
            pass
    bare = instance("http://erp.test").model_copy(update={"options": {}})
    with pytest.raises(ValueError, match="cost_account"):
        async with connect(bare, {"user": SecretStr(""), "password": SecretStr("")}):
            pass
