"""A system's budget is its queue's, not a worker's: it is set once, and all workers share it."""

import asyncio
import time
from datetime import timedelta
from uuid import uuid4

from temporalio import activity
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Worker

from canonical.landscape import Landscape
from canonical.systems import SystemId, task_queue
from console import deployment
from tests.fakes import CRM

_PER_SECOND = 10
_STEPS = 60
_BURST = 2 * _PER_SECOND  # of the bucket, in its first second


async def test_two_workers_of_a_queue_make_no_more_calls_than_one_may(
    client: Client, landscape: Landscape
) -> None:
    at = list[float]()

    @activity.defn(name="counted")
    async def counted() -> None:
        at.append(time.monotonic())

    crm = landscape.system(CRM)
    budget = {"requests_per_second": _PER_SECOND, "requests_per_step": 1}
    shared = crm.model_copy(update={"id": SystemId(f"crm-{uuid4()}"), **budget})
    only = landscape.model_copy(update={"systems": (shared,)})
    await deployment.prepare_engine(client, only, poll=timedelta(hours=1), deployment="tests")
    queue = task_queue(shared.id)
    other = await Client.connect(
        client.service_client.config.target_host, data_converter=pydantic_data_converter
    )
    first, second = (
        Worker(each, task_queue=queue, activities=[counted]) for each in (client, other)
    )

    async with first, second:
        steps = [
            client.execute_activity(
                counted,
                id=f"{queue}-{number}",
                task_queue=queue,
                start_to_close_timeout=timedelta(seconds=30),
            )
            for number in range(_STEPS)
        ]
        await asyncio.gather(*steps)

    took = max(at) - min(at)
    assert len(at) == _STEPS
    assert took >= (_STEPS - _BURST) / _PER_SECOND * 0.9
