"""How long a step may take, and how it is tried again; the same for every process."""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

from canonical import systems
from canonical.processes import PROCESSES
from canonical.systems import SystemId

_RETRY = RetryPolicy(
    initial_interval=timedelta(milliseconds=500), maximum_interval=timedelta(minutes=5)
)

# A cancelled step is waited for: what undoes it must not overtake it.
_CANCEL = workflow.ActivityCancellationType.WAIT_CANCELLATION_COMPLETED

# A step in another system heartbeats, so that a killed worker's step moves within seconds.
_CALL = workflow.ActivityConfig(
    schedule_to_close_timeout=timedelta(days=7),  # then a person looks, by way of a case
    start_to_close_timeout=timedelta(minutes=10),
    heartbeat_timeout=timedelta(seconds=5),
    retry_policy=_RETRY,
    cancellation_type=_CANCEL,
)
_RECORD = workflow.ActivityConfig(
    schedule_to_close_timeout=timedelta(days=1),
    start_to_close_timeout=timedelta(seconds=30),
    retry_policy=_RETRY,
    cancellation_type=_CANCEL,
    task_queue=PROCESSES,
)


def call(system: SystemId, summary: str) -> workflow.ActivityConfig:
    """Return the options of a step that touches a system, on that system's own queue."""
    return {**_CALL, "task_queue": systems.task_queue(system), "summary": summary}


def record(summary: str) -> workflow.ActivityConfig:
    """Return the options of a step that touches only the store and the engine."""
    return {**_RECORD, "summary": summary}
