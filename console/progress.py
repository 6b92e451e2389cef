"""Progress: what is under way on a terminal, and one line an event anywhere else."""

import sys
import time
from collections.abc import Generator
from contextlib import contextmanager

from rich.console import Console
from rich.status import Status


class Progress:
    """Tells on standard error, so that standard output stays the command's result."""

    def __init__(self) -> None:
        self._screen = Console(stderr=True, highlight=False)
        self._began = time.monotonic()
        self._status: Status | None = None

    @contextmanager
    def doing(self, what: str) -> Generator[None]:
        """Show that something is under way for as long as the block lasts."""
        if not sys.stderr.isatty():
            self.note(what)
            yield
            return
        with self._screen.status(what) as self._status:
            yield
        self._status = None

    def note(self, text: str) -> None:
        """Tell that something happened, and when."""
        self._screen.print(f"[dim]{time.monotonic() - self._began:6.1f} s[/]  {text}")

    def up(self, name: str) -> None:
        """Tell that a process is up."""
        self.note(f"{name} is up")
