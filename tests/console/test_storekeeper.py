"""The commands that keep a deployment's store: what they do, what they say, what they refuse."""

import asyncio
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner, Result

import settings
import starter
from settings import Settings
from store import schema
from store.database import Database
from tests.architecture.trees import ROOT
from tests.postgres import Server, postgres

__all__ = ["postgres"]

Say = Callable[..., Result]


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the address of a store without a table, as people type it."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/store.db"
    server = request.getfixturevalue("postgres")
    assert isinstance(server, Server)
    return server.create_database().replace("+psycopg", "")


@pytest.fixture
def say(store_url: str) -> Say:
    """Return what runs a command on the store."""

    def run(*arguments: str, **variables: str) -> Result:
        environment = {"COLUMNS": "200", "TIEBEAM_STORE_URL": store_url, **variables}
        return CliRunner().invoke(starter.app, arguments, env=environment)

    return run


def _execute(url: str, statement: str) -> None:
    async def execute() -> None:
        database = Database(url)
        async with database.engine.begin() as connection:
            await connection.execute(sa.text(statement))
        await database.close()

    asyncio.run(execute())


def test_a_store_goes_up_and_says_so(say: Say) -> None:
    newest = schema.revisions()[-1]

    before, first, again, after = (
        say("database", "status"),
        say("database", "upgrade"),
        say("database", "upgrade"),
        say("database", "status", "--json"),
    )

    assert before.exit_code == 1
    assert (
        f"is at nothing: `tiebeam database upgrade` does {schema.revisions()[0]}" in before.stdout
    )
    assert (first.exit_code, first.stdout) == (0, f"upgraded: {', '.join(schema.revisions())}\n")
    assert (again.exit_code, again.stdout) == (0, "nothing to do: up to date\n")
    found = json.loads(after.stdout)
    assert (found["current"], found["newest"], found["is_ours"]) == (newest, newest, True)


def test_a_store_goes_down_only_when_it_is_meant(say: Say) -> None:
    say("database", "upgrade")

    asked = say("database", "downgrade", "base")
    meant = say("database", "downgrade", "base", "--yes")

    assert asked.exit_code == 1
    assert "is lost" in asked.output
    assert meant.stdout == f"taken back: {', '.join(reversed(schema.revisions()))}\n"


def test_a_revision_that_there_is_not_is_refused(say: Say) -> None:
    refused = say("database", "upgrade", "--to", "9999")

    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "there is no revision '9999': it is one of 0001" in refused.stderr


def test_a_newer_releases_store_is_left_alone(say: Say, store_url: str) -> None:
    say("database", "upgrade")
    _execute(store_url, "UPDATE alembic_version SET version_num = '9999'")

    for command in (["upgrade"], ["downgrade", "base", "--yes"]):
        refused = say("database", *command)

        assert refused.exit_code == 2
        assert "is at 9999, which this release does not know" in refused.stderr
    assert say("database", "status").exit_code == 1


async def test_two_at_once_do_it_once(store_url: str) -> None:
    """Each is a process of its own, as two replicas of a deployment's job would be."""

    async def upgrade() -> tuple[int | None, str]:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, str(ROOT / "starter.py"), "database", "upgrade"),
            env=os.environ | {"TIEBEAM_STORE_URL": store_url},
            stdout=asyncio.subprocess.PIPE,
        )
        output, _ = await process.communicate()
        return process.returncode, output.decode()

    ended = await asyncio.gather(*(upgrade() for _ in range(3)))

    assert [code for code, _ in ended] == [0, 0, 0]
    assert sorted(said.startswith("upgraded") for _, said in ended) == [False, False, True]


