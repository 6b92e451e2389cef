"""Telling another workflow something, where its having ended already is no failure."""

from collections.abc import Awaitable

from temporalio.exceptions import ApplicationError

_GONE = "ExternalWorkflowExecutionNotFound"  # the type that the SDK gives it


async def tell(signal: Awaitable[None]) -> bool:
    """Return whether the signal reached a running workflow."""
    try:
        await signal
    except ApplicationError as exc:
        if exc.type != _GONE:
            raise
        return False
    return True
