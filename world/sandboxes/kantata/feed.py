"""The change feed as it is read: `GET /subscribed_events` and the catalog of its types."""

from collections.abc import Iterable, Mapping

from starlette.routing import Route

from world.sandboxes.box import Body
from world.sandboxes.kantata import filters, index, paging, refusals
from world.sandboxes.kantata.calls import Call, reading
from world.sandboxes.kantata.catalog import SUBSCRIBED_EVENTS
from world.sandboxes.kantata.desk import DAY, Desk
from world.sandboxes.kantata.envelope import Envelope
from world.sandboxes.kantata.events import EVENT_TYPES, HOUR, SUBJECT_OF_TYPE
from world.sandboxes.kantata.filters import Filter, Keep, Query
from world.sandboxes.kantata.office import Office
from world.sandboxes.kantata.resource import Resource
from world.sandboxes.kantata.settings import ADMINISTRATOR_ID

_MOST_RECENT = ("most_recent", "most_recent_by_event_type")


def _types(parameters: Mapping[str, str]) -> list[str]:
    named = filters.several(parameters.get("event_types", "")) or EVENT_TYPES
    subject = parameters.get("subject_type")
    return [
        name
        for name in named
        if name in SUBJECT_OF_TYPE and subject in (None, SUBJECT_OF_TYPE[name])
    ]


def _of_subjects(query: Query, keys: str) -> Keep:
    if "subject_type" not in query.parameters:
        raise refusals.malformed(message="subject_id needs a subject_type")
    wanted = frozenset(filters.several(keys))
    return lambda body: body["subject_id"] in wanted


def _found(desk: Desk, parameters: Mapping[str, str]) -> Iterable[Body]:
    """Return the events of the types and hours in question, those of one subject by its tag."""
    types = _types(parameters)
    if "only" in parameters:
        yield from desk.some(SUBSCRIBED_EVENTS, filters.several(parameters["only"]))
        return
    if "subject_id" in parameters:
        subject = parameters.get("subject_type", "")
        for key in filters.several(parameters["subject_id"]):
            found = desk.tagged(SUBSCRIBED_EVENTS, "_subject", f"{subject}/{key}")
            yield from (body for body in found if body["event_type"] in types)
        return
    oldest = desk.now - desk.settings["event_retention_days"] * DAY
    start = max(filters.moment(parameters.get("created_after", "1970-01-01")), oldest)
    end = min(filters.moment(parameters.get("created_before", "9999-01-01")), desk.now)
    for hour in range(int(start // HOUR), int(end // HOUR) + 1):
        for name in types:
            yield from desk.tagged(SUBSCRIBED_EVENTS, "_type_hour", f"{name}@{hour}")


def _rows(desk: Desk, resource: Resource, parameters: Mapping[str, str]) -> list[Body]:
    """Return what the feed shows: neither too old nor too new, copies beside each other."""
    query = Query(desk=desk, collection=resource.collection, parameters=parameters)
    oldest = desk.now - desk.settings["event_retention_days"] * DAY
    newest = desk.now - desk.settings["event_late_seconds"]
    found = [body for body in _found(desk, parameters) if oldest <= body["created_at"] <= newest]
    ordered = index.narrowed(query, resource, found)
    latest = _latest(ordered, parameters)
    return [body for body in latest for _ in range(1 + body["_copies"])]


def _latest(rows: list[Body], parameters: Mapping[str, str]) -> list[Body]:
    asked = [name for name in _MOST_RECENT if filters.is_true(parameters.get(name))]
    if len(asked) > 1:
        message = f"{' and '.join(_MOST_RECENT)} exclude each other"
        raise refusals.malformed(message=message)
    if not asked:
        return rows
    by_type = asked == ["most_recent_by_event_type"]
    latest: dict[tuple[str, str], int] = {}
    for body in rows:
        about = (body["_subject"], body["event_type"] if by_type else "")
        latest[about] = max(latest.get(about, 0), int(body["id"]))
    kept = set(latest.values())
    return [body for body in rows if int(body["id"]) in kept]


FEED = Resource(
    collection=SUBSCRIBED_EVENTS,
    filters={
        "event_types": Filter(),
        "subject_type": Filter(),
        "subject_id": Filter(keep=_of_subjects),
        "user_ids": filters.among("user_id"),
        "created_after": filters.after("created_at"),
        "created_before": filters.before("created_at"),
        **dict.fromkeys(_MOST_RECENT, Filter()),
    },
)


def routes(office: Office) -> list[Route]:
    """Return the two routes of the feed."""

    def events(desk: Desk, call: Call) -> Body:
        _administrators_only(desk)
        page = paging.read(call.parameters)
        envelope = Envelope(desk, SUBSCRIBED_EVENTS, call.parameters)
        rows = office.rows(desk, FEED, call.parameters, _rows)
        return envelope.page(page.of(rows), len(rows), page)

    return [
        Route("/subscribed_events", reading(office, events)),
        Route("/subscribed_events/event_types", reading(office, _event_types)),
    ]


def _event_types(desk: Desk, _: Call) -> Body:
    _administrators_only(desk)
    return {
        "subscribed_event_types": list(EVENT_TYPES),
        "subscribed_event_type_schemas": {
            name: {"name": name, "description": f"{name} event", "fields": {}}
            for name in EVENT_TYPES
        },
    }


def _administrators_only(desk: Desk) -> None:
    if desk.user_id != ADMINISTRATOR_ID:
        raise refusals.forbidden(message="Only account administrators can access subscribed events")
