"""What finance does with records: look for them by what names them, enter those that lack."""

from collections.abc import Iterable, Mapping, Sequence

from world.stage.tryton_api import Session

Key = tuple[object, ...]
Row = Mapping[str, object]


async def ensure(
    session: Session, model: str, names: Sequence[str], rows: Iterable[Row]
) -> dict[Key, int]:
    """Create the rows whose names nobody has; what is there stays. Return all ids by names."""
    told = {_key(row, names): row for row in rows}
    if not told:
        return {}
    where = [[name, "in", _values(told.values(), name)] for name in names]
    there = await session.select(model, where, names)
    known = {_key(record, names): int(record["id"]) for record in reversed(there)}
    missing = {key: row for key, row in told.items() if key not in known}
    made = await session.create(model, missing.values())
    return {key: known[key] for key in told if key in known} | dict(zip(missing, made, strict=True))


def only(of: int, ids: Mapping[Key, int]) -> dict[str, int]:
    """Return the ids of one company or parent, by what else names them."""
    return {str(name): at for (owner, name), at in ids.items() if owner == of}


def named(ids: Mapping[Key, int]) -> dict[str, int]:
    """Return ids by the one thing that names them."""
    return {str(name): at for (name,), at in ids.items()}


def create(*rows: Row) -> list[object]:
    """Return rows to be created together with what they belong to."""
    return [["create", list(rows)]]


def _key(row: Row, names: Sequence[str]) -> Key:
    return tuple(row[name] for name in names)


def _values(rows: Iterable[Row], name: str) -> list[object]:
    return list(dict.fromkeys(row[name] for row in rows))
