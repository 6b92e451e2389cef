"""The command line: `tiebeam`. Composes the embedded stack, the stage and the platform."""

from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import typer
from temporalio.client import Client

import settings
from canonical.findings import Brief, Finding
from canonical.landscape import Landscape, SystemInstance
from canonical.mappings import Mapping
from console import choosing, deployment, embedded, live, problems, site, storage
from console.attached import IN_CARE, Attached
from console.desk import Desk
from console.doctor.command import Doctor
from console.doctor.opening import Opening
from console.embedded import Ports, Processes
from console.engine_room import EngineRoom
from console.invoices import InvoiceDesk
from console.platform import PlatformDriver
from console.playhouse import Playhouse
from console.progress import Progress
from console.refusals import READABLE
from console.stack import Stack
from console.storekeeper import Storekeeper
from gateway import doors, server
from runtime.connection import NoServerError, WrongConnectionError, connect, kept
from settings import Settings
from store import schema
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
_READABLE: dict[type[Exception], int] = {
    **READABLE,
    NoServerError: problems.NOTHING_RUNS,
    ScenarioError: problems.WRONG_INPUT,
    WrongConnectionError: problems.WRONG_INPUT,
    settings.SettingsError: problems.WRONG_INPUT,
    StageError: problems.WRONG,
}

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@dataclass(frozen=True)
class Running(Attached):
    """A running stack: how to reach the platform and the systems around it."""

    config: Settings
    theater: Theater

    @property
    def web_ui(self) -> str:
        """Return where the Temporal Web UI is."""
        return self.config.web_ui

    async def play(self, story: Story, progress: Progress) -> Report:
        """Play a story to its end."""
        async with live.checkpoints(self.database, progress):
            return await self.theater.play(story, PlatformOnStage(self), progress.note)

    async def audit(self) -> Report:
        """Read back all that was ever played."""
        return await self.theater.audit(PlatformOnStage(self))

    def lost_answer(
        self, kill: Callable[[], None], tell: Callable[[str], None]
    ) -> AbstractAsyncContextManager[None]:
        """Return a block in which the ERP commits an invoice unanswered, and `kill` is called."""
        return self.theater.lost_answer(kill, tell)


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


def gateway() -> None:
    """Run the door for webhooks; its settings are environment variables."""

    async def work() -> None:
        config = settings.read()
        logs.configure(config.log_format, process="gateway")
        landscape = settings.load_landscape(config.landscape)
        pushing = doors.pushing(landscape, settings.load_credentials(config.credentials))
        known = doors.build(pushing, settings.load_secrets(config.credentials, pushing))
        connection = settings.connection(config)
        client = await connect(connection, identity="tiebeam-gateway", lazy=True)
        database = Database(settings.store_url(config))
        await schema.refuse_other(database, newer=config.allow_newer_schema)
        async with kept(client, connection):
            await server.serve(client, database, known, config.gateway_host, config.gateway_port)
        await database.close()

    _run(work())


@asynccontextmanager
async def embedded_stack(  # noqa: PLR0913 - it takes the options of `up`
    state: Path,
    port: int,
    progress: Progress,
    processes: Processes = embedded.ours,
    *,
    erp: str | None = None,
    database: str | None = None,
) -> AsyncGenerator[tuple[Running, Stack]]:
    """Run an embedded stack, with `processes` of ours, for as long as the block lasts.

    With `erp`, the landscape's ERP of that vendor serves every entity; with `database`, the store
    is there.

    Raises:
        StackError: it does not come up; the text says why.
        StoreError: the database cannot be opened.
    """
    state = Path.cwd() / state
    config = settings.read()
    source = config.landscape
    if database is None and config.database is not None:
        database = config.database.get_secret_value()
    landscape = settings.load_landscape(source, erp=erp)
    ports = Ports.of(landscape, port)
    await storage.refuse_unusable(state, storage.chosen(state, database))
    with embedded.locked(state):
        environment = embedded.environment(state, ports, source, landscape, database)
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

    def door(system: str) -> str:
        return f"{gateway_url}/webhooks/{system}/{secret}"

    await running.theater.install(door(crm), door)
    poll = timedelta(seconds=config.poll_seconds)
    name = config.deployment
    await deployment.prepare_engine(running.client, landscape, poll=poll, deployment=name)


@asynccontextmanager
async def attach(state: Path) -> AsyncGenerator[Running]:
    """Reach a stack that runs already.

    Raises:
        NothingRunsError: none does.
    """
    choosing.refuse_none(state)
    async with _opened(state) as running:
        yield running


@asynccontextmanager
async def _opened(state: Path) -> AsyncGenerator[Running]:
    config = settings.of_stack(state)
    landscape = settings.load_landscape(config.landscape)
    database = Database(settings.store_url(config))
    try:
        client = await connect(settings.connection(config), identity="tiebeam")
        theater = Theater(_urls(landscape), _keys(state, landscape), state / "plays.json")
        yield Running(landscape, client, database, config, theater)
    finally:
        await database.close()


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


def _run(work: Coroutine[Any, Any, None]) -> None:
    problems.run(work, _READABLE)


class Here:
    """The site that the settings of the environment name, or those of a stack of ours."""

    def __init__(self, config: Settings | None = None, directory: Path | None = None) -> None:
        self._config = config or settings.read()
        self.directory = directory or Path.cwd()
        self.gateway = f"http://{self._config.gateway_host}:{self._config.gateway_port}"
        self.deployment = self._config.deployment
        self.poll = timedelta(seconds=self._config.poll_seconds)
        self.allows_newer_schema = self._config.allow_newer_schema

    def database(self) -> Database:
        """Return the store."""
        return Database(settings.store_url(self._config))

    def landscape(self) -> Landscape:
        """Return the systems."""
        return settings.load_landscape(self._config.landscape)

    def mappings(self, file: Path | None) -> tuple[Mapping, ...]:
        """Return the value mappings of a file, or of the one that the settings name."""
        return settings.load_mappings(file or self._config.mappings)

    async def client(self) -> Client:
        """Return a connection to the Temporal server."""
        return await connect(settings.connection(self._config), identity="tiebeam")

    async def examine(self, instance: SystemInstance, brief: Brief) -> tuple[Finding, ...]:
        """Return what is found of a system, or of our own configuration of it."""
        secrets = partial(settings.load_secrets, self._config.credentials)
        opening = Opening(secrets, settings.explained, settings.SettingsError)
        return await opening.examine(instance, brief)


def _at(state: Path) -> Here:
    return Here(settings.of_stack(state), state) if choosing.is_stack(state) else Here()


def _platform(state: Path) -> AbstractAsyncContextManager[Attached]:
    return site.attached(Here(choosing.chosen(state, settings.read(), settings.of_stack)))


Playhouse(embedded_stack, attach, Story.of, _run).add_to(app)
Desk(_platform, _run).add_to(app)
Storekeeper(Here, _run).add_to(app)
InvoiceDesk(_platform, _run).add_to(app)
EngineRoom(Here, _run).add_to(app)
Doctor(_at, _run).add_to(app)
app.command(rich_help_panel=IN_CARE)(gateway)


def main() -> None:
    """Run the command line."""
    try:
        app()
    except SystemExit as done:
        problems.leave(done.code if isinstance(done.code, int) else problems.WRONG)


if __name__ == "__main__":
    main()
