"""The Temporal server examined: namespace, search attributes, Schedules, and who polls."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from temporalio.api.enums.v1 import IndexedValueType, TaskQueueType
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest, DescribeTaskQueueRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from canonical import processes
from canonical.findings import Finding, broken, doubtful, well
from canonical.landscape import Landscape
from canonical.processes import PROCESSES
from runtime import queues
from telemetry import search_attributes

_PATIENCE = timedelta(seconds=5)
_LATELY = timedelta(minutes=2)  # a poll lasts up to a minute
_PREPARE = "run `tiebeam temporal setup`, which can be repeated"
_ACTIVITY = TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY
_WORKFLOW = TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW
_POLLED = ("crm", "psa")


async def examine(client: Client, landscape: Landscape) -> tuple[Finding, ...]:
    """Return what is found of the server; a call that it refuses is a finding."""
    namespace = await _namespace(client)
    if namespace.severity == "broken":
        return (namespace,)
    found = [namespace]
    for what, look in (
        ("search attributes", _search_attributes(client)),
        ("schedules", _schedules(client, landscape)),
        ("pollers", _pollers(client, landscape)),
    ):
        try:
            found += await look
        except RPCError as exc:
            fix = "look into the server's own log, and at the rights of our certificate or key"
            found.append(broken(what, f"cannot be examined: {exc.status.name}", fix))
    return tuple(found)


async def _namespace(client: Client) -> Finding:
    what = f"namespace {client.namespace}"
    request = DescribeNamespaceRequest(namespace=client.namespace)
    try:
        await client.workflow_service.describe_namespace(request, timeout=_PATIENCE)
    except RPCError as exc:
        if exc.status is RPCStatusCode.NOT_FOUND:
            fix = f"temporal operator namespace create --namespace {client.namespace}"
            return broken(what, "is not there", fix)
        fix = "look at TIEBEAM_TEMPORAL_ADDRESS, and at the rights of our certificate or API key"
        return broken(what, f"cannot be examined: {exc.status.name}", fix)
    return well(what, "is there")


async def _search_attributes(client: Client) -> Sequence[Finding]:
    request = ListSearchAttributesRequest(namespace=client.namespace)
    told = await client.operator_service.list_search_attributes(request, timeout=_PATIENCE)
    keyword = IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD
    found: list[Finding] = []
    for key in search_attributes.ALL:
        kind = told.custom_attributes.get(key.name)
        what = f"search attribute {key.name}"
        if kind is None:
            found.append(broken(what, "is not registered: no process can start", _PREPARE))
        elif kind != keyword:
            fix = "remove it, and register it again as Keyword"
            found.append(broken(what, "is registered, but not as Keyword", fix))
    return found or [well("search attributes", f"all {len(search_attributes.ALL)} are registered")]


async def _schedules(client: Client, landscape: Landscape) -> Sequence[Finding]:
    polled = [each.id for each in landscape.systems if each.role in _POLLED]
    return [await _schedule(client, processes.collect_id(system)) for system in polled]


async def _schedule(client: Client, name: str) -> Finding:
    what = f"schedule {name}"
    try:
        told = await client.get_schedule_handle(name).describe(rpc_timeout=_PATIENCE)
    except RPCError as exc:
        if exc.status is not RPCStatusCode.NOT_FOUND:
            raise
        return broken(what, "is not there: nothing that changed is fetched", _PREPARE)
    if told.schedule.state.paused:
        fix = f"temporal schedule toggle --unpause --schedule-id {name} --reason examined"
        return doubtful(what, "is paused: nothing that changed is fetched", fix)
    return well(what, "runs")


async def _pollers(client: Client, landscape: Landscape) -> Sequence[Finding]:
    found = [
        finding
        for queue in queues.everything(landscape).queues
        for kind in ((_WORKFLOW, _ACTIVITY) if queue == PROCESSES else (_ACTIVITY,))
        if (finding := await _queue(client, queue, kind))
    ]
    count = len(queues.everything(landscape).queues)
    return found or [well("workers", f"all {count} task queues are polled")]


async def _queue(client: Client, queue: str, kind: TaskQueueType.ValueType) -> Finding | None:
    request = DescribeTaskQueueRequest(
        namespace=client.namespace, task_queue=TaskQueue(name=queue), task_queue_type=kind
    )
    told = await client.workflow_service.describe_task_queue(request, timeout=_PATIENCE)
    since = datetime.now(UTC) - _LATELY
    if any(poller.last_access_time.ToDatetime(UTC) > since for poller in told.pollers):
        return None
    words = "workflows" if kind == _WORKFLOW else "steps"
    fix = f"start a worker that serves it: python worker.py --queues {queue}"
    return broken(f"task queue {queue}", f"nobody polls it for {words}", fix)
