"""The playhouse: the commands that run the embedded stack, play stories on it, and audit them."""

import json
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Protocol

import typer

from canonical.landscape import Landscape
from console import attached, problems, routing, showing, storage
from console.attached import HERE, ON_STAGE, AsJson, Base, Erp, Run, State, Store
from console.progress import Progress
from console.stack import Stack
from runtime import stopping

_BASE = 8400


class Report(Protocol):
    """What every system ended with, and whether the laws hold."""

    @property
    def holds(self) -> bool:
        """Say whether every law holds."""
        ...

    def model_dump_json(self, *, indent: int) -> str:
        """Return all of it as JSON."""
        ...


class Playable(Protocol):
    """A running stack with the firm's people in front of it."""

    @property
    def landscape(self) -> Landscape:
        """Return the landscape of the stack."""
        ...

    @property
    def web_ui(self) -> str:
        """Return where the Temporal Web UI is."""
        ...

    async def play(self, story: Any, progress: Progress) -> Report:  # noqa: ANN401 - the stage's
        """Play a story to its end."""
        ...

    async def audit(self) -> Report:
        """Read back all that was ever played."""
        ...

    def lost_answer(
        self, kill: Callable[[], None], tell: Callable[[str], None]
    ) -> AbstractAsyncContextManager[None]:
        """Return a block in which the ERP commits an invoice unanswered, and `kill` is called."""
        ...


class Opened(Protocol):
    """Runs an embedded stack for as long as a block lasts."""

    def __call__(
        self, state: Path, port: int, progress: Progress, *, erp: str | None, database: str | None
    ) -> AbstractAsyncContextManager[tuple[Playable, Stack]]:
        """Return that block."""
        ...


class Playhouse:
    """Commands over a stack that `opened` runs or `attach` finds; `story` reads a scenario."""

    def __init__(
        self,
        opened: Opened,
        attach: Callable[[Path], AbstractAsyncContextManager[Playable]],
        story: Callable[[str], Any],
        run: Run,
    ) -> None:
        self._opened = opened
        self._attach = attach
        self._story = story
        self._run = run

    def add_to(self, app: typer.Typer) -> None:
        """Add the commands to the command line."""
        app.command("up", rich_help_panel=ON_STAGE)(self.up)
        app.command("demo", rich_help_panel=ON_STAGE)(self.demo)
        app.command("play", rich_help_panel=ON_STAGE)(self.play)
        app.command("verify", rich_help_panel=ON_STAGE)(self.verify)

    def up(
        self, state: State = HERE, port: Base = _BASE, erp: Erp = None, database: Store = None
    ) -> None:
        """Run the stack here: Temporal, systems, gateway and worker.

        It runs until Ctrl-C and keeps what it holds for the next time.
        Nothing leaves this machine.
        """

        async def work() -> None:
            progress = Progress()
            storage.refuse_password(database)
            opened = self._opened(state, port, progress, erp=erp, database=database)
            async with opened as (running, _):
                progress.note(f"ready; Temporal Web UI: {running.web_ui}; Ctrl-C stops")
                await stopping.told_to_stop()
                progress.note("stopping; what runs may finish")

        self._run(work())

    def demo(  # noqa: PLR0913 - these are the options of a command
        self,
        state: State = HERE,
        port: Base = _BASE,
        scenario: Annotated[str, typer.Option(help="A shipped scenario.")] = "tm-rate-change",
        erp: Erp = None,
        database: Store = None,
        *,
        kill_worker: Annotated[
            bool, typer.Option(help="Kill the worker between the ERP's commit and its answer.")
        ] = False,
        keep: Annotated[bool, typer.Option(help="Go on running in the end, until Ctrl-C.")] = False,
    ) -> None:
        """Play a won deal to a posted invoice, and check the books."""

        async def work() -> None:
            progress, story = Progress(), self._story(scenario)
            storage.refuse_password(database)
            opened = self._opened(state, port, progress, erp=erp, database=database)
            async with opened as (running, stack):
                kill = partial(stack.kill, "worker")
                plot = running.lost_answer(kill, progress.note) if kill_worker else None
                async with plot or nullcontext():
                    report = await running.play(story, progress)
                attached.show(showing.report(_values(report), running.web_ui))
                if keep:
                    progress.note("Ctrl-C stops")
                    await stopping.told_to_stop()
            _judge(report)

        self._run(work())

    def play(
        self,
        scenario: Annotated[str, typer.Argument(help="A scenario file, or a shipped one's name.")],
        report: Annotated[
            Path | None, typer.Option(help="Where to write the report, as JSON.")
        ] = None,
        state: State = HERE,
        erp: Erp = None,
        *,
        as_json: AsJson = False,
    ) -> None:
        """Play a scenario on the running stack, and report.

        What people do in it goes through the systems' own APIs.
        """

        async def work() -> None:
            story = self._story(scenario)
            problems.refuse_unwritable(report)
            async with self._attach(state) as running:
                routing.refuse_other(running.landscape, erp)
                found = await running.play(story, Progress())
            if report is not None:
                report.write_text(found.model_dump_json(indent=1) + "\n")
            values = _values(found)
            attached.tell(values, showing.report(values, running.web_ui), as_json=as_json)
            _judge(found)

        self._run(work())

    def verify(self, state: State = HERE, *, as_json: AsJson = False) -> None:
        """Read every system back: do the books hold?

        Do L-1, L-4 and L-7 hold, and do invoices, cost and ledger tie out?
        """

        async def work() -> None:
            async with self._attach(state) as running:
                report = await running.audit()
            found = {"verdicts": _values(report)["verdicts"]}
            attached.tell(found, showing.verdicts(found), as_json=as_json)
            _judge(report)

        self._run(work())


def _values(report: Report) -> dict[str, Any]:
    values: dict[str, Any] = json.loads(report.model_dump_json(indent=1))
    return values


def _judge(report: Report) -> None:
    if not report.holds:
        problems.fail("a law does not hold; the breaches are above", problems.WRONG)
