"""Foreign keys: a row may only point at rows that exist."""

from collections.abc import Callable, Container
from dataclasses import dataclass
from functools import cached_property

from world.sandboxes.dynamics._catalog import CATALOG
from world.sandboxes.dynamics._schema import SEPARATOR, EntitySet, Field, Row, values_of
from world.sandboxes.dynamics._session import Session


@dataclass(frozen=True)
class _Pointer:
    """Where a field points. `sources` are the row's fields that make the target's key.

    A source is None where the row does not say that part of the key.
    """

    field: Field
    target: EntitySet
    sources: tuple[str | None, ...]

    @cached_property
    def key_of(self) -> Callable[[Row], tuple[object, ...]]:
        """Return what takes the target's key out of a row."""
        return values_of(tuple(source for source in self.sources if source))


def unknown(session: Session, entity: EntitySet, row: Row, names: Container[str]) -> list[str]:
    """Return what is wrong with the named fields that point at other rows."""
    problems = []
    for pointer in _POINTERS[entity.name]:
        name = pointer.field.name
        if name not in names or row[name] == pointer.field.unset:
            continue
        if not _exists(session, pointer, row):
            value = f"The value '{row[name]}' in field '{pointer.field.label}'"
            related = f"is not found in the related table '{pointer.target.label}'"
            problems += [f"{value} {related}", _failed(entity, name)]
    return problems


def target(session: Session, entity: EntitySet, row: Row, field: str) -> Row | None:
    """Return the row that a field points at, or None."""
    pointer = _OF_FIELD[entity.name, field]
    return session.rows.get(pointer.target, _key(pointer, row))


def _failed(entity: EntitySet, name: str) -> str:
    return f"validateField failed on field '{entity.table}.{name}'"


def _exists(session: Session, pointer: _Pointer, row: Row) -> bool:
    if None not in pointer.sources:
        return session.rows.get(pointer.target, _key(pointer, row)) is not None
    found = session.rows.find(pointer.target, _first_key(pointer), row[pointer.field.name])
    return any(other["dataAreaId"] == row["dataAreaId"] for other in found)


def _key(pointer: _Pointer, row: Row) -> str:
    return SEPARATOR.join(map(str, pointer.key_of(row)))


def _first_key(pointer: _Pointer) -> str:
    return next(
        key
        for key, source in zip(pointer.target.keys, pointer.sources, strict=True)
        if source == pointer.field.name
    )


def _pointer(field: Field) -> _Pointer | None:
    if field.references is None:
        return None
    pointed = CATALOG[field.references.entity_set]
    via = dict(field.references.via) or {
        key: field.name for key in pointed.keys if key != "dataAreaId"
    }
    sources = [via.get(key, key if key == "dataAreaId" else None) for key in pointed.keys]
    return _Pointer(field, pointed, tuple(sources))


_POINTERS: dict[str, list[_Pointer]] = {
    entity.name: [p for p in map(_pointer, entity.fields) if p] for entity in CATALOG.values()
}
_OF_FIELD = {
    (name, pointer.field.name): pointer for name, found in _POINTERS.items() for pointer in found
}
