"""Programs in JavaScript, with the clients that `make .node/installed` brings."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

_ROOT = Path(__file__).parents[1]
_MODULES = Path(os.environ.get("TIEBEAM_NODE", _ROOT / ".node")).absolute() / "node_modules"
_PATIENCE_SECONDS = 60


def required() -> None:
    """Skip where they are not installed, or fail where they must be: TIEBEAM_REQUIRE_NODE."""
    if shutil.which("node") and _MODULES.is_dir():
        return
    missing = "the tests with clients in JavaScript want node: run `make .node/installed`"
    if os.environ.get("TIEBEAM_REQUIRE_NODE"):
        pytest.fail(missing)
    pytest.skip(missing)


def run(program: Path, question: dict[str, Any], *, trusting: Path) -> Any:  # noqa: ANN401 - JSON
    """Return what a program answers, as JSON, to a question; it trusts one more certificate."""
    environment = {
        **os.environ,
        "NODE_PATH": str(_MODULES),
        "NODE_EXTRA_CA_CERTS": str(trusting),
    }
    ended = subprocess.run(  # noqa: S603 - our own program
        ["node", str(program), json.dumps(question)],  # noqa: S607 - wherever it is installed
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=_PATIENCE_SECONDS,
    )
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)
