"""The command line: `tiebeam`. Composes the embedded stack, the stage and the platform."""

import json
import uuid
from collections.abc import AsyncGenerator, Coroutine
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
import uvicorn
from rich.console import Console
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

import settings
from canonical.contracts import ContractId
from canonical.landscape import Landscape
from canonical.systems import ForeignId, SystemId
from connectors import registry
from console import deployment, embedded, explanation, problems, showing, starting, status
from console.embedded import Ports
from console.platform import PlatformDriver, UnknownDealError
from console.problems import NothingRunsError
from console.progress import Progress
from console.stack import Stack, StackError
from gateway import app as gateway_app
from gateway.dispatcher import Dispatcher
from gateway.webhooks import Door
from settings import Settings
from store.database import Database
from store.engagements import UnknownContractError
from telemetry import logs
from world.stage import loader, plays, sabotage
from world.stage.calls import StageError
from world.stage.install import install
from world.stage.keys import Keys
from world.stage.platform import Belief
from world.stage.play import Line, Played, play
from world.stage.problems import ScenarioError
from world.stage.report import Report
from world.stage.systems import Urls

ROOT = Path(__file__).parent
_HERE = Path(".tiebeam")
_BASE = 8400
_PLAYS = "plays.json"
_READABLE: dict[type[Exception], int] = {
    ScenarioError: problems.WRONG_INPUT,
    settings.SettingsError: problems.WRONG_INPUT,
    explanation.UnknownSubjectError: problems.WRONG_INPUT,
    starting.NotStartedError: problems.WRONG_INPUT,
    UnknownDealError: problems.WRONG_INPUT,
    UnknownContractError: problems.WRONG_INPUT,
    StageError: problems.WRONG,
    StackError: problems.NOTHING_RUNS,
}

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
starts = typer.Typer(no_args_is_help=True, help="Start a process by hand, as a webhook would.")
app.add_typer(starts, name="start")

State = Annotated[Path, typer.Option("--state", help="Where the stack keeps its files.")]
Base = Annotated[int, typer.Option("--port", help="The first port; the others follow it.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for a program to read.")]


@dataclass(frozen=True)
class Running:
    """A running stack: how to reach the platform and the systems around it."""

    config: Settings
    landscape: Landscape
    client: Client
    database: Database
    keys: Keys

    @property
    def urls(self) -> Urls:
        """Return where the systems of the firm are."""
        at = {each.role: each.url for each in reversed(self.landscape.systems)}
        return Urls(crm=at["crm"], psa=at["psa"], erp=at["erp"])


class PlatformOnStage:
    """The platform as the stage asks for it."""

    def __init__(self, running: Running) -> None:
        self._driver = PlatformDriver(running.client, running.database, running.landscape)
        self.set_today = self._driver.set_today
        self.cut_off = self._driver.cut_off
        self.settled = self._driver.settled

    async def belief(self) -> Belief:
        """Return what the platform holds true, in the stage's words."""
        return Belief.model_validate(await self._driver.belief())


@app.callback()
def about() -> None:
    """Tiebeam carries a won deal through a firm's systems, exactly once and to the cent.

    New here? `tiebeam demo` starts everything on this machine and plays a deal.

    Exit codes: 0 all is well · 1 something does not hold · 2 wrong input · 3 nothing runs there.
    """


@app.command()
def up(state: State = _HERE, port: Base = _BASE) -> None:
    """Run the embedded stack: Temporal, a sandbox per system, the gateway and a worker.

    It runs until Ctrl-C and keeps what it holds for the next time. Nothing leaves this machine.
    """

    async def work() -> None:
        progress = Progress()
        async with _stack(state, port, progress) as (running, _):
            progress.note(f"ready; Temporal Web UI: {running.config.web_ui}; Ctrl-C stops")
            await problems.told_to_stop()
            progress.note("stopping; what runs may finish")

    _run(work())


@app.command()
def demo(
    state: State = _HERE,
    port: Base = _BASE,
    scenario: Annotated[str, typer.Option(help="A shipped scenario.")] = "tm-rate-change",
    *,
    kill_worker: Annotated[
        bool, typer.Option(help="Kill the worker between the ERP's commit and its answer.")
    ] = False,
    keep: Annotated[bool, typer.Option(help="Go on running in the end, until Ctrl-C.")] = False,
) -> None:
    """Play a won deal from the CRM to a posted invoice, and check the books afterwards."""

    async def work() -> None:
        progress = Progress()
        async with _stack(state, port, progress) as (running, stack):
            plot = sabotage.lost_answer(
                running.urls.erp, lambda: stack.kill("worker"), progress.note
            )
            async with plot if kill_worker else nullcontext():
                played = await _play(running, loader.find(scenario), state, progress)
            _show(played, running)
            if keep:
                progress.note("Ctrl-C stops")
                await problems.told_to_stop()
        _judge(played.report)

    _run(work())


