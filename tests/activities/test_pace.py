"""R-043: a step that makes many requests keeps to the budget by itself."""

import asyncio

from activities.pace import Pace


async def _seconds_of(turns: int, *, requests_per_second: int, requests: int = 1) -> float:
    pace, loop = Pace(requests_per_second), asyncio.get_running_loop()
    began = loop.time()
    for _ in range(turns):
        await pace.turn(requests)
    return loop.time() - began


async def test_turns_are_no_closer_than_the_budget_allows() -> None:
    assert await _seconds_of(6, requests_per_second=50) >= 5 / 50


async def test_a_turn_of_two_requests_takes_the_room_of_two() -> None:
    assert await _seconds_of(4, requests_per_second=50, requests=2) >= 6 / 50


async def test_what_is_slower_than_the_budget_never_waits() -> None:
    pace, loop = Pace(2), asyncio.get_running_loop()
    await pace.turn()
    await asyncio.sleep(0.55)
    began = loop.time()

    await pace.turn()

    assert loop.time() - began < 0.4
