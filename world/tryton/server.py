"""The server on a data folder: it is ours alone, and a reset finds it by its lock."""

import fcntl
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from world.tryton import DATABASE
from world.tryton.databases import Databases
from world.tryton.house import (
    House,
    TrytonError,
    configuration,
    environment,
    version,
    write_private,
)

_PATIENCE_SECONDS = 10.0
_LOOK_SECONDS = 0.05


def serve(house: House, databases: Databases, folder: Path, port: int) -> None:
    """Become the server, on loopback, with the data folder's database or a golden copy of it.

    Raises:
        TrytonError: Tryton is not installed or prepared, or another server runs on the folder.
    """
    program = house.program("trytond")
    folder.mkdir(parents=True, exist_ok=True)
    lock = _locked(folder)
    fcntl.fcntl(
        lock, fcntl.F_SETFD, 0
    )  # inherited: held for as long as the server lives, however it ends
    (folder / "pid").write_text(str(os.getpid()))
    is_new = databases.provide(folder)
    written = folder / "trytond.conf"
    write_private(written, configuration(databases.section(folder), port))
    which = f"{'new ' if is_new else ''}database {DATABASE} of {folder}"
    sys.stdout.write(f"Tryton {version()} listens on http://127.0.0.1:{port}, {which}\n")
    sys.stdout.flush()
    command = [str(program), "-c", str(written), "-d", DATABASE]
    os.execve(program, command, environment())  # noqa: S606 - our own installation


def reset(databases: Databases, folder: Path) -> bool:
    """Put a data folder's database back to the golden copy; return whether a server ran.

    That server is killed: what it holds is thrown away. Whoever watches it may start it again at
    once, since it waits for the folder.
    """
    with _stopped(folder) as was_running:
        databases.drop(folder)
        databases.provide(folder)
    return was_running


@contextmanager
def _stopped(folder: Path) -> Iterator[bool]:
    folder.mkdir(parents=True, exist_ok=True)
    lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        was_running = not _takes(lock)
        if was_running:
            with suppress(ProcessLookupError):
                os.kill(int((folder / "pid").read_text()), signal.SIGKILL)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield was_running
    finally:
        os.close(lock)


def _locked(folder: Path) -> int:
    lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not _takes(lock):
        if time.monotonic() > deadline:
            msg = f"another Tryton runs on {folder}: stop it, or choose another folder"
            raise TrytonError(msg)
        time.sleep(_LOOK_SECONDS)
    return lock


def _takes(lock: int) -> bool:
    """Take a lock if it is free, and return whether it is ours now."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
