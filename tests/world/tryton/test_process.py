"""Tryton as a process: what it says when it cannot run, and how it comes back after a reset."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from console import stack
from console.stack import Stack
from tests.tryton_server import TrytonServer, required
from tests.world.processes import free_port
from world.tryton.house import House

_ROOT = Path(__file__).parents[3]
_RESET_SECONDS = 5  # as the firm was promised


def _run(
    module: str, *arguments: str, home: Path | None = None
) -> subprocess.CompletedProcess[str]:
    more = {"TIEBEAM_TRYTON": str(home)} if home else {}
    return subprocess.run(  # noqa: S603 - our own module
        [sys.executable, "-m", module, *arguments],
        cwd=_ROOT,
        env=os.environ | more,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("command", ["prepare", "serve --port 1 --data {0}"])
def test_not_installed_is_told_with_what_to_do(command: str, tmp_path: Path) -> None:
    words = command.format(tmp_path / "data").split()

    ran = _run("world.tryton", *words, home=tmp_path / "home")

    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr == (
        f"tryton: Tryton is not installed in {tmp_path / 'home'}: run `make tryton`\n"
    )


def test_not_prepared_is_told_with_what_to_do(tmp_path: Path) -> None:
    required()
    (tmp_path / "venv").symlink_to(House.here().home / "venv")

    ran = _run("world.tryton", "serve", "--port", "1", "--data", str(tmp_path / "d"), home=tmp_path)

    assert ran.returncode == 2
    assert "there is no golden copy of these modules yet: run `make tryton`" in ran.stderr


def test_two_servers_do_not_share_a_folder(tryton: TrytonServer) -> None:
    where = ["--port", str(free_port()), "--data", str(tryton.folder)]

    ran = _run("world.tryton", "serve", *where)

    assert ran.returncode == 2
    assert f"another Tryton runs on {tryton.folder}: stop it" in ran.stderr


def test_what_others_could_read_holds_no_password(tryton: TrytonServer) -> None:
    conf = tryton.folder / "trytond.conf"

    assert conf.stat().st_mode & 0o077 == 0
    assert f"listen = 127.0.0.1:{tryton.port}" in conf.read_text()


@pytest.mark.parametrize("vendor", ["lotus", "tryton.house", ""])
def test_a_vendor_that_nobody_plays_is_told_those_that_are(vendor: str, tmp_path: Path) -> None:
    ran = _run("world", vendor, "--port", "1", "--data", str(tmp_path / "data"))

    assert ran.returncode == 2
    assert "there are dynamics, kantata, salesforce" in ran.stderr


async def test_a_stack_serves_it_and_heals_it_after_a_reset(tmp_path: Path) -> None:
    required()
    port, data = free_port(), tmp_path / "erp-tryton"
    child = stack.python(
        "erp-tryton",
        *("-m", "world", "tryton"),
        *("--port", str(port), "--data", str(data)),
        port=port,
    )
    running = Stack([child], tmp_path)

    async with running.running(lambda _: None, ["erp-tryton"]):
        first = running.pids()["erp-tryton"]
        ran = await asyncio.to_thread(_run, "world.tryton", "reset", "--data", str(data))
        assert "the server that ran there was killed" in ran.stdout
        async with asyncio.timeout(_RESET_SECONDS):
            while not await _answers(port):  # noqa: ASYNC110 - it tells nobody
                await asyncio.sleep(0.02)

        assert running.pids()["erp-tryton"] != first
        assert child.starts == 2


async def _answers(port: int) -> bool:
    body = {"id": 0, "method": "common.db.list", "params": []}
    try:
        async with httpx.AsyncClient(trust_env=False) as client:
            found = await client.post(f"http://127.0.0.1:{port}/rpc/", json=body)
    except httpx.TransportError:
        return False
    return bool(found.json()["result"] == ["tryton"])
