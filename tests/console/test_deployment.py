"""What a deployment sets up is there once, however often it is set up."""

from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta

import pytest
import pytest_asyncio
from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client, ScheduleActionStartWorkflow, ScheduleHandle
from temporalio.service import RPCError

import settings
from canonical.landscape import Landscape
from canonical.processes import PROCESSES
from canonical.systems import task_queue
from console import deployment
from settings import Settings
from store import mappings, schema
from store.database import Database
from tests.fakes import CRM, ERP, PSA


@pytest.fixture
def deployed(landscape: Landscape) -> Landscape:
    """Return a landscape of one PSA, whose budget no other test lives on."""
    psa = landscape.system(PSA).model_copy(update={"id": "psa-deployed"})
    return landscape.model_copy(update={"systems": (psa,)})


@pytest_asyncio.fixture
async def polling(client: Client) -> AsyncIterator[ScheduleHandle]:
    """Return the Schedule of the PSA's polls; it ends with the test."""
    handle = client.get_schedule_handle("collect:psa-deployed")
    yield handle
    with suppress(RPCError):
        await handle.delete()


async def test_a_store_is_prepared_once(database: Database) -> None:
    shipped = settings.load_mappings(Settings().mappings)
    async with database.reading() as tx:
        before = await mappings.of_system(tx, ERP)

    await deployment.prepare_store(database, shipped)

    assert await schema.differences(database) == []
    async with database.reading() as tx:
        assert await mappings.of_system(tx, ERP) == before
        assert await mappings.add(tx, shipped) == 0


async def test_a_psa_is_polled_by_one_schedule(
    client: Client, deployed: Landscape, polling: ScheduleHandle
) -> None:
    for hours in (1, 2):
        every = timedelta(hours=hours)
        await deployment.prepare_engine(client, deployed, poll=every)

    schedule = (await polling.describe()).schedule
    action = schedule.action
    assert isinstance(action, ScheduleActionStartWorkflow)
    assert (action.workflow, action.task_queue) == ("CollectApprovals", PROCESSES)
    assert [each.every for each in schedule.spec.intervals] == [timedelta(hours=2)]


async def test_a_crm_is_followed_by_a_schedule_of_its_own(
    client: Client, landscape: Landscape
) -> None:
    crm = landscape.system(CRM).model_copy(update={"id": "crm-deployed"})
    deployed = landscape.model_copy(update={"systems": (crm,)})

    await deployment.prepare_engine(client, deployed, poll=timedelta(hours=1))

    handle = client.get_schedule_handle("collect:crm-deployed")
    action = (await handle.describe()).schedule.action
    await handle.delete()
    assert isinstance(action, ScheduleActionStartWorkflow)
    assert (action.workflow, action.id) == ("CollectDeals", "collect:crm-deployed")


async def test_a_budget_is_divided_by_the_most_requests_that_a_step_makes(
    client: Client, deployed: Landscape, polling: ScheduleHandle
) -> None:
    del polling  # ends the Schedule
    (psa,) = deployed.systems
    budget = {"requests_per_second": 30, "requests_per_step": 12}
    frugal = deployed.model_copy(update={"systems": (psa.model_copy(update=budget),)})

    await deployment.prepare_engine(client, frugal, poll=timedelta(hours=1))

    request = DescribeTaskQueueRequest(
        namespace=client.namespace,
        task_queue=TaskQueue(name=task_queue(psa.id)),
        task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY,
        report_config=True,
    )
    told = await client.workflow_service.describe_task_queue(request)
    assert told.config.queue_rate_limit.rate_limit.requests_per_second == pytest.approx(2.5)
