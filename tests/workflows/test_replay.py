"""Histories of every process and ending still replay; `record_histories` recorded them."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
from temporalio import workflow
from temporalio.client import WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner
from typing_extensions import override

from canonical.processes import CollectRequest
from worker import SANDBOX, WORKFLOWS
from workflows.collect_approvals import CollectApprovals, Ending

HISTORIES = sorted((Path(__file__).parent / "histories").glob("*.json"))
each_history = pytest.mark.parametrize("path", HISTORIES, ids=lambda path: path.stem)

# Ways to end that no literal names: a cancellation, and a run that goes on in the next one.
_UNNAMED = {"activate_contract-cancelled", "activate_project-cancelled", "post_time-continued"}


def _history(path: Path) -> WorkflowHistory:
    return WorkflowHistory.from_json(path.stem, path.read_text())


def _named_endings() -> Iterator[str]:
    for process in WORKFLOWS:
        module = sys.modules[process.__module__]
        endings = get_args(module.Ending) if hasattr(module, "Ending") else ("onboarded",)
        name = process.__module__.rpartition(".")[2]
        yield from (f"{name}-{ending}" for ending in endings)


@each_history
async def test_todays_code_replays_yesterdays_history(path: Path) -> None:
    replayer = Replayer(
        workflows=WORKFLOWS,
        data_converter=pydantic_data_converter,
        workflow_runner=SANDBOX,
    )

    await replayer.replay_workflow(_history(path))


def test_every_process_and_ending_has_a_history() -> None:
    recorded = {"-".join(path.stem.split("-")[:2]) for path in HISTORIES}

    assert recorded >= {*_named_endings(), *_UNNAMED}


@each_history
def test_no_history_says_where_it_was_recorded(path: Path) -> None:
    text = path.read_text()

    assert "stackTrace" not in text
    assert "site-packages" not in text
    assert {
        str(attributes.identity)
        for event in _history(path).events
        if hasattr(attributes := getattr(event, str(event.WhichOneof("attributes"))), "identity")
        and attributes.identity
    } <= {"tiebeam-test", "history-service"}


@workflow.defn(name="CollectApprovals")
class _Changed(CollectApprovals):
    """Today's process with one more step before all others."""

    @override
    @workflow.run
    async def run(self, request: CollectRequest) -> Ending:
        await workflow.sleep(1)
        return await super().run(request)


async def test_a_changed_process_does_not_replay() -> None:
    (path,) = (path for path in HISTORIES if path.stem == "collect_approvals-collected")
    replayer = Replayer(
        workflows=[_Changed],
        data_converter=pydantic_data_converter,
        workflow_runner=UnsandboxedWorkflowRunner(),
    )

    with pytest.raises(workflow.NondeterminismError):
        await replayer.replay_workflow(_history(path))
