"""What each system calls our things, resolved both ways (R-078)."""

from dataclasses import dataclass
from typing import Literal

from sqlmodel import col, or_, select

from canonical.base import RuleError
from canonical.clients import ClientId
from canonical.systems import ForeignId, SystemId
from store import trail, turns
from store.database import Transaction
from store.tables.parties import CrosswalkRow, Origin

Kind = Literal["client", "contract", "project", "milestone", "invoice"]


@dataclass(frozen=True, kw_only=True)
class Found:
    """A record that was there before us; `scope` is where its id is unique."""

    theirs: ForeignId
    by: str
    scope: str = ""


@dataclass(frozen=True)
class _Link:
    """How a record came to be linked, and how the trail tells it."""

    scope: str
    origin: Origin
    action: str
    detail: str


class NotLinkedError(RuleError):
    """A thing of ours has no record in that system yet."""


async def link(
    tx: Transaction, kind: Kind, ours: str, theirs: ForeignId, *, scope: str = ""
) -> None:
    """Record what a system calls a thing of ours; `scope` is where its ids are unique."""
    await _keep(tx, kind, ours, theirs, _Link(scope, Origin.CREATED, "linked", str(theirs)))


async def adopt(tx: Transaction, kind: Kind, ours: str, found: Found) -> None:
    """Record that a thing of ours was there before us, and by what it was found."""
    detail = f"{found.theirs}, found by {found.by}"
    link = _Link(found.scope, Origin.ADOPTED, "adopted", detail)
    await _keep(tx, kind, ours, found.theirs, link)


async def find(tx: Transaction, kind: Kind, ours: str, system: SystemId) -> ForeignId | None:
    """Return what a system calls a thing of ours, or None if it has no record there."""
    row = await tx.get(CrosswalkRow, {"kind": kind, "ours": ours, "system": system})
    return ForeignId(system=system, value=row.theirs) if row else None


async def theirs(tx: Transaction, kind: Kind, ours: str, system: SystemId) -> ForeignId:
    """Return what a system calls a thing of ours.

    Raises:
        NotLinkedError: if it has no record there.
    """
    found = await find(tx, kind, ours, system)
    if found is None:
        msg = f"{kind} {ours} in {system}"
        raise NotLinkedError(msg)
    return found


async def origin(tx: Transaction, kind: Kind, ours: str, system: SystemId) -> Origin | None:
    """Return where a system's record of a thing of ours comes from, or None without one."""
    row = await tx.get(CrosswalkRow, {"kind": kind, "ours": ours, "system": system})
    return row.origin if row else None


async def ours(
    tx: Transaction, kind: Kind, theirs: ForeignId, *, scope: str | None = None
) -> str | None:
    """Return what we call a thing of theirs, or None if it is none of ours.

    Without a `scope` it is looked for in all of them.
    """
    query = select(CrosswalkRow.ours).where(
        CrosswalkRow.kind == kind,
        CrosswalkRow.system == theirs.system,
        CrosswalkRow.theirs == theirs.value,
    )
    if scope is not None:
        query = query.where(CrosswalkRow.scope == scope)
    return (await tx.exec(query)).first()


async def names(tx: Transaction, client: ClientId) -> frozenset[str]:
    """Return every id and number that any system has for a client."""
    query = select(CrosswalkRow.theirs).where(
        CrosswalkRow.kind == "client",
        or_(CrosswalkRow.ours == client, col(CrosswalkRow.ours).startswith(f"{client}/")),
    )
    return frozenset((await tx.exec(query)).all())


async def _keep(tx: Transaction, kind: Kind, ours: str, theirs: ForeignId, link: _Link) -> None:
    identity = {"kind": kind, "ours": ours, "system": theirs.system}
    await turns.wait(tx, "link", kind, ours, theirs.system)
    row = await tx.get(CrosswalkRow, identity, with_for_update=True)
    if row is None:
        made = {"scope": link.scope, "theirs": theirs.value}
        tx.add(CrosswalkRow(**identity, **made, origin=link.origin))
        trail.audit(tx, f"{kind}.{link.action}", ours, detail=link.detail)
    elif row.theirs != theirs.value:
        trail.audit(tx, f"{kind}.relinked", ours, detail=f"{row.theirs} -> {link.detail}")
        row.theirs, row.origin = theirs.value, link.origin
