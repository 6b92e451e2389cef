"""A deployment of the compose file on this machine, with sandboxes as its systems."""

import os
import subprocess
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import tomlkit
from sqlalchemy.engine import make_url

import starter
from bench.deals import Deals
from bench.house import TODAY
from bench.house import House as Bench
from console import routing
from console.stack import Stack
from runtime.queues import DOMAINS
from settings import Settings, load_credentials, load_landscape
from starter import PlatformOnStage, Running
from tests import postgres, servers
from tests.deploy.compose import ROOT, Compose
from tests.deploy.compose import Service as Written
from tests.deploy.gate import Gate, gate
from tests.deploy.services import House, running
from tests.deploy.services import Running as Service
from tests.world.processes import Server
from world.stage import loader, systems

NAMESPACE = "tiebeam"
VERSION = "0.0.1"
PASSWORD = "canary-of-the-store"  # noqa: S105 - to be searched for
_STORY = "tm-rate-change"
_DOOR = ("organization", "webhook_secret")  # all that the gateway knows of a system


@dataclass(frozen=True)
class Ended:
    """How a command ended, and all that it told."""

    code: int
    told: str


@dataclass(frozen=True)
class Site:
    """Every service of ours, healthy; the gates to what they depend on; and the firm's deals."""

    house: House
    all: Mapping[str, Service]
    temporal: Gate
    store: Gate
    running: Running
    deals: Deals
    secrets: tuple[str, ...]

    @property
    def services(self) -> Mapping[str, Service]:
        """Return the services that do not end by themselves."""
        return {name: each for name, each in self.all.items() if not each.service.is_once}

    async def asked(self, *words: str) -> Ended:
        """Run a command as a person does, with `docker compose run --rm tiebeam`."""
        return await self.ended(self.house.compose.services["tiebeam"].asked(*words))

    async def ended(self, service: Written) -> Ended:
        """Run a service, or a command in its environment, to its end."""
        async with running(self.house, service) as found:
            code = await found[service.name].finished()
            return Ended(code, found[service.name].told())

    async def well(self) -> None:
        """Wait until every service is well."""
        for each in self.services.values():
            await each.until(is_well=True)


@asynccontextmanager
async def opened(folder: Path, database: postgres.Server) -> AsyncGenerator[Site]:
    """Bring the deployment up in the order of the compose file, and take it down in the end."""
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(await servers.temporal())
        target = server.client.service_client.config.target_host
        url = make_url(database.create_database())
        temporal = await stack.enter_async_context(gate(target))
        store = await stack.enter_async_context(gate(f"127.0.0.1:{url.port}"))
        create_namespace(target, NAMESPACE)
        state = _state(folder, _sandboxes(stack, folder), target, url.render_as_string())
        found = await stack.enter_async_context(starter.attach(state))
        secrets = _write_secrets(folder / "secrets", state)
        hosts = {
            "temporal:7233": f"127.0.0.1:{temporal.port}",
            "store:5432/tiebeam": f"127.0.0.1:{store.port}/{url.database}",
        }
        house = House(_compose(folder), hosts, folder)
        services = await _brought_up(stack, house, house.compose.brought_up)
        gateway = services["gateway"].here("http://127.0.0.1:8400")

        def door(system: str) -> str:
            return f"{gateway}/webhooks/{system}/{found.theater.keys.webhook_secret}"

        await found.theater.install(door("crm-main"), door)
        deals = await _firm(stack, found, folder)
        yield Site(house, services, temporal, store, found, deals, secrets)


def create_namespace(address: str, name: str) -> None:
    """Run the script of the deployment that creates our namespace, or finds it there."""
    binary = servers.temporal_binary()
    assert binary
    path = f"{Path(binary).parent}{os.pathsep}{os.environ['PATH']}"
    told = {"TEMPORAL_ADDRESS": address, "NAMESPACE": name, "RETENTION": "90d", "PATH": path}
    script = str(ROOT / "deploy/temporal/namespace.sh")
    subprocess.run(["sh", script], env=told, check=True, capture_output=True)  # noqa: S603, S607


