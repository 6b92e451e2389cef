"""Where Tryton lives: its interpreter, its golden copies, its configuration."""

import hashlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PINNED = ROOT / "requirements/tryton.txt"
MODULES = (
    *("account", "account_invoice", "account_product", "analytic_account", "analytic_invoice"),
    *("company", "country", "currency", "party", "product"),
    *("project", "project_invoice", "project_revenue", "timesheet", "timesheet_cost"),
)
_KEY_LENGTH = 12
_VERSION = re.compile(r"^trytond==(\S+)", re.MULTILINE)
LOGGING = """\
[loggers]
keys = root, werkzeug
[handlers]
keys = errors
[formatters]
keys = line
[logger_root]
level = ERROR
handlers = errors
[logger_werkzeug]
level = WARNING
handlers =
qualname = werkzeug
[handler_errors]
class = StreamHandler
args = (sys.stderr,)
formatter = line
[formatter_line]
format = %(asctime)s %(levelname)s %(name)s %(message)s
"""  # not a line for every request
_OURS = "[web]\nlisten = 127.0.0.1:{port}\nroot =\n[session]\nauthentications = password\n"


class TrytonError(Exception):
    """Tryton cannot be used; the text says why and what to do."""


@dataclass(frozen=True)
class House:
    """The folder that Tryton is installed in, and what stands in it."""

    home: Path
    modules: tuple[str, ...] = MODULES

    @classmethod
    def here(cls) -> "House":
        """Return the folder that TIEBEAM_TRYTON names, else `.tryton` of the repository."""
        return cls(Path(os.environ.get("TIEBEAM_TRYTON", ROOT / ".tryton")).absolute())

    @property
    def key(self) -> str:
        """Return what tells databases of other packages or modules apart."""
        said = PINNED.read_bytes() + " ".join(self.modules).encode()
        return hashlib.sha256(said).hexdigest()[:_KEY_LENGTH]

    @property
    def golden(self) -> Path:
        """Return where the golden copy of SQLite is kept."""
        return self.home / "golden" / f"{self.key}.sqlite"

    def program(self, name: str) -> Path:
        """Return a program of Tryton's interpreter, or the interpreter itself.

        Raises:
            TrytonError: Tryton is not installed.
        """
        found = self.home / "venv/bin" / name
        if not found.exists():
            msg = f"Tryton is not installed in {self.home}: run `make tryton`"
            raise TrytonError(msg)
        return found


def version() -> str:
    """Return the version of Tryton that is pinned."""
    found = _VERSION.search(PINNED.read_text())
    return found[1] if found else "of no version"


def configuration(database: str, port: int = 0) -> str:
    """Return the text of a configuration file; `database` is its section of that name."""
    return f"{_OURS.format(port=port)}[database]\n{database}\n"


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read: it may hold a password."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)


def environment(**more: str) -> Mapping[str, str]:
    """Return our environment without what would overrule the configuration file."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TRYTOND_")}
    return kept | more
