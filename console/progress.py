"""Progress: what is under way on a terminal, and one line an event anywhere else."""

import time

from rich.console import Console


class Progress:
    """Tells on standard error, so that standard output stays the command's result."""

    def __init__(self) -> None:
        self._screen = Console(stderr=True, highlight=False, soft_wrap=True)
        self._began = time.monotonic()

    def note(self, text: str) -> None:
        """Tell that something happened, and when."""
        self._screen.print(f"[dim]{time.monotonic() - self._began:6.1f} s[/]  {text}")

    def passed(self, checkpoint: str, subject: str) -> None:
        """Tell that the platform has passed a checkpoint."""
        self.note(f"        [green]✓[/] {checkpoint} [dim]{subject}[/]")

    def stopped(self, error_class: str, text: str, owner: str) -> None:
        """Tell that something waits for a person."""
        self.note(f"        [yellow]■ {error_class}[/] {text} [dim]({owner})[/]")

    def up(self, name: str) -> None:
        """Tell that a process is up."""
        self.note(f"{name} is up")
