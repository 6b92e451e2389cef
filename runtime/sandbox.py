"""The sandbox in which workflows run: deterministic, and no dearer than it must be."""

from collections.abc import Sequence
from typing import Any

from temporalio.converter import SerializationContext, StorageDriverStoreContext
from temporalio.worker import WorkflowInstance, WorkflowInstanceDetails, WorkflowRunner
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions
from typing_extensions import override

# What workflows share; it has no state, so that runs cannot meet in it.
SHARED = ("closing", "options", "parking", "renewal", "telling", "together")
# Our own packages are deterministic or unused inside workflows, so the sandbox need not load
# them anew for every run; workflows themselves stay inside.
_PASSED_THROUGH = (
    *("activities", "canonical", "connectors", "policies", "store", "telemetry", "stdnum"),
    *(f"workflows.{name}" for name in SHARED),
)
_NOWHERE = StorageDriverStoreContext(target=None)


class Sandbox(WorkflowRunner):
    """The SDK's sandbox, which is not entered to ask what nobody wants to know.

    The SDK asks each run for the context of every payload, five times over, and each time the
    sandbox is set up and left again: two fifths of what workflows cost the worker. Contexts are
    for codecs that want one and for external storage, and we have neither.
    """

    def __init__(self) -> None:
        restrictions = SandboxRestrictions.default.with_passthrough_modules(*_PASSED_THROUGH)
        self._inner = SandboxedWorkflowRunner(restrictions=restrictions)

    @override
    def prepare_workflow(self, defn: Any) -> None:
        self._inner.prepare_workflow(defn)

    @override
    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        return _Instance(self._inner.create_instance(det))

    @override
    def set_worker_level_failure_exception_types(
        self, types: Sequence[type[BaseException]]
    ) -> None:
        self._inner.set_worker_level_failure_exception_types(types)


class _Instance(WorkflowInstance):
    def __init__(self, inner: WorkflowInstance) -> None:
        self._inner = inner

    @override
    def activate(self, act: Any) -> Any:
        return self._inner.activate(act)

    @override
    def get_serialization_context(self, command_info: Any) -> SerializationContext | None:
        return None

    @override
    def get_external_store_context(self, command_info: Any) -> StorageDriverStoreContext:
        return _NOWHERE

    @override
    def get_info(self) -> Any:
        return self._inner.get_info()

    @override
    def get_thread_id(self) -> int | None:
        return self._inner.get_thread_id()
