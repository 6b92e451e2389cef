"""Progress: what is under way on a terminal, and one line an event anywhere else."""

import time

from rich.console import Console
from rich.text import Text


class Progress:
    """Tells on standard error, so that standard output stays the command's result."""

    def __init__(self) -> None:
        self._screen = Console(stderr=True, highlight=False, soft_wrap=True)
        self._began = time.monotonic()

    def note(self, text: str) -> None:
        """Tell that something happened, and when."""
        self._tell(text)

    def passed(self, checkpoint: str, subject: str) -> None:
        """Tell that the platform has passed a checkpoint."""
        self._tell(("        ✓", "green"), f" {checkpoint} ", (subject, "dim"))

    def stopped(self, error_class: str, text: str, owner: str) -> None:
        """Tell that something waits for a person."""
        self._tell((f"        ■ {error_class}", "yellow"), f" {text} ", (f"({owner})", "dim"))

    def up(self, name: str) -> None:
        """Tell that a process is up."""
        self.note(f"{name} is up")

    def _tell(self, *parts: str | tuple[str, str]) -> None:
        since = (f"{time.monotonic() - self._began:6.1f} s", "dim")
        self._screen.print(Text.assemble(since, "  ", *parts))