@app.command("play")
def play_scenario(
    scenario: Annotated[str, typer.Argument(help="A scenario file, or a shipped one's name.")],
    report: Annotated[Path | None, typer.Option(help="Where to write the report, as JSON.")] = None,
    state: State = _HERE,
    *,
    as_json: AsJson = False,
) -> None:
    """Play a scenario on the running stack, through the systems' own APIs, and report."""

    async def work() -> None:
        progress = Progress()
        async with _attached(state) as running:
            played = await _play(running, loader.find(scenario), state, progress)
        text = played.report.model_dump_json(indent=1)
        if report is not None:
            report.write_text(text + "\n")
        if as_json:
            typer.echo(text)
        else:
            _show(played, running)
        _judge(played.report)

    _run(work())


@app.command("status")
def show_status(state: State = _HERE, *, as_json: AsJson = False) -> None:
    """Show every engagement: its stage, projects and invoices, and what waits for a person."""

    async def work() -> None:
        async with _attached(state) as running:
            found = await status.read(running.database)
        _print(found, status.tables(found), as_json=as_json)

    _run(work())


@app.command()
def explain(
    subject: Annotated[str, typer.Argument(help="An entry, a milestone or an invoice line.")],
    state: State = _HERE,
    *,
    as_json: AsJson = False,
) -> None:
    """Say why an entry (psa-main:101) or an invoice line (FTI-00000001/1) is (not) billed."""

    async def work() -> None:
        async with _attached(state) as running:
            found = await explanation.explain(running.database, subject)
        _print(found, explanation.views(found), as_json=as_json)

    _run(work())


@app.command()
def verify(state: State = _HERE, *, as_json: AsJson = False) -> None:
    """Read every system back and say whether the conservation laws L-1, L-4 and L-7 hold."""

    async def work() -> None:
        async with _attached(state) as running:
            belief = await PlatformOnStage(running).belief()
            report = await plays.audit(state / _PLAYS, running.urls, running.keys, belief)
        found = report.model_dump(mode="json", include={"verdicts"})
        _print(found, showing.verdicts(found), as_json=as_json)
        _judge(report)

    _run(work())


@starts.command("engagement")
def start_engagement(
    opportunity: Annotated[str, typer.Argument(help="The CRM's id of a won opportunity.")],
    crm: Annotated[str, typer.Option(help="Which CRM of the landscape.")] = "crm-main",
    state: State = _HERE,
) -> None:
    """Take a won opportunity in, as its webhook would; one under way just reads it again."""

    async def work() -> None:
        async with _attached(state) as running:
            subject = ForeignId(system=SystemId(crm), value=opportunity)
            request = f"cli-{uuid.uuid4()}"
            typer.echo(
                await starting.engagement(running.client, running.database, subject, request)
            )

    _run(work())


@starts.command("billing")
def start_billing(
    contract: Annotated[str, typer.Argument(help="Our contract, as in CT-00001.")],
    cut_off: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The last day.")],
    state: State = _HERE,
) -> None:
    """Bill a contract's approved work up to and including a day."""

    async def work() -> None:
        async with _attached(state) as running:
            lane = await starting.bill(
                running.client,
                running.database,
                running.landscape,
                ContractId(contract),
                cut_off.date(),
            )
            typer.echo(lane)

    _run(work())


@starts.command("approval")
def start_approval(
    invoice: Annotated[str, typer.Argument(help="Our reference, as in CT-00001/1/1.")],
    by: Annotated[str, typer.Option(help="Who approves.")],
    state: State = _HERE,
) -> None:
    """Approve an invoice above the limit, exactly as it stands now."""

    async def work() -> None:
        async with _attached(state) as running:
            typer.echo(await starting.approve(running.client, running.database, invoice, by))

    _run(work())


@app.command()
def gateway() -> None:
    """Run the door for webhooks, and hand on what comes in; settings are environment variables."""

    async def work() -> None:
        config = Settings()
        logs.configure(config.log_format, process="gateway")
        landscape = settings.load_landscape(config.landscape)
        client = await _client(config)
        database = Database(config.store_url)
        dispatcher = Dispatcher(client, database)
        application = gateway_app.build(database, _doors(config, landscape), dispatcher)
        server = uvicorn.Config(
            application,
            host=config.gateway_host,
            port=config.gateway_port,
            log_config=None,
            access_log=False,
        )
        await uvicorn.Server(server).serve()
        await database.close()

    _run(work())


