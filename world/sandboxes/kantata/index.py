"""The records that an index holds, in order, and the ones that a single may show."""

from collections.abc import Callable, Iterable, Mapping

from world.sandboxes.box import Body
from world.sandboxes.kantata import filters, paging, refusals
from world.sandboxes.kantata.desk import Desk
from world.sandboxes.kantata.filters import Filter, Keep, Query
from world.sandboxes.kantata.resource import Resource

OF_THE_ANSWER = frozenset({"include", "optional_fields"})
_GENERAL = paging.PARAMETERS | OF_THE_ANSWER | {"only", "order"}


def rows(desk: Desk, resource: Resource, parameters: Mapping[str, str]) -> list[Body]:
    """Return every record that the parameters ask for, in the order that they ask for."""
    query = Query(desk=desk, collection=resource.collection, parameters=parameters)
    return narrowed(query, resource, _found(query, _filters(resource)))


def narrowed(query: Query, resource: Resource, found: Iterable[Body]) -> list[Body]:
    """Return those of the records that pass every filter, in order."""
    known = _filters(resource)
    _refuse_unknown(query, known)
    keeps = _keeps(query, known)
    return _ordered(query, [body for body in found if all(keep(body) for keep in keeps)])


def shown(desk: Desk, resource: Resource, key: str, parameters: Mapping[str, str]) -> Body:
    """Return one record, or refuse it if a filter that is in force by default hides it."""
    query = Query(desk=desk, collection=resource.collection, parameters=parameters)
    body = desk.find(resource.collection, key)
    by_default = {
        name: known for name, known in _filters(resource).items() if known.default is not None
    }
    if body is None or not all(keep(body) for keep in _keeps(query, by_default)):
        raise refusals.missing()
    return body


def _filters(resource: Resource) -> dict[str, Filter]:
    if not resource.collection.subject:
        return dict(resource.filters)
    return {
        **resource.filters,
        **dict.fromkeys(filters.REFERENCES, Filter()),
        "without_external_reference_service_name": Filter(keep=filters.without_reference),
    }


def _refuse_unknown(query: Query, known: Mapping[str, Filter]) -> None:
    unknown = sorted(set(query.parameters) - set(known) - _GENERAL)
    if unknown and query.desk.settings["refuse_unknown_names"]:
        message = f"Unknown parameters of {query.collection.key}: {', '.join(unknown)}"
        raise refusals.malformed(message=message)


def _keeps(query: Query, known: Mapping[str, Filter]) -> list[Keep]:
    return [
        one.keep(query, value)
        for name, one in known.items()
        if (value := query.parameters.get(name, one.default)) is not None
    ]


def _found(query: Query, known: Mapping[str, Filter]) -> list[Body]:
    narrowed = filters.referenced(query)
    only = query.parameters.get("only")
    if only is not None:
        asked = query.desk.some(query.collection, dict.fromkeys(filters.several(only)))
        return [body for body in asked if narrowed is None or body in narrowed]
    if narrowed is not None:
        return narrowed
    for name, one in known.items():
        if one.find and name in query.parameters:
            found = one.find(query, query.parameters[name])
            if found is not None:
                return list({body["id"]: body for body in found}.values())
    return query.desk.all(query.collection)


def _ordered(query: Query, kept: list[Body]) -> list[Body]:
    order = query.parameters.get("order", query.collection.order)
    name, _, direction = order.partition(":")
    if name not in query.collection.orders or direction not in ("asc", "desc"):
        message = f"{order!r} is not an order of {query.collection.key}"
        raise refusals.malformed(message=message)
    return sorted(kept, key=_place(query.collection.orders[name]), reverse=direction == "desc")


def _place(field: str) -> Callable[[Body], tuple[bool, object, int]]:
    def place(body: Body) -> tuple[bool, object, int]:
        value = body[field]
        if isinstance(value, str):
            value = value.lower()
        return value is not None, 0 if value is None else value, int(body["id"])

    return place
