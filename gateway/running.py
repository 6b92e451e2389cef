"""Runs that may have ended: told something where they have not."""

from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode


async def tell(client: Client, run: str, signal: str) -> bool:
    """Signal a run; False if nothing runs under that id.

    Raises:
        RPCError: the engine refuses it, or is not there.
    """
    try:
        await client.get_workflow_handle(run).signal(signal)
    except RPCError as exc:
        if exc.status is not RPCStatusCode.NOT_FOUND:
            raise
        return False
    return True