@asynccontextmanager
async def _stack(
    state: Path, port: int, progress: Progress
) -> AsyncGenerator[tuple[Running, Stack]]:
    state = Path.cwd() / state
    source = Settings().landscape
    landscape = settings.load_landscape(source)
    ports = Ports.of(landscape, port)
    environment = embedded.environment(state, ports, source, landscape)
    keys = _keys(state)
    config = _config(state)
    database = Database(config.store_url)
    systems = embedded.systems(state, ports, landscape)
    ours = embedded.ours(ROOT, ports, environment)
    stack = Stack([*systems, *ours], state / "logs")
    async with stack.running(progress.up, [child.name for child in systems]):
        await deployment.prepare_store(database, settings.load_mappings(config.mappings))
        running = Running(
            config, settings.load_landscape(config.landscape), await _client(config), database, keys
        )
        await install(running.urls, keys, _outbound(config, running, keys))
        poll = timedelta(seconds=config.poll_seconds)
        await deployment.prepare_engine(running.client, running.landscape, poll=poll)
        await stack.start([child.name for child in ours], progress.up)
        yield running, stack
    await database.close()


@asynccontextmanager
async def _attached(state: Path) -> AsyncGenerator[Running]:
    if not (state / "env").exists():
        msg = f"nothing was ever started in {state}: `tiebeam up` starts a stack there"
        raise NothingRunsError(msg)
    config = _config(state)
    database = Database(config.store_url)
    yield Running(
        config,
        settings.load_landscape(config.landscape),
        await _client(config),
        database,
        _keys(state),
    )
    await database.close()


async def _play(running: Running, scenario: Path, state: Path, progress: Progress) -> Played:
    def on_line(line: Line) -> None:
        if not line.is_done:
            progress.note(f"{line.number}/{line.total}  {line.day}  {line.text}")

    script = loader.load(scenario)
    platform = PlatformOnStage(running)
    played = await play(script, running.urls, running.keys, platform, on_line)
    plays.remember(state / _PLAYS, scenario, played)
    return played


def _keys(state: Path) -> Keys:
    file = state / "keys.json"
    if file.exists():
        return Keys.from_json(file.read_text())
    keys = Keys.fresh()
    embedded.write_secret(file, keys.to_json())
    credentials = {
        "crm-main": {
            "consumer_key": keys.consumer_key,
            "username": keys.username,
            "private_key": keys.private_key_pem,
            "organization": keys.organization_id,
            "webhook_secret": keys.webhook_secret,
        },
        "psa-main": {"token": keys.kantata_tokens[0]},
        "erp-main": {"client_id": keys.client_id, "client_secret": keys.client_secret},
    }
    embedded.write_secret(state / "credentials.toml", embedded.toml(credentials))
    return keys


def _doors(config: Settings, landscape: Landscape) -> dict[SystemId, Door]:
    credentials = settings.load_credentials(config.credentials)
    doors = {}
    for each in landscape.systems:
        if each.vendor in registry.INBOUND:
            secrets = credentials[each.credential]
            doors[each.id] = Door(
                inbound=registry.INBOUND[each.vendor](each.id),
                organization=secrets["organization"].get_secret_value(),
                secret=secrets["webhook_secret"],
            )
    return doors


def _outbound(config: Settings, running: Running, keys: Keys) -> str:
    crm = next(each.id for each in running.landscape.systems if each.role == "crm")
    gateway_url = embedded.url(config.gateway_port)
    return f"{gateway_url}/webhooks/{crm}/{keys.webhook_secret}"


def _config(state: Path) -> Settings:
    return Settings(_env_file=state / "env")


async def _client(config: Settings) -> Client:
    try:
        return await Client.connect(
            config.temporal_address,
            namespace=config.temporal_namespace,
            data_converter=pydantic_data_converter,
            identity="tiebeam",
        )
    except RuntimeError:
        msg = f"no Temporal server answers at {config.temporal_address}: is `tiebeam up` running?"
        raise NothingRunsError(msg) from None


def _show(played: Played, running: Running) -> None:
    found = played.report.model_dump(mode="json")
    screen = Console()
    for view in showing.report(found, web_ui=running.config.web_ui):
        screen.print(view)


def _judge(report: Report) -> None:
    if not report.holds:
        problems.fail("a law does not hold; the breaches are above", problems.WRONG)


def _print(found: dict[str, Any], views: list[Any], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(found, indent=1))
        return
    screen = Console()
    for view in views:
        screen.print(view)


def _run(work: Coroutine[Any, Any, None]) -> None:
    problems.run(work, _READABLE)


def main() -> None:
    """Run the command line."""
    app()


if __name__ == "__main__":
    main()
