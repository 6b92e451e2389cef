"""Which platform a command speaks with: the stack in its state, else that of the settings."""

import asyncio
import json
from pathlib import Path

import pytest
from temporalio.client import Client
from typer.testing import CliRunner, Result

import starter
from canonical.landscape import Landscape
from console import embedded
from console.embedded import Ports
from settings import Settings
from store import address
from store.database import Database
from tests.activities import house

_ELSEWHERE = {
    "TIEBEAM_STORE_URL": "postgresql://tiebeam@elsewhere/tiebeam",
    "TIEBEAM_TEMPORAL_ADDRESS": "elsewhere:7233",
}


@pytest.fixture
def settings_of_platform(client: Client, database: Database) -> dict[str, str]:
    """Return what the environment of a process in production says, of this test's platform."""
    return {
        "TIEBEAM_STORE_URL": database.engine.url.render_as_string(),
        "TIEBEAM_TEMPORAL_ADDRESS": client.service_client.config.target_host,
    }


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Go into a folder in which no stack was ever started, and return it."""
    here = tmp_path / "folder"
    here.mkdir()
    monkeypatch.chdir(here)
    return here


async def _run(*arguments: str, **settings: str) -> Result:
    def run() -> Result:
        return CliRunner().invoke(starter.app, arguments, env={"COLUMNS": "300", **settings})

    return await asyncio.to_thread(run)


def _stack(folder: Path, landscape: Landscape, settings: dict[str, str]) -> None:
    """Leave in a folder what a stack leaves there, on the platform that settings name."""
    port = int(settings["TIEBEAM_TEMPORAL_ADDRESS"].rpartition(":")[2])
    ports = Ports(Ports.of(landscape).systems, temporal=port)
    state = folder / ".tiebeam"
    embedded.environment(state, ports, Settings().landscape, landscape)
    told = "".join(f"{name}={value}\n" for name, value in settings.items())
    (state / "env").write_text(f"{(state / 'env').read_text()}{told}")


async def test_without_a_stack_the_settings_of_the_environment_count(
    settings_of_platform: dict[str, str], database: Database, folder: Path
) -> None:
    await house.active(database)

    told = await _run("status", "--json", **settings_of_platform)

    assert (told.exit_code, told.stderr) == (0, "")
    [engagement] = json.loads(told.stdout)["engagements"]
    assert engagement["contract"] == "CT-00001"
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("explain psa-main:999", "nothing is known of 'psa-main:999'"),
        ("invoice show CT-00001/9/1", "there is no invoice 'CT-00001/9/1'"),
        ("invoice approve CT-00001/9/1 --by pat --hash 0", "there is no invoice 'CT-00001/9/1'"),
        ("invoice release CT-00001/9/1 psa-main:1 --by pat", "there is no invoice"),
        ("start resume contract:CT-99999", "no process 'contract:CT-99999' runs"),
        ("start billing CT-99999 --cut-off 2026-07-31", "CT-99999"),
        ("start disposition CT-99999 --by pat", "there is no contract 'CT-99999'"),
        ("start engagement 006A --crm nowhere", "nowhere is no CRM of the landscape"),
    ],
)
async def test_every_command_of_the_desks_reaches_that_platform(
    command: str, says: str, settings_of_platform: dict[str, str]
) -> None:
    told = await _run(*command.split(), **settings_of_platform)

    assert told.exit_code == 2
    assert says in told.stderr
    assert told.stderr.count("\n") == 1


@pytest.mark.parametrize("lacking", _ELSEWHERE)
async def test_one_half_of_a_platform_is_none(lacking: str) -> None:
    half = {name: value for name, value in _ELSEWHERE.items() if name != lacking}

    told = await _run("status", **half)

    assert told.exit_code == 3
    assert "nothing was ever started in .tiebeam: `tiebeam up` starts a stack there" in told.stderr
    assert f"; for one that runs elsewhere set {lacking} too" in told.stderr


async def test_a_state_that_is_named_and_has_no_stack_is_no_platform() -> None:
    told = await _run("status", "--state", "typo", **_ELSEWHERE)

    assert told.exit_code == 3
    assert told.stderr.startswith("tiebeam: nothing was ever started in typo: ")


async def test_a_stack_goes_before_the_settings_and_says_so(
    settings_of_platform: dict[str, str], landscape: Landscape, database: Database, folder: Path
) -> None:
    await house.active(database)
    _stack(folder, landscape, settings_of_platform)

    told = await _run("status", "--json", **_ELSEWHERE)

    assert told.exit_code == 0
    assert json.loads(told.stdout)["engagements"]
    store = address.shown(database.engine.url)
    temporal = settings_of_platform["TIEBEAM_TEMPORAL_ADDRESS"]
    stack, passed_over = f"store {store}, Temporal {temporal}", " and ".join(_ELSEWHERE)
    assert f"this is the stack in .tiebeam ({stack}), not what {passed_over} name;" in told.stderr


async def test_where_both_are_the_same_nothing_is_said(
    settings_of_platform: dict[str, str], landscape: Landscape, folder: Path
) -> None:
    _stack(folder, landscape, settings_of_platform)

    told = await _run("status", **settings_of_platform)

    assert (told.exit_code, told.stderr) == (0, "")


async def test_what_plays_and_reads_back_needs_a_stack(
    settings_of_platform: dict[str, str],
) -> None:
    for command in ("verify", "play tm-rate-change"):
        told = await _run(*command.split(), **settings_of_platform)

        assert told.exit_code == 3
        assert "nothing was ever started in .tiebeam: `tiebeam up`" in told.stderr


async def test_a_store_of_another_release_is_refused_with_what_mends_it(
    settings_of_platform: dict[str, str], tmp_path: Path
) -> None:
    empty = f"sqlite:///{tmp_path / 'empty.db'}"

    told = await _run("status", **settings_of_platform | {"TIEBEAM_STORE_URL": empty})

    assert told.exit_code == 2
    assert "run `tiebeam database upgrade`" in told.stderr
