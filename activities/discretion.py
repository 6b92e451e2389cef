"""Discretion: a mistake of ours may quote anything, so a history gets its type alone.

A worker's interceptor sees to it for all of its steps; what was said on purpose passes.
"""

from typing import Any

from temporalio.exceptions import ApplicationError, FailureError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor
from typing_extensions import override

from telemetry import logs


class Discretion(Interceptor):
    """Keeps the words of unforeseen failures in the worker's log."""

    @override
    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        """Return the step with discretion."""
        return _Discreet(next)


class _Discreet(ActivityInboundInterceptor):
    @override
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        try:
            return await super().execute_activity(input)
        except FailureError:
            raise
        except Exception as mistake:  # noqa: BLE001 - whatever it is, it is ours
            logs.logger().exception("step.broke")
            kind = type(mistake).__name__
            msg = f"{kind}: the worker's log says more"
            raise ApplicationError(msg, type=kind) from None
