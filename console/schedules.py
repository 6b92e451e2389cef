"""The Schedules of a deployment: one polls each CRM and PSA, none what left the landscape."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

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
    ScheduleUpdateInput,
)

from canonical import processes
from canonical.landscape import Landscape, SystemInstance
from canonical.processes import PROCESSES, CollectRequest, FollowRequest

_DEPLOYMENT = "tiebeam-deployment"  # the memo by which we know our own
_MISSED = timedelta(minutes=1)  # older ticks are made up for by the next one


async def prepare(
    client: Client, landscape: Landscape, *, poll: timedelta, deployment: str
) -> tuple[str, ...]:
    """Create, update and remove Schedules until they are the landscape's; say what was done.

    What a person paused stays paused. Only Schedules of the same deployment are removed.
    """
    polled = [each for each in landscape.systems if each.role in {"crm", "psa"}]
    done = [await _poll(client, each, each.poll_every or poll, deployment) for each in polled]
    wanted = {processes.collect_id(each.id) for each in polled}
    async for left in _of(client, deployment):
        if left not in wanted:
            await client.get_schedule_handle(left).delete()
            done.append(f"schedule {left}: removed, the landscape has no such system")
    return tuple(done)


async def _poll(client: Client, instance: SystemInstance, every: timedelta, deployment: str) -> str:
    name, wanted = processes.collect_id(instance.id), _schedule(instance, every)
    try:
        await client.create_schedule(name, wanted, memo={_DEPLOYMENT: deployment})
    except ScheduleAlreadyRunningError:

        def updated(told: ScheduleUpdateInput) -> ScheduleUpdate:
            return ScheduleUpdate(replace(wanted, state=told.description.schedule.state))

        await client.get_schedule_handle(name).update(updated)
        described = await client.get_schedule_handle(name).describe()
        paused = ", and stays paused" if described.schedule.state.paused else ""
        return f"schedule {name}: every {every.total_seconds():g} s, as it was or updated{paused}"
    return f"schedule {name}: created, every {every.total_seconds():g} s"


def _schedule(instance: SystemInstance, every: timedelta) -> Schedule:
    return Schedule(
        action=_collecting(instance),
        spec=ScheduleSpec(intervals=[ScheduleIntervalSpec(every=every)]),
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=_MISSED),
    )


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


async def _of(client: Client, deployment: str) -> AsyncIterator[str]:
    async for each in await client.list_schedules():
        if await each.memo_value(_DEPLOYMENT, None) == deployment:
            yield each.id
