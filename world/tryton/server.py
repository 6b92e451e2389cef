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
    LOGGING,
    House,
    TrytonError,
    configuration,
    environment,
    version,
    write_private,
)

_PATIENCE_SECONDS = 3.0  # for a server that is being killed
_LOOK_SECONDS = 0.05


def serve(house: House, databases: Databases, folder: Path, port: int) -> None:
    """Become the server, on loopback, with the data folder's database or a golden copy of it.

    Raises:
        TrytonError: Tryton is not installed or prepared, another server runs on the folder, or
            the database was not begun from it.
    """
    program = house.program("trytond")
    folder.mkdir(parents=True, exist_ok=True)
    lock = _locked(folder)
    fcntl.fcntl(lock, fcntl.F_SETFD, 0)  # inherited: held until the server ends, however it does
    (folder / "pid").write_text(str(os.getpid()))
    is_new = _begin(house, databases, folder)
    written, logging = folder / "trytond.conf", folder / "logging.conf"
    write_private(written, configuration(databases.section(folder), port))
    logging.write_text(LOGGING)
    which = f"{'new ' if is_new else ''}database {DATABASE} of {folder}"
    sys.stdout.write(f"Tryton {version()} listens on http://127.0.0.1:{port}, {which}\n")
    sys.stdout.flush()
    command = [str(program), "-c", str(written), "--logconf", str(logging), "-d", DATABASE]
    os.execve(program, command, environment())  # noqa: S606 - our own installation


def reset(house: House, databases: Databases, folder: Path) -> bool:
    """Put a data folder's database back to the golden copy; return whether a server ran.

    That server is killed: what it holds is thrown away. Whoever watches it may start it again at
    once, since it waits for the folder.
    """
    with _stopped(folder) as was_running:
        databases.drop(folder)
        _begin(house, databases, folder)
    return was_running


def _begin(house: House, databases: Databases, folder: Path) -> bool:
    """Give a folder its database; return False if it has the one that it began with."""
    begun = folder / "begun"
    is_new = databases.provide(folder)
    if is_new:
        begun.write_text(house.key)
    elif not begun.exists() or begun.read_text() != house.key:
        msg = (
            f"database {DATABASE} was not begun from {folder} with these modules: "
            f"`python -m world.tryton reset --data {folder}` throws it away and begins again"
        )
        raise TrytonError(msg)
    return is_new


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
