"""The command line: `tiebeam`. Composes the embedded stack, the stage and the platform."""

from collections.abc import AsyncGenerator, Coroutine
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

import settings
from canonical.landscape import Landscape
from console import attached, deployment, embedded, engine, live, problems, routing, showing
from console.attached import HERE, AsJson, Attached, Base, Erp, State
from console.desk import Desk
from console.embedded import Ports, Processes
from console.platform import PlatformDriver
from console.progress import Progress
from console.refusals import READABLE
from console.stack import Stack
from gateway import doors, server
from settings import Settings
from store.database import Database
from telemetry import logs
from world.stage.calls import StageError
from world.stage.keys import Keys
from world.stage.ledgers import Ledger
from world.stage.platform import Belief
from world.stage.problems import ScenarioError
from world.stage.report import Report
from world.stage.systems import Urls
from world.stage.theater import Story, Theater

ROOT = Path(__file__).parent
_BASE = 8400
_READABLE: dict[type[Exception], int] = {
    **READABLE,
    ScenarioError: problems.WRONG_INPUT,
    settings.SettingsError: problems.WRONG_INPUT,
    StageError: problems.WRONG,
}

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@dataclass(frozen=True)
class Running(Attached):
    """A running stack: how to reach the platform and the systems around it."""

    config: Settings
    theater: Theater


class PlatformOnStage(PlatformDriver):
    """The platform as the stage asks for it."""

    def __init__(self, running: Running) -> None:
        super().__init__(running.client, running.database, running.landscape)

    async def belief(self) -> Belief:
        """Return what the platform holds true, in the stage's words."""
        return Belief.model_validate(await self.held_true())


@app.callback()
def about() -> None:
    """Tiebeam carries a won deal through a firm's systems, exactly once and to the cent.

    New here? `tiebeam demo` starts everything on this machine and plays a deal.

    Exit codes: 0 all is well · 1 something does not hold · 2 wrong input · 3 nothing runs there.
    """


@app.command()
def up(state: State = HERE, port: Base = _BASE, erp: Erp = None) -> None:
    """Run the embedded stack: Temporal, the systems, the gateway and a worker.

    It runs until Ctrl-C and keeps what it holds for the next time. Nothing leaves this machine.
    """

    async def work() -> None:
        progress = Progress()
        async with embedded_stack(state, port, progress, erp=erp) as (running, _):
            progress.note(f"ready; Temporal Web UI: {running.config.web_ui}; Ctrl-C stops")
            await problems.told_to_stop()
            progress.note("stopping; what runs may finish")

    _run(work())


@app.command()
def demo(  # noqa: PLR0913 - these are the options of a command
    state: State = HERE,
    port: Base = _BASE,
    scenario: Annotated[str, typer.Option(help="A shipped scenario.")] = "tm-rate-change",
    erp: Erp = None,
    *,
    kill_worker: Annotated[
        bool, typer.Option(help="Kill the worker between the ERP's commit and its answer.")
    ] = False,
    keep: Annotated[bool, typer.Option(help="Go on running in the end, until Ctrl-C.")] = False,
) -> None:
    """Play a won deal from the CRM to a posted invoice, and check the books afterwards."""

    async def work() -> None:
        progress, story = Progress(), Story.of(scenario)
        async with embedded_stack(state, port, progress, erp=erp) as (running, stack):
            kill = partial(stack.kill, "worker")
            plot = running.theater.lost_answer(kill, progress.note) if kill_worker else None
            async with plot or nullcontext():
                report = await _play(running, story, progress)
            attached.show(showing.report(report.model_dump(mode="json"), running.config.web_ui))
            if keep:
                progress.note("Ctrl-C stops")
                await problems.told_to_stop()
        _judge(report)

    _run(work())


