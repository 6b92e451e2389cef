"""Value mappings as the store has them."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlmodel import select

from canonical.mappings import Mapping, Mappings
from canonical.systems import SystemId
from store import trail, turns
from store.database import Transaction
from store.tables.reference import MappingRow


@dataclass(frozen=True)
class Difference:
    """How a file's rows differ from the store's: what it adds, contradicts, and does not have."""

    new: tuple[Mapping, ...]
    changed: tuple[tuple[Mapping, Mapping], ...]  # the store's, and the file's of the same version
    kept: tuple[Mapping, ...]


async def compare(tx: Transaction, mappings: Iterable[Mapping]) -> Difference:
    """Return how rows differ from those of the store."""
    known = {
        _identity(row): row for row in map(_mapping, (await tx.exec(select(MappingRow))).all())
    }
    told = {_identity(mapping): mapping for mapping in mappings}
    return Difference(
        new=tuple(row for identity, row in told.items() if identity not in known),
        changed=tuple(
            (known[identity], row)
            for identity, row in told.items()
            if identity in known and known[identity] != row
        ),
        kept=tuple(row for identity, row in known.items() if identity not in told),
    )


async def of_system(tx: Transaction, system: SystemId) -> Mappings:
    """Return every mapping of a system."""
    rows = (await tx.exec(select(MappingRow).where(MappingRow.system == system))).all()
    return Mappings(system=system, rows=tuple(_mapping(row) for row in rows))


async def add(tx: Transaction, mappings: Iterable[Mapping]) -> int:
    """Keep the rows that are new, and return how many there were; rows never change."""
    await turns.wait(tx, "mappings")
    known = [_mapping(row) for row in (await tx.exec(select(MappingRow))).all()]
    new = [mapping for mapping in mappings if mapping not in known]
    for mapping in new:
        fields = mapping.model_dump() | {"entity": mapping.entity or ""}
        tx.add(MappingRow.model_validate(fields))
        subject = f"{mapping.system}/{mapping.kind}/{mapping.ours}"
        trail.audit(tx, "mapping.added", subject, detail=mapping.theirs, actor=mapping.owner)
    return len(new)


def _mapping(row: MappingRow) -> Mapping:
    fields = row.model_dump(exclude={"id"}) | {"entity": row.entity or None}
    return Mapping.model_validate(fields)


def _identity(mapping: Mapping) -> tuple[object, ...]:
    return (
        *(mapping.kind, mapping.system, mapping.entity, mapping.ours),
        *(mapping.valid_from, mapping.version),
    )
