"""The real Tryton of this run: one server for all tests, begun again from its golden copy."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.world.processes import free_port
from world.tryton import ADMIN, ADMIN_PASSWORD, DATABASE, databases, server
from world.tryton.databases import Databases
from world.tryton.house import House

_ROOT = Path(__file__).parents[1]
_PATIENCE_SECONDS = 30.0
os.environ.pop("TIEBEAM_TRYTON_POSTGRESQL", None)  # whose tests use it say so
_VERSION = {"id": 0, "method": "common.server.version", "params": []}


class TrytonServer:
    """Runs `python -m world.tryton serve` on a folder. The port stays the same after a kill.

    It begins with the golden copy: every module activated, no company. `snapshot` keeps what is
    there now under a name, and `reset` goes back to it, or to the golden copy, and runs again.
    """

    database = DATABASE
    login = ADMIN
    password = ADMIN_PASSWORD

    def __init__(self, folder: Path, postgresql: str | None = None) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._postgresql = postgresql
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def databases(self) -> Databases:
        return databases.of(House.here(), self._postgresql)

    @property
    def pid(self) -> int:
        assert self._process
        return self._process.pid

    def start(self) -> None:
        """Start it, and return once it answers."""
        self.folder.mkdir(parents=True, exist_ok=True)
        where = ["--port", str(self.port), "--data", str(self.folder)]
        if self._postgresql:
            where += ["--postgresql", self._postgresql]
        command = [*_guard(), sys.executable, "-m", "world.tryton", "serve", *where]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own module
                command, cwd=_ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not self._is_up():
            assert self._process.poll() is None, f"Tryton ended: {self.log()}"
            assert time.monotonic() < deadline, f"Tryton is not up: {self.log()}"
            time.sleep(0.02)

    def kill(self) -> None:
        """Kill it with SIGKILL, whatever it does."""
        if self._process:
            self._process.kill()
            self._process.wait()

    def restart(self) -> None:
        """Kill it, and start it on what it has committed."""
        self.kill()
        self.start()

    def snapshot(self, name: str) -> None:
        """Keep all that is committed now, while it runs; of SQLite only."""
        databases.keep(self.folder / f"{DATABASE}.sqlite", self.folder / f"{name}.kept")

    def reset(self, to: str | None = None) -> None:
        """Begin again from the golden copy, or from a snapshot."""
        self.kill()
        server.reset(House.here(), self.databases, self.folder)
        if to is not None:
            shutil.copyfile(self.folder / f"{to}.kept", self.folder / f"{DATABASE}.sqlite")
        self.start()

    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")

    def _is_up(self) -> bool:
        try:
            found = httpx.post(f"{self.url}/rpc/", json=_VERSION, timeout=5, trust_env=False)
        except httpx.TransportError:
            return False
        return found.is_success


def required() -> None:
    """Skip where Tryton is not installed, or fail where it must be: TIEBEAM_REQUIRE_TRYTON."""
    if House.here().golden.exists() and (House.here().home / "venv/bin/trytond").exists():
        return
    missing = (
        "the tests of the real ERP want Tryton: run `make tryton`, or `make .tryton/installed`"
    )
    if os.environ.get("TIEBEAM_REQUIRE_TRYTON"):
        pytest.fail(missing)
    pytest.skip(missing)


@pytest.fixture(scope="session")
def tryton(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TrytonServer]:
    """Return the one server of this run. Whoever wants it empty says `tryton.reset()`."""
    required()
    running = TrytonServer(tmp_path_factory.mktemp("tryton"))
    try:
        running.start()
        yield running
    finally:
        running.kill()


@pytest.fixture
def fresh_tryton(tryton: TrytonServer) -> TrytonServer:
    """Return the one server as it is after `make tryton`: modules and no company."""
    tryton.reset()
    return tryton


def _guard() -> list[str]:
    """Return what makes a server go with us, however we go, where there is such a thing."""
    found = shutil.which("setpriv")
    return [found, "--pdeathsig", "KILL"] if found else []
