"""The sandbox: as strict as the SDK's, and only as long as nobody asks for contexts."""

import importlib
from uuid import uuid4

import pytest
from temporalio import workflow
from temporalio.client import Client, WorkflowFailureError
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Worker

from runtime.sandbox import SHARED, Sandbox
from tests.architecture import trees


@workflow.defn(name="Careless")
class _Careless:
    @workflow.run
    async def run(self, what: str) -> str:
        if what == "clock":
            from datetime import datetime  # noqa: PLC0415 - as it would be done

            return datetime.now().isoformat()  # noqa: DTZ005
        return what


async def _run(client: Client, what: str) -> str:
    queue = f"careless-{uuid4()}"
    worker = Worker(
        client,
        task_queue=queue,
        workflows=[_Careless],
        workflow_runner=Sandbox(),
        workflow_failure_exception_types=[Exception],
    )
    async with worker:
        return await client.execute_workflow(_Careless.run, what, id=queue, task_queue=queue)


async def test_payloads_go_in_and_out(client: Client) -> None:
    assert await _run(client, "said") == "said"


async def test_a_workflow_that_looks_at_the_clock_is_stopped(client: Client) -> None:
    with pytest.raises(WorkflowFailureError) as failed:
        await _run(client, "clock")

    assert "datetime.datetime.now" in str(failed.value.cause)


def test_nothing_of_ours_wants_to_know_the_context_of_a_payload() -> None:
    """Whoever adds a codec or external storage must let the runs be asked for it again."""
    assert pydantic_data_converter.payload_codec is None
    assert pydantic_data_converter.external_storage is None


_OF_NO_RUN = {"__init__", "catalog"}  # no workflow imports them


def test_what_is_loaded_once_for_all_runs_is_no_workflow_and_has_no_state() -> None:
    for path in trees.sources("workflows"):
        defines = "workflow.defn" in path.read_text()
        assert defines is (path.stem not in {*SHARED, *_OF_NO_RUN}), path.stem

    for name in SHARED:
        module = importlib.import_module(f"workflows.{name}")
        kept = [value for word, value in vars(module).items() if not word.startswith("__")]
        assert not [value for value in kept if isinstance(value, list | set | bytearray)]
