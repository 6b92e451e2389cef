"""Every step in another system shows that it is alive, and only while it runs."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest
from temporalio import activity
from temporalio.client import Client
from temporalio.testing import ActivityEnvironment
from temporalio.worker import Worker

from activities import heartbeats


@activity.defn(name="slow-read")
async def _slow_read() -> str:
    await asyncio.sleep(2.5)
    return "answered"


async def test_a_slow_read_is_not_taken_for_dead(client: Client) -> None:
    queue = f"slow-{uuid4()}"
    worker = Worker(
        client,
        task_queue=queue,
        activities=[_slow_read],
        interceptors=[heartbeats.Heartbeats()],
        max_heartbeat_throttle_interval=timedelta(milliseconds=500),
    )

    async with worker:
        answer = await client.execute_activity(
            _slow_read,
            id=queue,
            task_queue=queue,
            start_to_close_timeout=timedelta(seconds=20),
            heartbeat_timeout=timedelta(seconds=2),
        )

    assert answer == "answered"


async def test_a_step_under_way_is_heard_of() -> None:
    heard = asyncio.Event()
    environment = ActivityEnvironment()
    environment.on_heartbeat = lambda *_: heard.set()

    async def step() -> None:
        async with heartbeats.beating():
            await asyncio.wait_for(heard.wait(), timeout=5)

    await environment.run(step)
    assert heard.is_set()


@pytest.mark.parametrize("error", [LookupError, asyncio.CancelledError])
async def test_a_step_that_ends_falls_silent_however_it_ends(error: type[BaseException]) -> None:
    running = asyncio.all_tasks()

    async def step() -> None:
        async with heartbeats.beating():
            raise error

    with pytest.raises(error):
        await ActivityEnvironment().run(step)
    assert asyncio.all_tasks() == running
