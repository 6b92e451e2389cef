"""A whole stack as the doctor's patient: how it is examined, and made ill for a while."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
from temporalio.client import Client

import starter
from canonical.findings import Finding
from canonical.landscape import Landscape
from console.doctor import engine, examination
from console.doctor.report import Findings
from settings import Settings

_LOOKS, _LOOK_SECONDS = 100, 0.2
Change = Callable[[str], str]


async def examined(config: Settings, folder: Path) -> Findings:
    """Return what the doctor finds of a stack, or of what the settings name."""
    place = starter.Here(config, folder)
    return await examination.examine(place, place.landscape().systems)


def wrong(found: Findings) -> dict[str, Finding]:
    """Return what is not well, by system and what was examined."""
    return {
        f"{subject.split()[0]}: {finding.what}": finding
        for subject, findings in found.items()
        for finding in findings
        if finding.severity != "ok"
    }


def url(stack: starter.Running, role: str) -> str:
    return next(each.url for each in stack.landscape.systems if each.role == role)


async def admin(url: str, method: str, door: str, body: object = None) -> Any:  # noqa: ANN401
    async with httpx.AsyncClient(base_url=url, trust_env=False) as http:
        answer = await http.request(method, f"/_admin/{door}", json=body)
    assert answer.is_success, answer.text
    return answer.json()


@asynccontextmanager
async def changed(url: str, **changes: object) -> AsyncIterator[None]:
    """Change settings of a sandbox for as long as the block lasts."""
    before = await admin(url, "GET", "settings")
    await admin(url, "PUT", "settings", changes)
    try:
        yield
    finally:
        await admin(url, "PUT", "settings", {name: before[name] for name in changes})


def rewritten(file: Path, copy: Path, change: Change) -> Path:
    before = file.read_text()
    copy.write_text(change(before))
    assert copy.read_text() != before
    return copy


def only(found: Mapping[str, Finding], what: str, severity: str) -> Finding:
    assert list(found) == [what], {name: each.found for name, each in found.items()}
    assert found[what].severity == severity
    return found[what]


async def known(client: Client, landscape: Landscape) -> tuple[Finding, ...]:
    """Return what is found of a server, once it knows a namespace that is new."""
    for _ in range(_LOOKS):
        found = await engine.examine(client, landscape)
        if len(found) > 1:
            return found
        await asyncio.sleep(_LOOK_SECONDS)
    raise AssertionError(found)
