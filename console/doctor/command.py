"""The command `tiebeam doctor`."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import RenderableType

from console import attached, problems
from console.attached import AT_WORK, HERE, AsJson, Run, State
from console.doctor import examination, report
from console.doctor.place import Place


class Doctor:
    """The command over the stack of a state, or over what the environment's settings name."""

    def __init__(self, place: Callable[[Path], Place], run: Run) -> None:
        self._place = place
        self._run = run

    def add_to(self, app: typer.Typer) -> None:
        """Add the command to the command line."""
        app.command("doctor", rich_help_panel=AT_WORK)(self.examine)

    def examine(
        self,
        state: State = HERE,
        gateway: Annotated[
            str | None,
            typer.Option(help="Its address, if it is not where the settings let it listen."),
        ] = None,
        system: Annotated[
            list[str] | None, typer.Option(help="Only this system of the landscape; repeatable.")
        ] = None,
        *,
        as_json: AsJson = False,
    ) -> None:
        """Examine stack and systems: what is wrong, and what to do.

        Reads only. Without a stack in the state, it examines what the settings of the
        environment name. Exit code 1: something is broken; 3: nothing answers at all.
        """

        async def work() -> None:
            place = self._place(state)
            chosen = examination.chosen(place.landscape(), system or [])
            found = await examination.examine(place, chosen, gateway)
            views: list[RenderableType] = [*report.tables(found), report.sentence(found)]
            attached.tell(report.plain(found), views, as_json=as_json)
            if examination.is_nothing_there(found):
                raise typer.Exit(problems.NOTHING_RUNS)
            if report.counted(found)["broken"]:
                raise typer.Exit(problems.WRONG)

        self._run(work())
