"""The connection to the Temporal server."""

from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

from console.problems import NothingRunsError


async def connect(address: str, namespace: str) -> Client:
    """Return a client.

    Raises:
        NothingRunsError: no server answers.
    """
    try:
        return await Client.connect(
            address,
            namespace=namespace,
            data_converter=pydantic_data_converter,
            identity="tiebeam",  # histories name no machine
        )
    except RuntimeError:
        msg = f"no Temporal server answers at {address}: is `tiebeam up` running?"
        raise NothingRunsError(msg) from None
