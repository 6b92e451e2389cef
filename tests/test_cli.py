"""The command line: it teaches, and what goes wrong is one sentence and an exit code."""

import asyncio
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from temporalio.client import Client
from typer.core import TyperGroup
from typer.main import get_command
from typer.testing import CliRunner, Result

import starter
from canonical.landscape import Landscape
from console import embedded
from console.embedded import Ports
from settings import Settings
from store.database import Database
from tests import tryton_server
from tests.activities import house
from tests.fakes import entry
from tests.scenarios import stage

_ROOT = Path(__file__).parents[1]
COMMANDS: dict[str, str] = {  # and a word of what each teaches
    "": "Exit codes",
    "up": "Ctrl-C",
    "demo": "--kill-worker",
    "play": "scenario",
    "status": "waits for a person",
    "explain": "psa-main:101",
    "doctor": "what to do",
    "verify": "L-7",
    "gateway": "environment variables",
    "database": "schema",
    "database status": "revision",
    "database upgrade": "two at once",
    "database downgrade": "is lost",
    "mappings": "theirs",
    "mappings load": "--dry-run",
    "temporal": "namespace",
    "temporal setup": "Schedules",
    "temporal builds": "drained",
    "temporal promote": "TIEBEAM_BUILD",
    "start": "by hand",
    "start engagement": "--crm",
    "start billing": "CT-00001",
    "invoice": "before it is an invoice",
    "invoice show": "the hash to approve",
    "invoice edit": "amounts are never edited",
    "invoice hold": "until it is released",
    "invoice release": "next invoice",
    "invoice approve": "--hash",
    "invoice reject": "ready again",
}


@dataclass
class Ended:
    """How a command ended, as a shell sees it."""

    code: int
    output: str
    errors: str


async def _tiebeam(*arguments: str, cwd: Path) -> Ended:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(_ROOT / "starter.py"), *arguments),
        cwd=cwd,
        env=os.environ | {"COLUMNS": "200"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = await process.communicate()
    assert process.returncode is not None
    return Ended(process.returncode, output.decode(), errors.decode())


def _assert_one_sentence(ended: Ended, code: int, says: str) -> None:
    assert (ended.code, ended.output) == (code, "")
    assert ended.errors.startswith("tiebeam: ")
    assert ended.errors.count("\n") == 1
    assert says in ended.errors


def _run(*arguments: str) -> Result:
    """Run a command here, where it is faster."""
    return CliRunner().invoke(starter.app, arguments, env={"COLUMNS": "200"})


def _state(folder: Path, landscape: Landscape, temporal: str) -> Path:
    """Return the state of a stack of which only the Temporal server runs."""
    port = int(temporal.rpartition(":")[2])
    ports = Ports(Ports.of(landscape).systems, temporal=port)
    embedded.environment(folder, ports, Settings().landscape, landscape)
    return folder


@pytest.fixture
def state(client: Client, landscape: Landscape, database: Database, tmp_path: Path) -> Path:
    """Return the state of a stack whose store is this test's."""
    assert database.engine.url.database == str(tmp_path / "store.db")
    return _state(tmp_path, landscape, client.service_client.config.target_host)


@pytest_asyncio.fixture
async def worked(database: Database) -> None:
    """Leave an approved entry of a running engagement."""
    await house.active(database)
    await house.approved(database, entry(101))


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_teaches(command: str) -> None:
    told = _run(*command.split(), "--help")

    assert told.exit_code == 0
    assert COMMANDS[command] in told.stdout


def test_the_overview_groups_the_commands_and_gives_each_a_line() -> None:
    told = CliRunner().invoke(starter.app, ["--help"], env={"COLUMNS": "80"})
    shown = told.stdout.partition("Try it out")[2].splitlines()
    named = [line.split()[1] for line in shown if line.startswith("│")]

    assert named == [
        *("up", "demo", "play", "verify"),
        *("status", "explain", "doctor", "start", "invoice"),
        *("gateway", "database", "mappings", "temporal"),
    ]


def test_every_command_is_known_here() -> None:
    found = get_command(starter.app)

    assert isinstance(found, TyperGroup)
    assert set(found.commands) == {name.split()[0] for name in COMMANDS if name}


async def test_wrong_input_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "broken.yaml").write_text("scenario: [")
    (tmp_path / "wrong.yaml").write_text("scenario: x\nsurprise: true\n")

    unknown, broken, wrong = await asyncio.gather(
        _tiebeam("play", "nowhere", cwd=tmp_path),
        _tiebeam("play", "broken.yaml", cwd=tmp_path),
        _tiebeam("demo", "--scenario", "wrong.yaml", cwd=tmp_path),
    )

    _assert_one_sentence(unknown, 2, "unknown scenario 'nowhere': use one of")
    _assert_one_sentence(broken, 2, "broken.yaml:1:12: is no YAML")
    assert (wrong.code, wrong.output) == (2, "")
    assert "wrong.yaml:2:1" in wrong.errors
    assert sorted(each.name for each in tmp_path.iterdir()) == ["broken.yaml", "wrong.yaml"]


