"""The engine room: the commands that keep a deployment's Temporal namespace in order."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Annotated

import typer
from rich.text import Text

from console import attached, builds, deployment
from console.attached import IN_CARE, AsJson, Run
from console.site import Site

_STATES = {
    "current": "takes new runs",
    "ramping": "takes some of the new runs",
    "draining": "finishes its runs: keep its workers",
    "drained": "has no run left: its workers can stop",
    "inactive": "never took a run",
}


class EngineRoom:
    """Commands over the namespace that the settings of the environment name."""

    def __init__(self, read: Callable[[], Site], run: Run) -> None:
        self._read = read
        self._run = run

    def add_to(self, app: typer.Typer) -> None:
        """Add the commands to the command line."""
        commands = typer.Typer(
            no_args_is_help=True, help="Set the Temporal namespace up, and promote builds."
        )
        commands.command("setup")(self.setup)
        commands.command("builds")(self.builds)
        commands.command("promote")(self.promote)
        app.add_typer(commands, name="temporal", rich_help_panel=IN_CARE)

    def setup(self) -> None:
        """Register search attributes, set up the Schedules and the systems' budgets; repeatable."""

        async def work() -> None:
            here = self._read()
            landscape, client = here.landscape(), await here.client()
            done = await deployment.prepare_engine(
                client, landscape, poll=here.poll, deployment=here.deployment
            )
            typer.echo("\n".join(done))

        self._run(work())

    def builds(self, *, as_json: AsJson = False) -> None:
        """Show which build takes new runs, and which can be stopped because it is drained."""

        async def work() -> None:
            here = self._read()
            found = await builds.known(await here.client(), here.deployment)
            told = {"deployment": here.deployment, "builds": [asdict(each) for each in found]}
            lines = [Text(f"{each.id}: {each.state}, {_STATES[each.state]}") for each in found]
            attached.tell(told, lines, as_json=as_json)

        self._run(work())

    def promote(
        self, build: Annotated[str, typer.Argument(help="A TIEBEAM_BUILD whose workers run.")]
    ) -> None:
        """Let a build take all new runs; runs under way finish where they began."""

        async def work() -> None:
            here = self._read()
            before = await builds.promote(await here.client(), here.deployment, build)
            if before == build:
                typer.echo(f"nothing to do: {build} takes new runs already")
                return
            drained = (
                f"; {before} finishes its own: `tiebeam temporal builds` says when"
                if before
                else ""
            )
            typer.echo(f"{build} takes new runs from now on{drained}")

        self._run(work())
