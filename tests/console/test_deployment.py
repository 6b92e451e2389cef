"""What a deployment sets up is there once, however often it is set up."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client, ScheduleActionStartWorkflow, ScheduleHandle
from temporalio.service import RPCError

import settings
import starter
from canonical.landscape import Landscape
from canonical.processes import PROCESSES
from canonical.systems import task_queue
from console import deployment, embedded, schedules
from console.embedded import Ports
from settings import Settings
from store import mappings, schema
from store.database import Database
from tests.fakes import CRM, ERP, PSA

_LOOKS = 100


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
        await deployment.prepare_engine(client, deployed, poll=every, deployment="tests")

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

    await deployment.prepare_engine(client, deployed, poll=timedelta(hours=1), deployment="tests")

    handle = client.get_schedule_handle("collect:crm-deployed")
    action = (await handle.describe()).schedule.action
    await handle.delete()
    assert isinstance(action, ScheduleActionStartWorkflow)
    assert (action.workflow, action.id) == ("CollectDeals", "collect:crm-deployed")


async def test_a_system_may_be_polled_less_often_than_the_others(
    client: Client, landscape: Landscape
) -> None:
    often, rarely = timedelta(seconds=5), timedelta(minutes=1)
    crm = landscape.system(CRM).model_copy(update={"id": "crm-deployed", "poll_every": rarely})
    deployed = landscape.model_copy(update={"systems": (crm,)})

    await deployment.prepare_engine(client, deployed, poll=often, deployment="tests")

    handle = client.get_schedule_handle("collect:crm-deployed")
    spec = (await handle.describe()).schedule.spec
    await handle.delete()
    assert [each.every for each in spec.intervals] == [rarely]


async def test_a_budget_is_divided_by_the_most_requests_that_a_step_makes(
    client: Client, deployed: Landscape, polling: ScheduleHandle
) -> None:
    del polling  # ends the Schedule
    (psa,) = deployed.systems
    budget = {"requests_per_second": 30, "requests_per_step": 12}
    frugal = deployed.model_copy(update={"systems": (psa.model_copy(update=budget),)})

    await deployment.prepare_engine(client, frugal, poll=timedelta(hours=1), deployment="tests")

    request = DescribeTaskQueueRequest(
        namespace=client.namespace,
        task_queue=TaskQueue(name=task_queue(psa.id)),
        task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY,
        report_config=True,
    )
    told = await client.workflow_service.describe_task_queue(request)
    assert told.config.queue_rate_limit.rate_limit.requests_per_second == pytest.approx(2.5)


async def test_what_a_person_paused_stays_paused(
    client: Client, deployed: Landscape, polling: ScheduleHandle
) -> None:
    hour = timedelta(hours=1)
    await schedules.prepare(client, deployed, poll=hour, deployment="tests")
    await polling.pause(note="the PSA moves house")

    done = await schedules.prepare(client, deployed, poll=2 * hour, deployment="tests")

    schedule = (await polling.describe()).schedule
    assert (schedule.state.paused, schedule.state.note) == (True, "the PSA moves house")
    assert [each.every for each in schedule.spec.intervals] == [2 * hour]
    assert [line for line in done if "stays paused" in line]


async def test_a_system_that_left_the_landscape_is_polled_no_more(
    client: Client, deployed: Landscape, polling: ScheduleHandle
) -> None:
    hour = timedelta(hours=1)
    await schedules.prepare(client, deployed, poll=hour, deployment="tests")
    nobody = deployed.model_copy(update={"systems": ()})

    of_others = await schedules.prepare(client, nobody, poll=hour, deployment="another")
    for _ in range(_LOOKS):  # until the list of Schedules, which comes later, has it
        ours = await schedules.prepare(client, nobody, poll=hour, deployment="tests")
        if ours:
            break
        await asyncio.sleep(0.1)

    assert of_others == ()
    assert "schedule collect:psa-deployed: removed, the landscape has no such system" in ours
    with pytest.raises(RPCError):
        await polling.describe()


async def test_a_namespace_is_set_up_by_a_command(
    client: Client, landscape: Landscape, tmp_path: Path
) -> None:
    ports = Ports(dict.fromkeys([each.id for each in landscape.systems], 1))
    variables = embedded.environment(tmp_path, ports, Settings().landscape, landscape)
    address = {"TIEBEAM_TEMPORAL_ADDRESS": client.service_client.config.target_host}
    more = {"TIEBEAM_POLL_SECONDS": "3600", "TIEBEAM_DEPLOYMENT": "command"}

    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(starter.ROOT / "starter.py"), "temporal", "setup"),
        env=os.environ | variables | address | more,
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await process.communicate()

    assert process.returncode == 0
    lines = said.decode().splitlines()
    assert lines[0] == "search attributes: there"
    assert f"schedule collect:{PSA}: created, every 3600 s" in lines
    assert b"budget of erp-main: " in said
    for system in (CRM, PSA):
        await client.get_schedule_handle(f"collect:{system}").delete()
