"""Our services of the compose file as processes of this machine.

Command, environment and health check are those of the file. What a container would give them is
put in: the hosts of other services become ports of loopback, mounted files are where they are,
and as all share one network here, each listens on a port of its own.
"""

import asyncio
import json
import os
import re
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.deploy.compose import ROOT, Compose, Service
from tests.world.processes import free_port

_LISTENS = ("8400", "8410")  # the gateway, and where a worker says whether it is well
_UP_SECONDS, _LOOK_SECONDS = 60.0, 0.2


@dataclass
class House:
    """Where the services run: the file, and where each host of it is in truth."""

    compose: Compose
    hosts: Mapping[str, str]  # host:port of the file to host:port here
    folder: Path

    def there(self, service: Service) -> "Running":
        """Return a service with all of its words translated."""
        words = {**self.hosts, **self.compose.mounted(service)}
        words |= {port: str(free_port()) for port in _LISTENS}
        words["0.0.0.0"] = "127.0.0.1"  # noqa: S104 - it is replaced
        return Running(service, words, self.folder / f"{service.name}.log")


@dataclass
class Running:
    """One service as a process."""

    service: Service
    words: Mapping[str, str]
    log: Path
    process: Process | None = field(default=None, repr=False)

    @property
    def environment(self) -> dict[str, str]:
        """Return the service's environment, and of ours only where programs are."""
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        told = {name: self.here(value) for name, value in self.service.environment.items()}
        return {"PATH": path, **told}

    @property
    def pid(self) -> int:
        assert self.process
        return self.process.pid

    async def start(self) -> None:
        self.process = await self._run(self.service.command, self.log)

    async def is_well(self) -> bool:
        """Return what the service's own health check says, within the time it has."""
        check = await self._run(self.service.healthcheck, self.log.with_suffix(".health"))
        return await asyncio.wait_for(check.wait(), self.service.patience) == 0

    async def until(self, is_well: bool) -> None:  # noqa: FBT001 - it reads as it is called
        """Wait until the health check passes, or fails."""
        async with asyncio.timeout(_UP_SECONDS):
            while await self.is_well() is not is_well:
                assert self.process
                assert self.process.returncode is None, self.told()
                await asyncio.sleep(_LOOK_SECONDS)

    async def finished(self) -> int:
        """Wait for the end of a service that does one thing, and return its exit code."""
        assert self.process
        return await asyncio.wait_for(self.process.wait(), _UP_SECONDS)

    async def stopped(self) -> int:
        """Tell it to stop as compose does, and return its exit code; it must keep the grace."""
        assert self.process
        self.process.send_signal(getattr(signal, self.service.fields.get("stop_signal", "SIGTERM")))
        return await asyncio.wait_for(self.process.wait(), self.service.grace)

    def told(self) -> str:
        """Return all that it wrote."""
        return self.log.read_text()

    def event(self, name: str) -> dict[str, Any]:
        """Return the last event of a name in its log."""
        events = [json.loads(line) for line in self.told().splitlines() if line.startswith("{")]
        return next(event for event in reversed(events) if event["event"] == name)

    def arguments(self) -> str:
        """Return its command line, which every user of the machine can read."""
        return Path(f"/proc/{self.pid}/cmdline").read_text()

    def variables(self) -> str:
        """Return its environment as its own user can read it."""
        return Path(f"/proc/{self.pid}/environ").read_text()

    async def _run(self, command: list[str], log: Path) -> Process:
        with log.open("ab") as output:
            return await asyncio.create_subprocess_exec(
                *[self.here(word) for word in command],
                cwd=ROOT,
                env=self.environment,
                stdout=output,
                stderr=output,
                stdin=asyncio.subprocess.DEVNULL,
            )

    def here(self, text: str) -> str:
        longest_first = sorted(self.words, key=len, reverse=True)
        pattern = "|".join(re.escape(theirs) for theirs in longest_first)
        return re.sub(pattern, lambda found: self.words[found[0]], text)


@asynccontextmanager
async def running(house: House, *services: Service) -> AsyncGenerator[dict[str, Running]]:
    """Start services side by side, and end them whatever happens."""
    found = {service.name: house.there(service) for service in services}
    try:
        for each in found.values():
            await each.start()
        yield found
    finally:
        for each in found.values():
            if each.process is not None and each.process.returncode is None:
                with suppress(ProcessLookupError):
                    each.process.kill()
                await each.process.wait()
