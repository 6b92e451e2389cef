import asyncio
import logging
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from pydantic import SecretStr
from typing_extensions import override

from connectors import auth, errors, http

SECRET = "hunter2"  # noqa: S105 - a canary, not a password
DIALECT = http.Dialect("acme", http.by_status, lambda _: "")
Answer = Callable[[httpx.Request], Coroutine[None, None, httpx.Response]]


class Grants(auth.GrantedToken):
    """Asks for a token with a secret in the form."""

    @override
    def grant_request(self) -> httpx.Request:
        return httpx.Request("POST", "https://acme.test/token", data={"secret": SECRET})


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


class Acme:
    """Grants numbered tokens and accepts those in `good`; everything takes a moment."""

    def __init__(self, *grants: httpx.Response | Exception) -> None:
        self.grants = list(grants)
        self.good = {f"{SECRET}-{number}" for number in range(1, 100)}
        self.asked = 0
        self.seen: list[str] = []
        self.timeouts: list[object] = []

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0)
        self.timeouts.append(request.extensions.get("timeout"))
        if request.url.path != "/token":
            token = request.headers["Authorization"].removeprefix("Bearer ")
            self.seen.append(token)
            return httpx.Response(200 if token in self.good else 401)
        self.asked += 1
        answer = self.grants.pop(0) if self.grants else _token(self.asked)
        if isinstance(answer, Exception):
            raise answer
        return answer


def _token(number: int = 1, **members: object) -> httpx.Response:
    return httpx.Response(200, json={"access_token": f"{SECRET}-{number}", **members})


def _client(acme: Answer, clock: auth.Clock = auth.utc_now) -> httpx.AsyncClient:
    transport = httpx.MockTransport(acme)
    return httpx.AsyncClient(auth=Grants("acme", clock), transport=transport, timeout=3)


async def _call(client: httpx.AsyncClient, *, write: bool = False) -> httpx.Response:
    request = client.build_request("POST", "https://acme.test/bills")
    return await http.send(client, request, DIALECT, write=write)


async def test_many_requests_at_once_cause_one_grant() -> None:
    acme = Acme()

    async with _client(acme) as client:
        await asyncio.gather(*(_call(client) for _ in range(20)))

    assert acme.asked == 1
    assert acme.seen == [f"{SECRET}-1"] * 20


async def test_many_requests_whose_token_is_refused_cause_one_renewal() -> None:
    acme = Acme()

    async with _client(acme) as client:
        await _call(client)
        acme.good.remove(f"{SECRET}-1")
        await asyncio.gather(*(_call(client, write=True) for _ in range(20)))

    assert acme.asked == 2
    assert acme.seen.count(f"{SECRET}-2") == 20


async def test_a_token_that_is_refused_twice_is_unauthorized_and_no_loop() -> None:
    acme = Acme()
    acme.good.clear()

    async with _client(acme) as client:
        with pytest.raises(errors.Unauthorized):
            await _call(client)

    assert acme.asked == 2
    assert acme.seen == [f"{SECRET}-1", f"{SECRET}-2"]


async def test_whoever_waits_for_a_grant_that_is_refused_asks_no_second_time() -> None:
    acme = Acme(httpx.Response(400, json={"error": "invalid_grant"}))

    async with _client(acme) as client:
        calls = [_call(client, write=True) for _ in range(20)]
        outcomes = await asyncio.gather(*calls, return_exceptions=True)
        later = await _call(client)

    assert {type(outcome) for outcome in outcomes} == {errors.Unauthorized}
    assert later.status_code == 200
    assert acme.asked == 2


async def test_a_call_that_is_cancelled_while_it_asks_leaves_the_others_to_ask() -> None:
    acme = Acme()

    async with _client(acme) as client:
        first, second = [asyncio.create_task(_call(client)) for _ in range(2)]
        await asyncio.sleep(0)
        first.cancel()
        outcomes = await asyncio.gather(first, second, return_exceptions=True)

    assert isinstance(outcomes[0], asyncio.CancelledError)
    assert isinstance(outcomes[1], httpx.Response)


@pytest.mark.parametrize(
    ("life", "waited", "grants"),
    [(3600, 3539, 1), (3600, 3540, 2), (None, 1739, 1), (None, 1740, 2), (60, 29, 1), (60, 30, 2)],
)
async def test_a_token_is_renewed_before_the_vendor_calls_it_expired(
    life: int | None, waited: int, grants: int
) -> None:
    clock = Clock()
    acme = Acme(_token(**({"expires_in": life} if life else {})))

    async with _client(acme, clock) as client:
        await _call(client)
        clock.now += timedelta(seconds=waited)
        await _call(client)

    assert acme.asked == grants


