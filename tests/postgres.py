"""A PostgreSQL server of our own, private to one run of the tests."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest

_BINARIES = Path("/usr/lib/postgresql/15/bin")
_ACCOUNT = "postgres"
_PATIENCE_SECONDS = 20.0
_CARELESS = ("fsync=off", "full_page_writes=off", "synchronous_commit=off")  # nothing to keep


class Server:
    """Runs `postgres` in a folder of its own until it is stopped."""

    def __init__(self) -> None:
        self._become = _unprivileged()
        self._folder = Path(tempfile.mkdtemp(prefix="postgres-"))
        self._port = _free_port()
        self._numbers = count(1)
        if self._become:
            shutil.chown(self._folder, _ACCOUNT, _ACCOUNT)
        self._initialize()
        self._process = self._launch()

    def create_database(self, like: str = "postgresql://template1") -> str:
        """Return the URL of a new database: an empty one, or like that of another URL."""
        name, template = f"tiebeam{next(self._numbers)}", like.rpartition("/")[2]
        with psycopg.connect(self._address("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}".encode())
        return self._address(name).replace("postgresql://", "postgresql+psycopg://", 1)

    def stop(self) -> None:
        self._process.send_signal(signal.SIGINT)  # do not wait for who is still connected
        self._process.wait(timeout=_PATIENCE_SECONDS)
        shutil.rmtree(self._folder)

    def wait(self) -> None:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not self._is_up():
            assert self._process.poll() is None, f"postgres ended: {self._log()}"
            assert time.monotonic() < deadline, f"postgres is not up: {self._log()}"
            time.sleep(0.02)

    def _initialize(self) -> None:
        options = ["--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"]
        program = str(_BINARIES / "initdb")
        subprocess.run(  # noqa: S603 - Debian's own program
            [*self._become, program, *options, "--username=tiebeam", self._data],
            cwd=self._folder,
            check=True,
            capture_output=True,
        )

    def _launch(self) -> subprocess.Popen[bytes]:
        settings = (*_CARELESS, f"unix_socket_directories={self._folder}")
        options = [option for setting in settings for option in ("-c", setting)]
        where = ["-D", self._data, "-h", "127.0.0.1", "-p", str(self._port)]
        # With us gone, however we went, the server shall go too.
        guard = ["setpriv", "--pdeathsig", "INT", *self._become[1:]]
        program = str(_BINARIES / "postgres")
        with (self._folder / "log").open("wb") as log:
            return subprocess.Popen(  # noqa: S603 - Debian's own program
                [*guard, program, *where, *options], cwd=self._folder, stderr=log
            )

    def _is_up(self) -> bool:
        try:
            psycopg.connect(self._address("postgres"), connect_timeout=1).close()
        except psycopg.OperationalError:
            return False
        return True

    @property
    def _data(self) -> str:
        return str(self._folder / "data")

    def _address(self, database: str) -> str:
        return f"postgresql://tiebeam@127.0.0.1:{self._port}/{database}"

    def _log(self) -> str:
        return (self._folder / "log").read_text(errors="replace")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    if not (_BINARIES / "initdb").exists():
        missing = "the store's tests want PostgreSQL 15 too: `apt-get install postgresql`"
        if os.environ.get("TIEBEAM_REQUIRE_POSTGRESQL"):
            pytest.fail(missing)
        pytest.skip(missing)  # `make test` needs only Python and make; CI requires it
    server = Server()
    try:
        server.wait()
        yield server
    finally:
        server.stop()


def _unprivileged() -> list[str]:
    """Return what turns root, whom PostgreSQL refuses, into the package's own account."""
    if os.geteuid() != 0:
        return []
    account = pwd.getpwnam(_ACCOUNT)
    return ["setpriv", f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups"]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
