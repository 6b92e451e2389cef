"""The embedded stack's own set-up: ports, state on disk, and the processes that share them."""

import fcntl
import json
import os
import sys
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from canonical.landscape import Landscape, SystemInstance
from canonical.systems import SystemId
from console import routing, stack, storage
from console.stack import Child, StackError

_GATEWAY = 8400


@dataclass(frozen=True)
class Ports:
    """Where everything listens, on loopback; `systems` has one port per system of ours."""

    systems: Mapping[SystemId, int]
    gateway: int = _GATEWAY
    temporal: int = 7233
    ui: int = 8233

    @classmethod
    def of(cls, landscape: Landscape, base: int = _GATEWAY) -> "Ports":
        """Return the landscape's own ports, or ports in a row from another base.

        Raises:
            StackError: a system of the landscape does not listen on loopback.
        """
        at = {each.id: _loopback_port(each) for each in landscape.systems}
        if base == _GATEWAY:
            return cls(at)
        row = {system: base + 1 + n for n, system in enumerate(at)}
        return cls(row, base, base + 1 + len(row), base + 2 + len(row))


Processes = Callable[[Path, Ports, Mapping[str, str]], Sequence[Child]]


def url(port: int) -> str:
    """Return the address of a port on loopback."""
    return f"http://127.0.0.1:{port}"


def environment(
    state: Path, ports: Ports, source: Path, landscape: Landscape, database: str | None = None
) -> dict[str, str]:
    """Write the stack's landscape and settings into its state, and return the settings.

    Every later command finds them there, so that it speaks to this stack. With `database`, the
    store is there.

    Raises:
        OtherErpError: what the state holds is in another ERP.
        OtherStoreError: what the state holds is in another store.
    """
    state.mkdir(parents=True, exist_ok=True)
    routing.refuse_moved(state, landscape)
    urls = {system: url(port) for system, port in ports.systems.items()}
    store_url = storage.chosen(state, database)
    here = state / "landscape.toml"
    here.write_text(routing.rewritten(source.read_text(), landscape, urls))
    settings = {
        "TIEBEAM_TEMPORAL_ADDRESS": f"127.0.0.1:{ports.temporal}",
        "TIEBEAM_STORE_URL": store_url,
        "TIEBEAM_LANDSCAPE": str(here),
        "TIEBEAM_CREDENTIALS": str(state / "credentials.toml"),
        "TIEBEAM_GATEWAY_PORT": str(ports.gateway),
        "TIEBEAM_WEB_UI": url(ports.ui),
    }
    lines = [f"{name}={value}" for name, value in settings.items()]
    write_secret(state / "env", "\n".join(lines) + "\n")  # an address may have a password
    return settings


def write_credentials(state: Path, credentials: Mapping[str, Mapping[str, str]]) -> None:
    """Write the secrets of each system where the gateway and the worker look for them."""
    write_secret(state / "credentials.toml", toml(credentials))


def toml(tables: Mapping[str, Mapping[str, str]]) -> str:
    """Return tables of strings as TOML; a JSON string is a TOML string."""
    return "\n".join(
        f"[{name}]\n" + "\n".join(f"{key} = {json.dumps(value)}" for key, value in table.items())
        for name, table in tables.items()
    )


@contextmanager
def locked(state: Path) -> Generator[None]:
    """Keep a state to one stack for as long as the block lasts.

    Raises:
        StackError: another stack runs on it.
    """
    state.mkdir(parents=True, exist_ok=True)
    with (state / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            msg = f"another stack runs on {state}: stop it, or choose another --state"
            raise StackError(msg) from None
        yield


def write_secret(path: Path, text: str) -> None:
    """Write a file that only its owner can read."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        os.fchmod(file.fileno(), 0o600)  # one that was there keeps its mode otherwise
        file.write(text)


def systems(state: Path, ports: Ports, landscape: Landscape) -> Sequence[Child]:
    """Return the engine, and whatever plays each system."""
    played = [
        stack.python(
            each.id,
            *("-m", "world", each.vendor),
            *("--port", str(ports.systems[each.id]), "--data", str(state / each.id)),
            port=ports.systems[each.id],
        )
        for each in landscape.systems
    ]
    return [stack.temporal(state, port=ports.temporal, ui_port=ports.ui), *played]


def ours(root: Path, ports: Ports, settings: Mapping[str, str]) -> Sequence[Child]:
    """Return the gateway and the worker."""
    starter, worker = str(root / "starter.py"), str(root / "worker.py")
    return [
        stack.python("gateway", starter, "gateway", port=ports.gateway, environment=settings),
        Child("worker", [sys.executable, worker], says="worker.started", environment=settings),
    ]


def _loopback_port(instance: SystemInstance) -> int:
    parts = urlsplit(instance.url)
    if parts.hostname != "127.0.0.1" or parts.port is None:
        msg = f"{instance.id} is at {instance.url}: the embedded stack runs on loopback only"
        raise StackError(msg)
    return parts.port