@pytest.mark.parametrize(
    ("answer", "kind", "detail"),
    [
        (
            httpx.Response(400, json={"error": "invalid_grant"}),
            errors.Unauthorized,
            "invalid_grant",
        ),
        (httpx.Response(401, json={"error": "invalid_client"}), errors.Unauthorized, "401"),
        (httpx.Response(200, json={"error": "inactive_org"}), errors.Unauthorized, "inactive_org"),
        (httpx.Response(404, text="<html>"), errors.Unauthorized, "answered 404"),
        (httpx.Response(302), errors.Unauthorized, "answered 302"),
        (
            httpx.Response(400, json={"error": "rate_limit_exceeded"}),
            errors.Transient,
            "rate_limit",
        ),
        (httpx.Response(420, text="<html>"), errors.Transient, "answered 420"),
        (httpx.Response(429), errors.Transient, "answered 429"),
        (httpx.Response(503, text="<html>"), errors.Transient, "answered 503"),
        (httpx.Response(200, text="<html>"), errors.Drifted, "without a token"),
        (httpx.Response(200, json={"access_token": None}), errors.Drifted, "without a token"),
        (_token(expires_in=10**20), errors.Drifted, "without a token"),
    ],
)
async def test_a_token_endpoint_that_grants_nothing_says_what_to_do(
    answer: httpx.Response, kind: http.Kind, detail: str
) -> None:
    async with _client(Acme(answer)) as client:
        with pytest.raises(kind, match=detail):
            await _call(client, write=True)


async def test_a_throttled_grant_says_how_long_to_wait() -> None:
    throttled = httpx.Response(429, headers={"Retry-After": "7"})

    async with _client(Acme(throttled)) as client:
        with pytest.raises(errors.Transient) as caught:
            await _call(client)

    assert caught.value.retry_after == timedelta(seconds=7)


@pytest.mark.parametrize("failure", [httpx.ConnectError, httpx.ReadTimeout, httpx.ReadError])
async def test_a_lost_token_answer_before_a_write_leaves_the_write_unsent(
    failure: type[httpx.RequestError],
) -> None:
    acme = Acme(failure(SECRET))

    async with _client(acme) as client:
        with pytest.raises(errors.Transient):
            await _call(client, write=True)
        await _call(client, write=True)

    assert len(acme.seen) == 1


async def test_a_lost_answer_after_a_renewal_leaves_the_write_in_doubt() -> None:
    acme = Acme()
    acme.good.clear()

    async def lose(request: httpx.Request) -> httpx.Response:
        if request.headers.get("Authorization", "").endswith("-2"):
            raise httpx.ReadError(SECRET)
        return await acme(request)

    async with _client(lose) as client:
        with pytest.raises(errors.Uncertain):
            await _call(client, write=True)


async def test_a_grant_takes_no_longer_than_any_other_request() -> None:
    acme = Acme()

    async with _client(acme) as client:
        await _call(client)

    assert acme.timeouts == [httpx.Timeout(3).as_dict()] * 2


@pytest.mark.parametrize(
    "answer",
    [
        _token(),
        httpx.Response(400, json={"error": f"no {SECRET}", "error_description": SECRET}),
        httpx.Response(400, text=SECRET, headers={"X-Secret": SECRET}),
        httpx.Response(200, json={"token": SECRET}),
        httpx.ReadError(SECRET),
    ],
    ids=["granted", "refused", "text", "drifted", "lost"],
)
async def test_no_secret_reaches_an_error_or_a_log(
    answer: httpx.Response | Exception, caplog: pytest.LogCaptureFixture
) -> None:
    acme = Acme(answer)
    acme.good.clear()
    caplog.set_level(logging.DEBUG)

    async with _client(acme) as client:
        with pytest.raises(errors.ConnectorError) as caught:
            await _call(client, write=True)

    assert SECRET not in str(caught.value) + caught.value.reason + caplog.text
    assert caught.value.__cause__ is None


async def test_a_static_token_is_sent_as_it_is() -> None:
    acme = Acme()
    bearer = auth.BearerToken(SecretStr("never-expires"))
    acme.good.add("never-expires")

    async with httpx.AsyncClient(auth=bearer, transport=httpx.MockTransport(acme)) as client:
        await _call(client)

    assert (acme.asked, acme.seen) == (0, ["never-expires"])
