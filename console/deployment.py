"""What a deployment sets up once, and again without harm: schema, mappings, Schedules, budgets."""

from datetime import timedelta

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import RateLimit
from temporalio.api.workflowservice.v1 import UpdateTaskQueueConfigRequest
from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleSpec,
    ScheduleUpdate,
)

from canonical import processes, systems
from canonical.landscape import Landscape, SystemInstance
from canonical.mappings import Mapping
from canonical.processes import PROCESSES, CollectRequest, FollowRequest
from store import mappings as mapping_rows
from store import schema
from store.database import Database


async def prepare_store(database: Database, mappings: tuple[Mapping, ...]) -> None:
    """Bring the schema up to date and add the value mappings that are new."""
    await schema.upgrade(database)
    async with database.transaction() as tx:
        await mapping_rows.add(tx, mappings)


async def prepare_engine(client: Client, landscape: Landscape, *, poll: timedelta) -> None:
    """Poll every PSA and CRM by a Schedule, and hold every system to its budget."""
    for instance in landscape.systems:
        await _budget(client, instance)
        if instance.role in {"crm", "psa"}:
            await _poll(client, instance, every=poll)


async def _poll(client: Client, instance: SystemInstance, *, every: timedelta) -> None:
    schedule_id = processes.collect_id(instance.id)
    schedule = Schedule(
        action=_collecting(instance),
        spec=ScheduleSpec(intervals=[ScheduleIntervalSpec(every=every)]),
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP),
    )
    try:
        await client.create_schedule(schedule_id, schedule)
    except ScheduleAlreadyRunningError:
        handle = client.get_schedule_handle(schedule_id)
        await handle.update(lambda _: ScheduleUpdate(schedule))


def _collecting(instance: SystemInstance) -> ScheduleActionStartWorkflow:
    is_crm = instance.role == "crm"
    what = "changes" if is_crm else "approvals"
    return ScheduleActionStartWorkflow(
        "CollectDeals" if is_crm else "CollectApprovals",
        FollowRequest(crm=instance.id) if is_crm else CollectRequest(psa=instance.id),
        id=processes.collect_id(instance.id),
        task_queue=PROCESSES,
        static_summary=f"Collect {what} from {instance.id}",
    )


async def _budget(client: Client, instance: SystemInstance) -> None:
    steps = instance.requests_per_second / instance.requests_per_step
    limit = RateLimit(requests_per_second=steps)
    request = UpdateTaskQueueConfigRequest(
        namespace=client.namespace,
        identity=client.identity,
        task_queue=systems.task_queue(instance.id),
        task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY,
        update_queue_rate_limit=UpdateTaskQueueConfigRequest.RateLimitUpdate(
            rate_limit=limit, reason="the system's budget in the landscape"
        ),
    )
    await client.workflow_service.update_task_queue_config(request)
