"""The store, the gateway and the disk examined."""

import shutil
from pathlib import Path

import httpx

from canonical.findings import Finding, broken, doubtful, well
from store import schema
from store.address import StoreError
from store.database import Database

_PATIENCE_SECONDS = 5.0
_MIB = 1024 * 1024
_LOW, _VERY_LOW = 1024 * _MIB, 128 * _MIB


async def store(database: Database) -> tuple[Finding, ...]:
    """Return whether the store answers, and whether its schema is this release's."""
    what = "store"
    try:
        await database.reach()
        found = await schema.status(database)
    except StoreError as exc:
        fix = "start the database, or correct TIEBEAM_STORE_URL and its password"
        return (broken(what, str(exc), fix),)
    here = well(what, f"{database.engine.dialect.name} answers")
    if found.is_ours:
        return (here, well("schema", f"at {found.newest}"))
    if not found.is_known:
        fix = "run the release that made it, or take the schema back with that release"
        return (here, broken("schema", f"at {found.current}, which a newer release made", fix))
    shown = f"at {found.current or 'nothing'}, this release needs {found.newest}"
    return (here, broken("schema", shown, "run `tiebeam database upgrade`"))


async def gateway(url: str) -> Finding:
    """Return whether the door for webhooks is well."""
    fix = "start it: `tiebeam gateway`, with the environment of the worker"
    try:
        async with httpx.AsyncClient(timeout=_PATIENCE_SECONDS, trust_env=False) as client:
            response = await client.get(f"{url}/health")
    except httpx.HTTPError as exc:
        return broken("gateway", f"unreachable at {url}: {type(exc).__name__}", fix)
    if response.is_success:
        return well("gateway", f"is well at {url}")
    fix = f"look at {url}/health and into its log, then start it again"
    return broken("gateway", f"says that it is not well ({response.status_code})", fix)


def disk(directory: Path) -> Finding:
    """Return how much room there is where the state is kept."""
    return room(shutil.disk_usage(directory).free, directory)


def room(free: int, directory: Path) -> Finding:
    """Return what so many free bytes mean."""
    shown = f"{free // _MIB} MiB are free at {directory}"
    fix = "make room: writes fail, and with them every step, once the disk is full"
    if free < _VERY_LOW:
        return broken("disk", shown, fix)
    return doubtful("disk", shown, fix) if free < _LOW else well("disk", shown)
