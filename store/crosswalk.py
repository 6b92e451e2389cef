"""What each system calls our things, resolved both ways (R-078)."""

from typing import Literal

from sqlmodel import select

from canonical.base import RuleError
from canonical.systems import ForeignId, SystemId
from store import trail, turns
from store.database import Transaction
from store.tables.parties import CrosswalkRow

Kind = Literal["client", "contract", "project", "milestone", "invoice"]


class NotLinkedError(RuleError):
    """A thing of ours has no record in that system yet."""


async def link(
    tx: Transaction, kind: Kind, ours: str, theirs: ForeignId, *, scope: str = ""
) -> None:
    """Record what a system calls a thing of ours; `scope` is where its ids are unique."""
    identity = {"kind": kind, "ours": ours, "system": theirs.system}
    await turns.wait(tx, "link", kind, ours, theirs.system)
    row = await tx.get(CrosswalkRow, identity, with_for_update=True)
    if row is None:
        tx.add(CrosswalkRow(**identity, scope=scope, theirs=theirs.value))
        trail.audit(tx, f"{kind}.linked", ours, detail=str(theirs))
    elif row.theirs != theirs.value:
        trail.audit(tx, f"{kind}.relinked", ours, detail=f"{row.theirs} -> {theirs}")
        row.theirs = theirs.value


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


async def ours(tx: Transaction, kind: Kind, theirs: ForeignId) -> str | None:
    """Return what we call a thing of theirs, or None if it is none of ours."""
    query = select(CrosswalkRow.ours).where(
        CrosswalkRow.kind == kind,
        CrosswalkRow.system == theirs.system,
        CrosswalkRow.theirs == theirs.value,
    )
    return (await tx.exec(query)).first()
