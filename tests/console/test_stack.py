"""The stack: real processes are started, watched, healed and stopped, and none is left behind."""

import asyncio
import os
import socket
from collections.abc import Sequence
from pathlib import Path

import pytest

from console import stack
from console.stack import Child, Stack, StackError
from tests.world.processes import free_port

_LISTENS = """
import os, signal, socket, sys
print("environment", os.environ.get("TOLD"), flush=True)
def leave(*_):
    print("left in order", flush=True)
    sys.exit(0)
signal.signal(signal.SIGTERM, leave)
server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    server.accept()[0].close()
"""
_FAILS = "import sys; print('no [disk] left', flush=True); sys.exit(3)"
_SLEEPS = "import time; time.sleep(5)"


def _listener(name: str, port: int | None = None) -> Child:
    at = port or free_port()
    return stack.python(name, "-c", _LISTENS, str(at), port=at, environment={"TOLD": name})


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def _until_started(child: Child, times: int) -> None:
    async with asyncio.timeout(10):
        while child.starts < times:  # noqa: ASYNC110 - the stack tells nobody
            await asyncio.sleep(0.01)


async def _until_answered(port: int) -> None:
    async with asyncio.timeout(10):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.01)
                continue
            writer.close()
            await writer.wait_closed()
            return


async def _refused(children: Sequence[Child], folder: Path) -> str:
    """Return why a stack did not come up; nothing of it may be left."""
    refusing = Stack(children, folder)
    with pytest.raises(StackError) as caught:
        async with refusing.running(lambda _: None, [child.name for child in children]):
            pytest.fail("the stack came up")
    assert not any(_is_alive(pid) for pid in refusing.pids().values())
    return str(caught.value)


async def test_everything_comes_up_and_nothing_is_left(tmp_path: Path) -> None:
    children = [_listener("engine"), _listener("gateway")]
    told: list[str] = []
    running = Stack(children, tmp_path / "logs")

    async with running.running(told.append, ["engine"]):
        assert told == ["engine"]
        assert list(running.pids()) == ["engine"]
        await running.start(["gateway"], told.append)
        pids = running.pids()
        assert all(_is_alive(pid) for pid in pids.values())

    assert told == ["engine", "gateway"]
    assert not any(_is_alive(pid) for pid in pids.values())
    for name in told:
        log = (tmp_path / "logs" / f"{name}.log").read_text()
        assert log.splitlines() == [f"environment {name}", "left in order"]


async def test_a_child_that_falls_is_started_again(tmp_path: Path) -> None:
    child = _listener("worker")
    running = Stack([child], tmp_path)

    async with running.running(lambda _: None, ["worker"]):
        fallen = running.pids()["worker"]
        running.kill("worker")
        await _until_started(child, 2)
        risen = running.pids()["worker"]

        assert risen != fallen
        assert not _is_alive(fallen)
        assert child.port is not None
        await _until_answered(child.port)
    assert not _is_alive(risen)


async def test_a_taken_port_is_named_with_what_to_do(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        free, conflicting = _listener("engine"), _listener("gateway", port)

        said = await _refused([free, conflicting], tmp_path)

    assert said == (
        f"port {port}, which gateway needs, is taken: stop what uses it "
        "(another `tiebeam up`?) or choose other ports with --port"
    )
    assert (free.starts, conflicting.starts) == (0, 0)


async def test_a_child_that_never_comes_up_shows_its_log(tmp_path: Path) -> None:
    failing = stack.python("gateway", "-c", _FAILS, port=free_port())
    fine = _listener("engine")

    said = await _refused([fine, failing], tmp_path)

    assert said.startswith(f"gateway does not come up; its log is {tmp_path / 'gateway.log'}:")
    assert "no [disk] left" in said
    assert (tmp_path / "engine.log").read_text().endswith("left in order\n")


async def test_a_child_that_says_it_can_never_run_is_started_once_and_quoted(
    tmp_path: Path,
) -> None:
    wrong = "import sys; print('run `make erp` first'); sys.exit(2)"
    failing = stack.python("erp", "-c", wrong, port=free_port())

    said = await _refused([failing], tmp_path)

    assert said == "erp cannot run: run `make erp` first"
    assert failing.starts == 1


async def test_an_error_inside_stops_everything_too(tmp_path: Path) -> None:
    running = Stack([_listener("engine")], tmp_path)

    with pytest.raises(ZeroDivisionError):
        async with running.running(lambda _: None, ["engine"]):
            raise ZeroDivisionError
    assert not any(_is_alive(pid) for pid in running.pids().values())


@pytest.mark.parametrize("steps", range(6))
async def test_a_stop_in_the_middle_of_a_start_leaves_nothing(tmp_path: Path, steps: int) -> None:
    first, second = _listener("engine"), stack.python("worker", "-c", _SLEEPS)
    running = Stack([first, second], tmp_path)

    async with running.running(lambda _: None, ["engine"]):
        starting = asyncio.create_task(running.start(["worker"], lambda _: None))
        for _ in range(steps):
            await asyncio.sleep(0)
    await starting

    assert not any(_is_alive(pid) for pid in running.pids().values())


def test_the_engine_keeps_its_history(tmp_path: Path) -> None:
    engine = stack.temporal(tmp_path, port=7001, ui_port=7002)

    command = " ".join(engine.command)
    assert (engine.name, engine.port) == ("temporal", 7001)
    assert f"--db-filename {tmp_path / 'temporal.db'}" in command
    assert "--port 7001 --ui-port 7002" in command