@pytest.mark.parametrize("command", [["starter.py", "gateway"], ["worker.py"]], ids=lambda c: c[0])
async def test_no_process_starts_on_a_schema_that_is_not_its_own(
    command: list[str], store_url: str, tmp_path: Path
) -> None:
    secrets = tmp_path / "credentials.toml"
    secrets.write_text(
        "\n".join(
            f'[{each.credential}]\norganization = "o"\nwebhook_secret = "s"'
            for each in settings.load_landscape(Settings().landscape).systems
        )
    )
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, *(str(ROOT / command[0]), *command[1:])),
        env=os.environ
        | {
            "TIEBEAM_STORE_URL": store_url,
            "TIEBEAM_CREDENTIALS": str(secrets),
            "TIEBEAM_TEMPORAL_ADDRESS": "127.0.0.1:1",  # the schema is looked at before it
        },
        stderr=asyncio.subprocess.PIPE,
        cwd=tmp_path,
    )
    _, said = await process.communicate()

    assert process.returncode not in (0, None)
    assert b"is at nothing, this release needs" in said
    assert b"run `tiebeam database upgrade`" in said
    assert said.count(b"\n") == 1


async def test_a_worker_without_temporal_says_so_in_a_sentence_and_ends(
    store_url: str, say: Say
) -> None:
    assert (await asyncio.to_thread(say, "database", "upgrade")).exit_code == 0
    nobody = {"TIEBEAM_STORE_URL": store_url, "TIEBEAM_TEMPORAL_ADDRESS": "127.0.0.1:1"}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(ROOT / "worker.py"), "--queues", "processes"),
        env=os.environ | nobody,
        stderr=asyncio.subprocess.PIPE,
    )
    _, told = await process.communicate()

    assert process.returncode == 1
    assert told.startswith(b"worker: no Temporal server answers at 127.0.0.1:1: ")
    assert told.count(b"\n") == 1


_ROW = """
[[mapping]]
kind = "category"
system = "erp-main"
ours = "{ours}"
theirs = "{theirs}"
valid_from = 2026-01-01
version = {version}
owner = "finance"
"""


def _file(folder: Path, *rows: dict[str, object]) -> str:
    defaults = {"ours": "CONSULTANT", "theirs": "CONS", "version": 1}
    file = folder / "mappings.toml"
    file.write_text("".join(_ROW.format(**defaults | row) for row in rows))
    return str(file)


def test_mappings_are_loaded_once_and_the_difference_is_told(say: Say, tmp_path: Path) -> None:
    say("database", "upgrade")
    file = _file(tmp_path, {}, {"ours": "MANAGER", "theirs": "MGR"})

    dry = say("mappings", "load", file, "--dry-run")
    first = say("mappings", "load", file)
    again = say("mappings", "load", file)
    newer = say("mappings", "load", _file(tmp_path, {"theirs": "CONS2", "version": 2}))

    assert "would add erp-main category 'CONSULTANT' from 2026-01-01 (version 1)" in dry.stdout
    assert first.stdout.count("added ") == 2
    assert again.stdout == "0 new, 0 only in the store\n"
    assert "added erp-main category 'CONSULTANT' from 2026-01-01 (version 2): CONS2" in newer.stdout
    assert newer.stdout.endswith("1 new, 2 only in the store\n")


def test_a_mapping_that_contradicts_the_store_loads_nothing(say: Say, tmp_path: Path) -> None:
    say("database", "upgrade")
    say("mappings", "load", _file(tmp_path, {}))

    refused = say("mappings", "load", _file(tmp_path, {"theirs": "OTHER"}, {"ours": "MANAGER"}))

    assert refused.exit_code == 2
    assert "contradicts: erp-main category 'CONSULTANT'" in refused.stdout
    assert "is 'CONS' (owner finance), not 'OTHER' (owner finance)" in refused.stdout
    assert "give each a new version, or a later valid_from" in refused.stderr
    assert "0 new" not in say("mappings", "load", _file(tmp_path, {"ours": "MANAGER"})).stdout


def test_mappings_need_the_schema(say: Say) -> None:
    refused = say("mappings", "load")

    assert refused.exit_code == 2
    assert "run `tiebeam database upgrade`" in refused.stderr


def test_a_database_that_is_away_is_one_sentence_without_its_password() -> None:
    away = {"TIEBEAM_STORE_URL": "postgresql://firm:sesame@127.0.0.1:1/tiebeam"}

    refused = CliRunner().invoke(starter.app, ["database", "status"], env=away)

    assert refused.exit_code == 2
    assert "cannot open postgresql://firm@127.0.0.1:1/tiebeam" in refused.stderr
    assert "sesame" not in refused.output
