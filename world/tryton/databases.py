"""Tryton's databases: one is made slowly, once, and from then on copied: the golden copy."""

import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Protocol

from world.tryton import ADMIN_PASSWORD, DATABASE
from world.tryton.house import House, TrytonError, configuration, environment, write_private

_NOT_PREPARED = "there is no golden copy of these modules yet: run `make tryton`"


class Databases(Protocol):
    """What keeps databases: files of SQLite, or a PostgreSQL server."""

    def prepare(self) -> None:
        """Make the golden copy, if there is none."""

    def section(self, folder: Path) -> str:
        """Return what the configuration says of a data folder's database."""

    def provide(self, folder: Path) -> bool:
        """Give a data folder its database; return False if it has one.

        Raises:
            TrytonError: there is no golden copy.
        """

    def drop(self, folder: Path) -> None:
        """Take a data folder's database away; nothing may use it any more."""


def of(house: House, url: str | None) -> Databases:
    """Return the databases of a PostgreSQL server, or, without a URL, files of SQLite."""
    return Postgresql(house, url) if url else Sqlite(house)


class Sqlite:
    """A file per database, in the data folder."""

    def __init__(self, house: House) -> None:
        self._house = house

    def prepare(self) -> None:
        """Make the golden copy, if there is none."""
        golden = self._house.golden
        if golden.exists():
            return
        golden.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=golden.parent) as name:
            folder = Path(name)
            file = _file(folder)
            file.touch()
            _initialize(self._house, self.section(folder), DATABASE)
            keep(file, folder / "golden")
            (folder / "golden").replace(golden)

    def section(self, folder: Path) -> str:
        """Return what the configuration says of a data folder's database."""
        return f"uri = sqlite://\npath = {folder.absolute()}"

    def provide(self, folder: Path) -> bool:
        """Give a data folder its database; return False if it has one.

        Raises:
            TrytonError: there is no golden copy.
        """
        if _file(folder).exists():
            return False
        if not self._house.golden.exists():
            raise TrytonError(_NOT_PREPARED)
        copied = folder / "copied"
        shutil.copyfile(self._house.golden, copied)
        copied.replace(_file(folder))  # whole or not at all
        return True

    def drop(self, folder: Path) -> None:
        """Take a data folder's database away; nothing may use it any more."""
        for suffix in ("", "-wal", "-shm"):
            (folder / f"{DATABASE}.sqlite{suffix}").unlink(missing_ok=True)


class Postgresql:
    """A database `tryton` on a server; the golden copy is a template beside it."""

    def __init__(self, house: House, url: str) -> None:
        self._house = house
        self._url = url if url.endswith("/") else f"{url}/"
        self._golden = f"tiebeam_golden_{house.key}"

    def prepare(self) -> None:
        """Make the golden copy, if there is none."""
        if self._golden in self._names():
            return
        building = f"{self._golden}_building"
        self._do("drop", building)
        self._do("create", building)
        _initialize(self._house, f"uri = {self._url}", building)
        self._do("seal", building, self._golden)

    def section(self, folder: Path) -> str:  # noqa: ARG002 - the server keeps it, no folder
        """Return what the configuration says of the database."""
        return f"uri = {self._url}"

    def provide(self, folder: Path) -> bool:  # noqa: ARG002 - likewise
        """Make the database; return False if there is one.

        Raises:
            TrytonError: there is no golden copy.
        """
        names = self._names()
        if DATABASE in names:
            return False
        if self._golden not in names:
            raise TrytonError(_NOT_PREPARED)
        self._do("copy", self._golden, DATABASE)
        return True

    def drop(self, folder: Path) -> None:  # noqa: ARG002 - likewise
        """Take the database away; who still uses it is cut off."""
        self._do("drop", DATABASE)

    def _names(self) -> set[str]:
        return set(self._do("list").split())

    def _do(self, verb: str, *names: str) -> str:
        script = Path(__file__).with_name("postgresql.py")
        python = self._house.program("python")
        told = environment(TIEBEAM_TRYTON_POSTGRESQL=self._url)  # no argument: it has a password
        return _run("PostgreSQL", [str(python), str(script), verb, *names], told)


def keep(database: Path, copy: Path) -> None:
    """Copy a file of SQLite with all that is committed, while it is used or after a kill."""
    with closing(sqlite3.connect(database)) as found, closing(sqlite3.connect(copy)) as kept:
        found.backup(kept)


def _file(folder: Path) -> Path:
    return folder / f"{DATABASE}.sqlite"


def _initialize(house: House, section: str, name: str) -> None:
    """Make an empty database one of Tryton's, with our modules, users and no company."""
    admin = str(house.program("trytond-admin"))
    with _configured(section) as folder:
        command = [admin, "-c", str(folder / "trytond.conf"), "-d", name]
        passes = environment(TRYTONPASSFILE=str(folder / "password"))
        _run("trytond-admin", [*command, "--update", "ir", "res", "--all"], passes)
        activate = ["--activate-dependencies", "--update", *house.modules]
        _run("trytond-admin", [*command, "--update-modules-list", *activate], passes)


@contextmanager
def _configured(section: str) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_private(folder / "trytond.conf", configuration(section))
        write_private(folder / "password", ADMIN_PASSWORD)
        yield folder


def _run(what: str, command: list[str], passes: Mapping[str, str] | None = None) -> str:
    ran = subprocess.run(  # noqa: S603 - programs of the house
        command,
        env=environment() if passes is None else passes,
        input="\n",  # an empty answer to the one question: the administrator has no address
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode:
        said = ran.stderr.strip().splitlines()
        msg = f"{what} failed: {said[-1] if said else ran.returncode}"
        raise TrytonError(msg)
    return ran.stdout
