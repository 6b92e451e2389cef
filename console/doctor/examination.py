"""One examination: the stack first, then every system beside each other."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime

from temporalio.service import RPCError

from canonical.findings import Brief, Finding, broken
from canonical.landscape import Landscape, SystemInstance
from canonical.mappings import Mappings
from canonical.systems import SystemId
from console.doctor import engine, rows, storage
from console.doctor.place import Place
from console.doctor.report import Findings
from runtime.connection import NoServerError, WrongConnectionError
from store import clock, mappings
from store.address import StoreError
from store.database import Database

STACK = "stack"
_NOTHING = ("reach", "temporal", "gateway")


class UnknownSystemError(Exception):
    """The landscape has no system of that name."""


def chosen(landscape: Landscape, names: Sequence[str]) -> tuple[SystemInstance, ...]:
    """Return the systems of these names; without a name, all of them.

    Raises:
        UnknownSystemError: there is none of a name.
    """
    known = {str(each.id): each for each in landscape.systems}
    if unknown := [name for name in names if name not in known]:
        msg = f"the landscape has no system {unknown[0]!r}: there is {', '.join(known)}"
        raise UnknownSystemError(msg)
    return tuple(known[name] for name in names or known)


async def examine(
    place: Place, systems: Sequence[SystemInstance], gateway: str | None = None
) -> Findings:
    """Return what is found of the stack and of each of some systems of its landscape.

    `gateway` is where the gateway is, if not where the place says.
    """
    landscape = place.landscape()
    stack = list(await _engine(place, landscape))
    stack.append(await storage.gateway(gateway or place.gateway))
    stack.append(storage.disk(place.directory))
    kept, today, stored = await _store(place, landscape)
    stack += stored
    found = await asyncio.gather(
        *(place.examine(each, _brief(landscape, each, kept, today)) for each in systems)
    )
    of = (f"{each.id} ({each.vendor})" for each in systems)
    return {STACK: stack, **dict(zip(of, found, strict=True))}


def is_nothing_there(found: Findings) -> bool:
    """Say whether neither the server nor the gateway nor any system answers."""
    reaches = [
        finding for findings in found.values() for finding in findings if finding.what in _NOTHING
    ]
    return all(finding.severity == "broken" for finding in reaches)


async def _engine(place: Place, landscape: Landscape) -> Sequence[Finding]:
    what = "temporal"
    try:
        client = await place.client()
        return await engine.examine(client, landscape)
    except (NoServerError, WrongConnectionError, RPCError) as exc:
        fix = "start the server, or correct the TIEBEAM_TEMPORAL_ variables"
        return (broken(what, str(exc), fix),)


async def _store(
    place: Place, landscape: Landscape
) -> tuple[dict[SystemId, Mappings], date, Sequence[Finding]]:
    today = datetime.now(UTC).date()
    nothing = {each.id: Mappings(system=each.id, rows=()) for each in landscape.systems}
    try:
        database = place.database()
    except StoreError as exc:
        return nothing, today, (broken("store", str(exc), "correct TIEBEAM_STORE_URL"),)
    try:
        found = await storage.store(database)
        if any(each.severity == "broken" for each in found):
            return nothing, today, found
        kept, today = await _read(database, landscape)
        return kept, today, (*found, *rows.examine(landscape, kept, today))
    finally:
        await database.close()


async def _read(database: Database, landscape: Landscape) -> tuple[dict[SystemId, Mappings], date]:
    async with database.reading() as tx:
        kept = {each.id: await mappings.of_system(tx, each.id) for each in landscape.systems}
        return kept, await clock.today(tx)


def _brief(
    landscape: Landscape,
    instance: SystemInstance,
    kept: dict[SystemId, Mappings],
    today: date,
) -> Brief:
    served = [
        entity
        for entity in landscape.entities
        if instance.id
        in (
            landscape.routes[entity.id].crm,
            landscape.routes[entity.id].psa,
            landscape.routes[entity.id].erp,
        )
    ]
    return Brief(entities=tuple(served), today=today, mappings=kept[instance.id])
