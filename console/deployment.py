"""What a deployment sets up once, and again without harm: schema, mappings, namespace, budgets."""

from datetime import timedelta

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import RateLimit
from temporalio.api.workflowservice.v1 import UpdateTaskQueueConfigRequest
from temporalio.client import Client

from canonical import systems
from canonical.landscape import Landscape, SystemInstance
from canonical.mappings import Mapping
from console import namespace, schedules
from store import mappings as mapping_rows
from store import schema
from store.database import Database
from telemetry import search_attributes


async def prepare_store(database: Database, mappings: tuple[Mapping, ...]) -> None:
    """Bring the schema up to date and add the value mappings that are new."""
    await schema.upgrade(database)
    async with database.transaction() as tx:
        await mapping_rows.add(tx, mappings)


async def prepare_engine(
    client: Client, landscape: Landscape, *, poll: timedelta, deployment: str
) -> tuple[str, ...]:
    """Register search attributes, poll CRMs and PSAs by Schedules, hold systems to budgets.

    Returns what was done, a line each.

    Raises:
        NamespaceError: the namespace is missing, or cannot take the search attributes.
    """
    added = await namespace.register(client, search_attributes.ALL)
    done = [f"search attributes: added {', '.join(added)}" if added else "search attributes: there"]
    done += await schedules.prepare(client, landscape, poll=poll, deployment=deployment)
    for instance in landscape.systems:
        done.append(await _budget(client, instance))
    return tuple(done)


async def _budget(client: Client, instance: SystemInstance) -> str:
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
    return f"budget of {instance.id}: {steps:g} steps a second"
