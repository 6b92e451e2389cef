"""The embedded stack with its store on PostgreSQL: a deal is carried through end to end."""

import os
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

import starter
from console.progress import Progress
from store import schema
from tests.postgres import Server, postgres
from tests.scenarios import config, stage

__all__ = ["postgres"]


def _arguments(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")


async def test_a_deal_is_carried_through_on_postgresql(postgres: Server, tmp_path: Path) -> None:
    url = make_url(postgres.create_database()).set(drivername="postgresql")
    with_password = url.set(password="sesame").render_as_string(hide_password=False)  # noqa: S106 - the server trusts
    with config.in_force({"TIEBEAM_DATABASE": with_password}):
        stack = starter.embedded_stack(tmp_path, stage.free_ports(), Progress())
        async with stack as (running, processes):
            report = await stage.played(running, "tm-rate-change")

            assert report.holds
            assert running.database.engine.dialect.name == "postgresql"
            assert await schema.differences(running.database) == []
            started = [_arguments(pid) for pid in (os.getpid(), *processes.pids().values())]
            assert not [line for line in started if "sesame" in line]
    assert not (tmp_path / "store.db").exists()
    logs = [file.read_text() for file in (tmp_path / "logs").iterdir()]
    assert not [log for log in logs if "sesame" in log or "Traceback" in log]


async def test_a_stack_goes_on_with_the_database_that_it_was_begun_with(
    postgres: Server, tmp_path: Path
) -> None:
    url = postgres.create_database()
    for database in (url, None):
        stack = starter.embedded_stack(tmp_path, stage.free_ports(), Progress(), database=database)
        async with stack as (running, _):
            assert running.config.store_url == url

    with pytest.raises(sqlite3.OperationalError):
        sqlite3.connect(f"file:{tmp_path}/store.db?mode=ro", uri=True)
