"""No workflow asks other things of the engine, or in another order, without anybody's knowing."""

import difflib
import importlib.util
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.architecture import fingerprints
from tests.architecture.trees import ROOT
from worker import WORKFLOWS
from workflows.activate_project import ActivateProject

_LESSON = """
{name} asks other things of the engine than its fingerprint says:

{difference}

Why it matters: a run that is under way replays its whole history through this code whenever its
worker restarts or its cache is full. If the commands come out in another order, Temporal refuses
to go on (nondeterminism), and every open run of {name} is stuck until the old code is back.

What to choose:
  1. Not meant? Put the order back.
  2. Only new endings or branches that no open run can have reached: record them (`make histories`)
     and see that tests/workflows/test_replay.py still replays the old ones.
  3. Open runs can have passed here: keep the old way for them, `if workflow.patched("what")`, and
     take it out once they have ended.
  4. Deployed with TIEBEAM_BUILD: runs are pinned, so release it as a new build, promote that, and
     keep the old workers until `tiebeam temporal builds` says drained
     (docs/decisions/0018-pinned-builds.md).
Say in the commit which one it is, then: make fingerprints
"""


@pytest.mark.parametrize("process", WORKFLOWS, ids=lambda process: process.__name__)
def test_a_workflow_asks_what_its_fingerprint_says(process: type) -> None:
    file = fingerprints.FOLDER / fingerprints.file_name(process)
    kept = file.read_text() if file.exists() else ""
    found = fingerprints.of(process)

    difference = "\n".join(
        difflib.unified_diff(kept.splitlines(), found.splitlines(), "kept", "found", lineterm="")
    )
    assert kept == found, _LESSON.format(name=process.__name__, difference=difference)


def test_every_fingerprint_is_of_a_workflow() -> None:
    kept = {file.name for file in fingerprints.FOLDER.iterdir()}

    assert kept == {fingerprints.file_name(process) for process in WORKFLOWS}


Change = Callable[[Callable[[str], str]], str]


@pytest.fixture
def changed(tmp_path: Path) -> Iterator[Change]:
    """Return what gives the fingerprint of a workflow whose source was changed."""
    name = "workflows.changed"

    def of(change: Callable[[str], str]) -> str:
        before = (ROOT / "workflows/activate_project.py").read_text()
        after = change(before)
        assert after != before
        file = tmp_path / "changed.py"
        file.write_text(after)
        spec = importlib.util.spec_from_file_location(name, file)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
        return fingerprints.of(module.ActivateProject)

    yield of
    sys.modules.pop(name, None)


def _swapped(text: str) -> str:
    first = "        await together.all_of(self._set_milestones(), self._open_in_erp())\n"
    second = "        await self._publish()\n"
    return text.replace(first + second, second + first)


@pytest.mark.parametrize(
    "change",
    [
        _swapped,
        lambda text: text.replace("        await self._publish()\n", ""),
        lambda text: text.replace(
            "        await self._plan()\n", "        await workflow.sleep(1)\n"
        ),
        lambda text: text.replace("PsaProjects.open_milestones", "PsaProjects.close_plan"),
        lambda text: text.replace(
            "        await self._plan()\n",
            '        if workflow.patched("no-plan"):\n            await self._plan()\n',
        ),
    ],
    ids=["reordered", "removed", "timer", "another step", "patched"],
)
def test_a_changed_step_is_seen(changed: Change, change: Callable[[str], str]) -> None:
    assert changed(change) != fingerprints.of(ActivateProject)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("found", "attributes"),
        lambda text: text.replace("_open_in_erp", "_set_up_in_erp"),
        lambda text: text.replace('"""Return once', '"""Come back once'),
        lambda text: text.replace("Opening the plan.", "The plan is being opened."),
    ],
    ids=["variable", "helper", "docstring", "card"],
)
def test_what_no_history_holds_does_not_count(
    changed: Change, change: Callable[[str], str]
) -> None:
    assert changed(change) == fingerprints.of(ActivateProject)


def test_helpers_are_followed_into_the_other_modules() -> None:
    lines = fingerprints.of(ActivateProject).splitlines()

    assert "by Parking.step" in lines
    assert any("activity projects.open_plan by Parking.step" in line for line in lines)
    assert any("activity cases.open" in line for line in lines)