@pytest.mark.parametrize("command", ["up", "demo"])
async def test_an_erp_that_the_landscape_does_not_have_is_refused_before_anything_runs(
    command: str, tmp_path: Path
) -> None:
    ended = await _tiebeam(command, "--erp", "lotus", cwd=tmp_path)

    _assert_one_sentence(ended, 2, "has no ERP of 'lotus': there is dynamics, tryton")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["up", "demo"])
async def test_a_password_on_the_command_line_is_refused(command: str, tmp_path: Path) -> None:
    given = "postgresql://firm:sesame@127.0.0.1:1/tiebeam"

    ended = await _tiebeam(command, "--database", given, cwd=tmp_path)

    _assert_one_sentence(ended, 2, "put the whole address into TIEBEAM_DATABASE")
    assert "sesame" not in ended.errors
    assert list(tmp_path.iterdir()) == []


@pytest.mark.prove
async def test_the_demo_on_the_real_erp_ends_well(tmp_path: Path) -> None:
    tryton_server.required()
    port = str(stage.free_ports())

    ended = await _tiebeam("demo", "--erp", "tryton", "--port", port, cwd=tmp_path)

    assert (ended.code, ended.errors.count("Traceback")) == (0, 0)
    assert "holds" in ended.output


async def test_a_wrong_date_is_refused_before_anything_runs(tmp_path: Path) -> None:
    ended = await _tiebeam("start", "billing", "CT-00001", "--cut-off", "31.07.2026", cwd=tmp_path)

    assert ended.code == 2
    assert "'31.07.2026' does not match the formats '%Y-%m-%d'" in ended.errors
    assert "Traceback" not in ended.errors


async def test_without_a_stack_every_question_says_so(tmp_path: Path) -> None:
    for ended in await asyncio.gather(
        _tiebeam("status", cwd=tmp_path),
        _tiebeam("verify", "--json", cwd=tmp_path),
        _tiebeam("play", "tm-rate-change", cwd=tmp_path),
    ):
        _assert_one_sentence(ended, 3, "nothing was ever started in .tiebeam")
    assert list(tmp_path.iterdir()) == []


async def test_an_unknown_subject_is_told_what_there_is_to_name(
    state: Path, tmp_path: Path
) -> None:
    ended = await _tiebeam("explain", "psa-main:999", "--state", str(state), cwd=tmp_path)

    _assert_one_sentence(ended, 2, "nothing is known of 'psa-main:999': name an entry")


async def test_a_stack_that_ended_says_so(landscape: Landscape, tmp_path: Path) -> None:
    stopped = _state(tmp_path / "stopped", landscape, "127.0.0.1:1")

    ended = await _tiebeam("status", "--state", str(stopped), cwd=tmp_path)

    _assert_one_sentence(ended, 3, "no Temporal server answers at 127.0.0.1:1: ")


def test_a_broken_landscape_is_named(state: Path) -> None:
    (state / "landscape.toml").write_text("[systems.crm-main")

    ended = _run("status", "--state", str(state))

    assert (ended.exit_code, ended.stdout) == (2, "")
    assert f"{state}/landscape.toml is not TOML" in ended.stderr


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("start billing CT-99999 --cut-off 2026-07-31", "CT-99999"),
        ("start engagement 006A --crm nowhere", "nowhere is no CRM of the landscape: crm-main is"),
        ("invoice show CT-00001/9/1", "there is no invoice 'CT-00001/9/1'"),
        ("invoice approve CT-00001 --by pat --hash 0", "there is no invoice 'CT-00001'"),
        ("start resume contract:CT-99999", "no process 'contract:CT-99999' runs"),
        ("play tm-rate-change --erp tryton", "the ERP of the running stack is dynamics"),
    ],
)
def test_what_cannot_start_says_why(state: Path, command: str, says: str) -> None:
    ended = _run(*command.split(), "--state", str(state))

    assert (ended.exit_code, ended.stdout) == (2, "")
    assert says in ended.stderr
    assert ended.stderr.count("\n") == 1


@pytest.mark.usefixtures("worked")
def test_json_is_json(state: Path) -> None:
    status = _run("status", "--json", "--state", str(state))
    explained = _run("explain", "psa-main:101", "--json", "--state", str(state))

    assert (status.exit_code, explained.exit_code) == (0, 0)
    [engagement] = json.loads(status.stdout)["engagements"]
    assert (engagement["contract"], engagement["stage"]) == ("CT-00001", "won")
    assert json.loads(explained.stdout)["approval"]["contract"] == "CT-00001"


@pytest.mark.usefixtures("worked")
def test_a_person_reads_the_same(state: Path) -> None:
    status = _run("status", "--state", str(state))
    explained = _run("explain", "psa-main:101", "--state", str(state))

    assert "CT-00001" in status.stdout
    assert "not billed yet: approved, and waits to be priced and posted" in explained.stdout