@app.command("play")
def play_scenario(
    scenario: Annotated[str, typer.Argument(help="A scenario file, or a shipped one's name.")],
    report: Annotated[Path | None, typer.Option(help="Where to write the report, as JSON.")] = None,
    state: State = HERE,
    erp: Erp = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Play a scenario on the running stack, through the systems' own APIs, and report."""

    async def work() -> None:
        story = Story.of(scenario)
        problems.refuse_unwritable(report)
        async with attach(state) as running:
            routing.refuse_other(running.landscape, erp)
            found = await _play(running, story, Progress())
        if report is not None:
            report.write_text(found.model_dump_json(indent=1) + "\n")
        values = found.model_dump(mode="json")
        attached.tell(values, showing.report(values, running.config.web_ui), as_json=as_json)
        _judge(found)

    _run(work())


@app.command()
def verify(state: State = HERE, *, as_json: AsJson = False) -> None:
    """Read every system back: do L-1, L-4 and L-7 hold, do invoices, cost and ledger tie out?"""

    async def work() -> None:
        async with attach(state) as running:
            report = await running.theater.audit(PlatformOnStage(running))
        found = report.model_dump(mode="json", include={"verdicts"})
        attached.tell(found, showing.verdicts(found), as_json=as_json)
        _judge(report)

    _run(work())


@app.command()
def gateway() -> None:
    """Run the door for webhooks, and hand on what comes in; settings are environment variables."""

    async def work() -> None:
        config = settings.read()
        logs.configure(config.log_format, process="gateway")
        pushing = doors.pushing(settings.load_landscape(config.landscape))
        known = doors.build(pushing, settings.load_secrets(config.credentials, pushing))
        client = await engine.connect(config.temporal_address, config.temporal_namespace)
        database = Database(config.store_url)
        await server.serve(client, database, known, config.gateway_host, config.gateway_port)
        await database.close()

    _run(work())


@asynccontextmanager
async def embedded_stack(
    state: Path,
    port: int,
    progress: Progress,
    processes: Processes = embedded.ours,
    erp: str | None = None,
) -> AsyncGenerator[tuple[Running, Stack]]:
    """Run an embedded stack, with `processes` of ours, for as long as the block lasts.

    With `erp`, the landscape's ERP of that vendor serves every entity.

    Raises:
        StackError: it does not come up; the text says why.
    """
    state = Path.cwd() / state
    source = settings.read().landscape
    landscape = settings.load_landscape(source, erp=erp)
    ports = Ports.of(landscape, port)
    with embedded.locked(state):
        environment = embedded.environment(state, ports, source, landscape)
        systems = embedded.systems(state, ports, landscape)
        ours = processes(ROOT, ports, environment)
        stack = Stack([*systems, *ours], state / "logs")
        async with (
            stack.running(progress.up, [child.name for child in systems]),
            _opened(state) as running,
        ):
            await _prepare(running, embedded.url(ports.gateway))
            await stack.start([child.name for child in ours], progress.up)
            yield running, stack


async def _prepare(running: Running, gateway_url: str) -> None:
    config, landscape = running.config, running.landscape
    await deployment.prepare_store(running.database, settings.load_mappings(config.mappings))
    crm = next(each.id for each in landscape.systems if each.role == "crm")
    secret = running.theater.keys.webhook_secret
    await running.theater.install(f"{gateway_url}/webhooks/{crm}/{secret}")
    poll = timedelta(seconds=config.poll_seconds)
    await deployment.prepare_engine(running.client, landscape, poll=poll)


@asynccontextmanager
async def attach(state: Path) -> AsyncGenerator[Running]:
    """Reach a stack that runs already.

    Raises:
        NothingRunsError: none does.
    """
    problems.refuse_never_started(state)
    async with _opened(state) as running:
        yield running


@asynccontextmanager
async def _opened(state: Path) -> AsyncGenerator[Running]:
    config = settings.of_stack(state)
    landscape = settings.load_landscape(config.landscape)
    database = Database(config.store_url)
    try:
        client = await engine.connect(config.temporal_address, config.temporal_namespace)
        theater = Theater(_urls(landscape), _keys(state, landscape), state / "plays.json")
        yield Running(landscape, client, database, config, theater)
    finally:
        await database.close()


async def _play(running: Running, story: Story, progress: Progress) -> Report:
    async with live.checkpoints(running.database, progress):
        return await running.theater.play(story, PlatformOnStage(running), progress.note)


def _urls(landscape: Landscape) -> Urls:
    at = {each.role: each.url for each in reversed(landscape.systems)}
    ledgers = [
        Ledger(
            system=each.id,
            vendor=each.vendor,
            url=each.url,
            entities=frozenset(
                entity for entity, routes in landscape.routes.items() if routes.erp == each.id
            ),
            database=each.options.get("database", ""),
        )
        for each in landscape.systems
        if each.role == "erp"
    ]
    return Urls(crm=at["crm"], psa=at["psa"], erps=tuple(ledgers))


def _keys(state: Path, landscape: Landscape) -> Keys:
    keys = Keys.kept(state / "keys.json")
    credentials = {each.credential: keys.of_vendor(each.vendor) for each in landscape.systems}
    embedded.write_credentials(state, credentials)
    return keys


def _judge(report: Report) -> None:
    if not report.holds:
        problems.fail("a law does not hold; the breaches are above", problems.WRONG)


def _run(work: Coroutine[Any, Any, None]) -> None:
    problems.run(work, _READABLE)


Desk(attach, _run).add_to(app)


def main() -> None:
    """Run the command line."""
    try:
        app()
    except SystemExit as done:
        problems.leave(done.code if isinstance(done.code, int) else problems.WRONG)


if __name__ == "__main__":
    main()
