"""Reads of an entity set: filter, select, order, pages."""

from dataclasses import dataclass
from json.encoder import encode_basestring_ascii
from urllib.parse import quote, urlencode

from world.sandboxes.dynamics import _filter
from world.sandboxes.dynamics._filter import EVERYTHING, Filter
from world.sandboxes.dynamics._infolog import bad_request
from world.sandboxes.dynamics._schema import EntitySet, Row
from world.sandboxes.dynamics._session import Session
from world.sandboxes.dynamics._values import comparable
from world.sandboxes.dynamics._writes import in_default_company

_OPTIONS = {"$filter", "$select", "$orderby", "$top", "$skip", "$count"}
_DIRECTIONS = {"asc": False, "desc": True}


@dataclass(frozen=True, kw_only=True)
class Query:
    """A read as it was asked for. `params` are its options as they came."""

    entity: EntitySet
    params: dict[str, str]
    where: Filter
    select: tuple[str, ...] | None
    order: list[tuple[str, bool]]
    skip: int
    top: int | None

    @property
    def context(self) -> str:
        """Return the fragment of the context: the set, with the selected properties."""
        return self.entity.name + (f"({','.join(self.select)})" if self.select else "")


def parsed(entity: EntitySet, params: dict[str, str]) -> Query:
    """Read the options. Refused if one is unknown or wrong."""
    for name in params:
        if name.startswith("$") and name not in _OPTIONS:
            message = f"The query parameter '{name}' is not supported."
            raise bad_request(message)
    text = params.get("$filter", "")
    return Query(
        entity=entity,
        params=params,
        where=_filter.parsed(entity, text) if text else EVERYTHING,
        select=_selected(entity, params.get("$select", "")),
        order=_ordered(entity, params.get("$orderby", "")),
        skip=_whole(params, "$skip") or 0,
        top=_whole(params, "$top"),
    )


def matching(session: Session, query: Query) -> list[Row]:
    """Return all rows that match, in order, of the companies that the query sees."""
    rows = [
        row
        for row in _candidates(session, query.entity, query.where.pinned)
        if query.where.matches(row) and _is_seen(session, query, row)
    ]
    for name, descending in reversed(query.order):
        field = query.entity.by_name[name]
        rows.sort(key=lambda row: comparable(field, row[field.name]), reverse=descending)
    return rows


def page(session: Session, query: Query, base: str) -> str:
    """Return one page of the collection as JSON, with the link to the next one."""
    matched = matching(session, query)
    size = session.settings.page_size
    rest = matched[query.skip :] if query.top is None else matched[query.skip :][: query.top]
    shown, more = rest[:size], len(rest) > size
    context = encode_basestring_ascii(f"{base}/$metadata#{query.context}")
    parts = [f'"@odata.context":{context}']
    if query.params.get("$count") == "true":
        parts.append(f'"@odata.count":{len(matched)}')
    rows = ",".join([query.entity.render(row, query.select) for row in shown])
    parts.append(f'"value":[{rows}]')
    if more:
        link = encode_basestring_ascii(_next(query, base, size))
        parts.append(f'"@odata.nextLink":{link}')
    return f"{{{','.join(parts)}}}"


def _candidates(session: Session, entity: EntitySet, pinned: Row) -> list[Row]:
    if all(name in pinned for name in entity.keys):
        row = session.rows.get(entity, entity.key(pinned))
        return [row] if row else []
    for name in (entity.packed_by, *entity.indexed):
        if name in pinned:
            return session.rows.find(entity, name, pinned[name])
    return session.rows.all(entity)


def _is_seen(session: Session, query: Query, row: Row) -> bool:
    return is_cross_company(query.params) or in_default_company(session, query.entity, row)


def is_cross_company(params: dict[str, str]) -> bool:
    """Say whether the request looks beyond the caller's default company."""
    return params.get("cross-company", "").lower() == "true"


def _next(query: Query, base: str, size: int) -> str:
    params = {**query.params, "$skip": str(query.skip + size)}
    if query.top is not None:
        params["$top"] = str(query.top - size)
    return f"{base}/{query.entity.name}?{urlencode(params, safe='$', quote_via=quote)}"


def _selected(entity: EntitySet, text: str) -> tuple[str, ...] | None:
    if not text or text == "*":
        return None
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",")))
    for name in names:
        _known(entity, name)
    return names


def _ordered(entity: EntitySet, text: str) -> list[tuple[str, bool]]:
    order = []
    for part in text.split(",") if text else []:
        name, _, direction = part.strip().partition(" ")
        _known(entity, name)
        if direction.strip() not in {"", *_DIRECTIONS}:
            message = f"Syntax error in the order near '{direction[:40]}'."
            raise bad_request(message)
        order.append((name, _DIRECTIONS.get(direction.strip(), False)))
    return order


def _known(entity: EntitySet, name: str) -> None:
    if name not in entity.by_name:
        raise _filter.no_property(entity, name)


def _whole(params: dict[str, str], name: str) -> int | None:
    text = params.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < len("9999999999")):
        message = f"Invalid value '{text[:40]}' for {name}, a non-negative integer."
        raise bad_request(message)
    return int(text)
