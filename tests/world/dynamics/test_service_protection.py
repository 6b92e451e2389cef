import asyncio

import httpx
import pytest

from tests.world.dynamics.firm import SERVICE, Firm, infolog


async def _statuses(firm: Firm, times: int) -> list[int]:
    return [(await firm.get("Currencies")).status_code for _ in range(times)]


async def test_nothing_is_throttled_by_default(firm: Firm) -> None:
    assert set(await _statuses(firm, 60)) == {200}


async def test_too_many_requests_wait_until_the_window_moves(firm: Firm) -> None:
    await firm.settings(throttle_requests=3)

    assert await _statuses(firm, 4) == [200, 200, 200, 429]
    answer = await firm.get("Currencies")

    assert infolog(answer) == (
        "Number of requests exceeded the limit of 3 over the time window of 300 seconds."
    )
    assert 290 <= int(answer.headers["Retry-After"]) <= 300
    await firm.clock("2026-03-15T12:05:10Z")
    assert await _statuses(firm, 1) == [200]


async def test_a_refused_request_does_not_count(firm: Firm) -> None:
    await firm.settings(throttle_requests=1, throttle_window_seconds=60)
    assert await _statuses(firm, 5) == [200, 429, 429, 429, 429]

    await firm.clock("2026-03-15T12:01:10Z")

    assert await _statuses(firm, 1) == [200]


async def test_execution_time_adds_up(firm: Firm) -> None:
    await firm.settings(service_seconds=0.6, throttle_execution_seconds=1)

    assert await _statuses(firm, 3) == [200, 200, 429]
    answer = await firm.get("Currencies")

    assert infolog(answer).startswith(
        "Combined execution time of incoming requests exceeded the limit of 1 seconds over the"
        " time window of 300 seconds."
    )
    assert int(answer.headers["Retry-After"]) > 290


async def test_requests_at_once_are_limited(firm: Firm) -> None:
    await firm.settings(service_seconds=0.2, throttle_concurrent=2)

    answers = await asyncio.gather(*(firm.get("Currencies") for _ in range(3)))

    assert sorted(answer.status_code for answer in answers) == [200, 200, 429]
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert infolog(refused) == "Number of concurrent requests exceeded the limit of 2."
    assert refused.headers["Retry-After"] == "1"
    assert await _statuses(firm, 1) == [200]


async def test_a_busy_server_refuses_everything_until_it_is_not(firm: Firm) -> None:
    await firm.settings(throttle_resource_retry_after=17)
    busy = await firm.get("Currencies")
    await firm.settings(throttle_resource_retry_after=None)

    assert (busy.status_code, busy.headers["Retry-After"]) == (429, "17")
    assert "system experiencing high resource utilization" in infolog(busy)
    assert "Please retry the request after 17 seconds" in infolog(busy)
    assert await _statuses(firm, 1) == [200]


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/data/$batch"), ("POST", f"{SERVICE}/postHourJournal")]
)
async def test_batches_and_services_count_as_one_request(
    firm: Firm, method: str, path: str
) -> None:
    await firm.settings(throttle_requests=1)

    answers: list[httpx.Response] = [await firm.http.request(method, path) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [400, 429]


async def test_a_request_without_a_token_is_unauthorized_and_not_throttled(firm: Firm) -> None:
    await firm.settings(throttle_requests=1)
    await _statuses(firm, 2)

    answer = await firm.http.get("/data/Currencies", headers={"Authorization": ""})

    assert answer.status_code == 401
