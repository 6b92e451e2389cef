"""The import contracts are kept, and each is seen to break when it is broken on purpose."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.trees import OURS, ROOT

_LINT = Path(sys.executable).parent / "lint-imports"

BREAKS = {
    "Imports flow one way": ("canonical/money.py", "import store.clock"),
    "canonical and policies stay pure": ("policies/tax_treatment.py", "import httpx"),
    "A workflow names activities and policies": ("workflows/billing.py", "import store.clock"),
    "Activities see other systems only through ports": (
        "activities/deals.py",
        "import connectors.http",
    ),
    "Only the registry imports a vendor": ("gateway/app.py", "import connectors.kantata"),
    "Vendors share auth, http, ports and errors": (
        "connectors/kantata/_mapping.py",
        "import connectors.salesforce",
    ),
    "Only connectors speak HTTP": ("gateway/app.py", "import httpx"),
    "The world imports nothing of ours": ("world/stage/money.py", "import canonical.money"),
    "Nothing of ours imports the world": ("console/status.py", "import world.stage.money"),
    "Sandboxes do not know each other": (
        "world/sandboxes/kantata/money.py",
        "import world.sandboxes.dynamics",
    ),
    "The stage reaches systems through their APIs": (
        "world/stage/money.py",
        "import world.sandboxes.box",
    ),
}


def _copy(to: Path) -> None:
    for room in (*OURS, "world", "bench"):
        shutil.copytree(ROOT / room, to / room, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / ".importlinter", to)


def _broken(at: Path) -> list[str]:
    command = [str(_LINT), "--no-cache"]
    run = subprocess.run(command, cwd=at, capture_output=True, text=True, check=False)  # noqa: S603 - our own tool
    lines = run.stdout.splitlines()
    assert any("Contracts:" in line for line in lines), run.stdout + run.stderr
    return [line.removesuffix(" BROKEN") for line in lines if line.endswith(" BROKEN")]


def test_every_contract_is_kept(tmp_path: Path) -> None:
    _copy(tmp_path)

    assert _broken(tmp_path) == []


def test_every_contract_has_its_break() -> None:
    lines = (ROOT / ".importlinter").read_text().splitlines()
    names = [line.removeprefix("name = ") for line in lines if line.startswith("name = ")]

    assert len(names) == len(BREAKS)
    assert all(any(name.startswith(start) for start in BREAKS) for name in names)


@pytest.mark.parametrize("contract", BREAKS)
def test_a_contract_breaks_when_it_is_broken_on_purpose(contract: str, tmp_path: Path) -> None:
    _copy(tmp_path)
    file, line = BREAKS[contract]
    broken = tmp_path / file
    broken.write_text(broken.read_text() + f"\n{line}\n")

    assert any(name.startswith(contract) for name in _broken(tmp_path))