async def _brought_up(
    stack: AsyncExitStack, house: House, services: Mapping[str, Written]
) -> dict[str, Service]:
    """Start services as compose does: each after what it waits for; return them all."""
    found: dict[str, Service] = {}
    while len(found) < len(services):
        ready = [
            each
            for name, each in services.items()
            if name not in found and not set(each.after) & (services.keys() - found.keys())
        ]
        started = await stack.enter_async_context(running(house, *ready))
        for name, each in started.items():
            if services[name].is_once:
                assert await each.finished() == 0, each.told()
            else:
                await each.until(is_well=True)
        found |= started
    return found


def _sandboxes(stack: AsyncExitStack, folder: Path) -> dict[str, str]:
    """Start a sandbox for each system, and return their addresses."""
    landscape = load_landscape(Settings().landscape)
    urls: dict[str, str] = {}
    for each in landscape.systems:
        server = Server("world", each.vendor, data=folder / each.id)
        urls[each.id] = stack.enter_context(server).url
    return urls


def _state(folder: Path, urls: Mapping[str, str], target: str, url: str) -> Path:
    """Write what the commands of a stage want to find, and the deployment's own files."""
    config, state = folder / "config", folder / "state"
    source = Settings().landscape
    landscape = load_landscape(source)
    config.mkdir()
    state.mkdir()
    text = routing.rewritten(source.read_text(), landscape, urls)  # type: ignore[arg-type]
    (config / "landscape.toml").write_text(text)
    for name in ("mappings.toml", "ownership.toml"):
        (config / name).write_text((ROOT / name).read_text())
    told = {
        "TIEBEAM_TEMPORAL_ADDRESS": target,
        "TIEBEAM_TEMPORAL_NAMESPACE": NAMESPACE,
        "TIEBEAM_STORE_URL": url,
        "TIEBEAM_LANDSCAPE": str(config / "landscape.toml"),
        "TIEBEAM_CREDENTIALS": str(state / "credentials.toml"),
    }
    (state / "env").write_text("".join(f"{name}={value}\n" for name, value in told.items()))
    return state


def _write_secrets(to: Path, state: Path) -> tuple[str, ...]:
    """Write the secrets of each service into a file of its own, and return all of them."""
    to.mkdir()
    (to / "store_password").write_text(f"{PASSWORD}\n")
    credentials = load_credentials(state / "credentials.toml")
    plain = {
        name: {key: value.get_secret_value() for key, value in each.items()}
        for name, each in credentials.items()
    }
    for each in load_landscape(Settings().landscape).systems:
        mine = {each.credential: plain[each.credential]}
        (to / f"credentials_{DOMAINS[each.role]}.toml").write_text(tomlkit.dumps(mine))
    doors = {name: {key: each[key] for key in _DOOR if key in each} for name, each in plain.items()}
    (to / "credentials_gateway.toml").write_text(tomlkit.dumps(doors))
    told = {value.get_secret_value() for each in credentials.values() for value in each.values()}
    public = {"integration@firm.test", "00D000000000001EAA"}
    return (PASSWORD, *sorted(told - public))


def _compose(folder: Path) -> Compose:
    return Compose.read(
        {
            "TIEBEAM_VERSION": VERSION,
            "TIEBEAM_CONFIG": str(folder / "config"),
            "TIEBEAM_SECRETS": str(folder / "secrets"),
            "TIEBEAM_NAMESPACE": NAMESPACE,
        }
    )


async def _firm(stack: AsyncExitStack, found: Running, folder: Path) -> Deals:
    """Set the firm up in its systems, as a play does, and return the deals that it sells."""
    people = await stack.enter_async_context(
        systems.connect(found.theater.urls, found.theater.keys)
    )
    script = loader.load(loader.find(_STORY))
    await people.move_clocks(TODAY)
    await PlatformOnStage(found).set_today(TODAY)
    await people.set_up(script.firm)
    return Deals(Bench(found, Stack([], folder), people, script, count(1)))
