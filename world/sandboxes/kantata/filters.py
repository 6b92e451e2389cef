"""The query parameters that narrow an index, and by their defaults also what one can show."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from world.sandboxes.box import Body
from world.sandboxes.kantata import refusals
from world.sandboxes.kantata.catalog import EXTERNAL_REFERENCES
from world.sandboxes.kantata.collection import Collection
from world.sandboxes.kantata.desk import DAY, Desk

Keep = Callable[[Body], bool]

MOST_IDS = 200
_MOST_DAYS = 62  # of a period whose days are looked up one by one


@dataclass(frozen=True, kw_only=True)
class Query:
    """What an index or a single is asked with."""

    desk: Desk
    collection: Collection
    parameters: Mapping[str, str]

    def tagged(self, name: str, value: object) -> list[Body]:
        """Return the records of the collection that carry a tag."""
        return self.desk.tagged(self.collection, name, value)


Find = Callable[[Query, str], list[Body] | None]


def everything(_: Query, __: str) -> Keep:
    """Keep all: the parameter makes no difference in this account."""
    return lambda _: True


@dataclass(frozen=True, kw_only=True)
class Filter:
    """One parameter: what it keeps, and where the records are found without reading them all.

    A filter with a `default` is in force when the request does not name it, on singles too.
    """

    keep: Callable[[Query, str], Keep] = everything
    find: Find | None = None
    default: str | None = None


def several(value: str) -> list[str]:
    """Return the parts of a list with commas."""
    return [part.strip() for part in value.split(",") if part.strip()]


def is_true(value: str | None) -> bool:
    """Return whether a parameter says true."""
    return value in ("true", "1")


def among(field: str) -> Filter:
    """Keep records whose field is one of several values."""

    def keep(_: Query, value: str) -> Keep:
        wanted = frozenset(several(value))
        return lambda body: body[field] in wanted

    def find(query: Query, value: str) -> list[Body] | None:
        if field not in query.collection.tags:
            return None
        return [body for part in several(value) for body in query.tagged(field, part)]

    return Filter(keep=keep, find=find)


def holding(field: str) -> Filter:
    """Keep records whose list holds one of several values."""

    def keep(_: Query, value: str) -> Keep:
        wanted = frozenset(several(value))
        return lambda body: not wanted.isdisjoint(body[field])

    def find(query: Query, value: str) -> list[Body]:
        return [body for part in several(value) for body in query.tagged(field, part)]

    return Filter(keep=keep, find=find)


def flagged(field: str) -> Filter:
    """Keep records by a flag."""
    return Filter(keep=lambda _, value: lambda body: body[field] is is_true(value))


def present(test: Callable[[Body], bool]) -> Filter:
    """Keep records that pass, whatever value the parameter has."""
    return Filter(keep=lambda _, __: test)


def containing(*names: str) -> Filter:
    """Keep records where one of these texts contains the words, in any case."""

    def keep(_: Query, value: str) -> Keep:
        return lambda body: any(value.lower() in (body[name] or "").lower() for name in names)

    return Filter(keep=keep)


def between(field: str) -> Filter:
    """Keep records whose date is in `YYYY-MM-DD:YYYY-MM-DD`, both days included."""

    def keep(_: Query, value: str) -> Keep:
        first, last = days(value)
        return lambda body: body[field] is not None and first <= body[field] <= last

    def find(query: Query, value: str) -> list[Body] | None:
        first, last = (date.fromisoformat(day) for day in days(value))
        count = (last - first).days + 1
        if field not in query.collection.tags or count > _MOST_DAYS:
            return None
        return [
            body
            for n in range(count)
            for body in query.tagged(field, (first + timedelta(days=n)).isoformat())
        ]

    return Filter(keep=keep, find=find)


def moment(value: str) -> float:
    """Return an ISO 8601 time as seconds; without an offset it is UTC."""
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        message = f"{value!r} is not an ISO 8601 time"
        raise refusals.malformed(message=message) from None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


def after(field: str) -> Filter:
    """Keep records whose time lies after a moment."""

    def keep(query: Query, value: str) -> Keep:
        start = moment(value)
        if query.desk.settings["after_includes_equal"]:
            return lambda body: body[field] >= start
        return lambda body: body[field] > start

    def find(query: Query, value: str) -> list[Body] | None:
        first, last = int(moment(value) // DAY), query.desk.now // DAY
        if field != "updated_at" or last - first > _MOST_DAYS:
            return None
        return [body for day in range(first, last + 1) for body in query.tagged("updated_on", day)]

    return Filter(keep=keep, find=find)


def before(field: str) -> Filter:
    """Keep records whose time lies before a moment."""

    def keep(_: Query, value: str) -> Keep:
        end = moment(value)
        return lambda body: body[field] < end

    return Filter(keep=keep)


TIMES = {
    "created_after": after("created_at"),
    "created_before": before("created_at"),
    "updated_after": after("updated_at"),
    "updated_before": before("updated_at"),
}
REFERENCES = (
    "external_reference_service_name",
    "external_reference_service_model",
    "external_reference_service_model_ref",
    "external_reference_service_model_refs",
    "external_reference_status",
    "external_reference_external_status",
    "external_reference_external_message",
)


def without_reference(query: Query, service_name: str) -> Keep:
    """Keep records that have no reference of a service."""
    named = query.desk.tagged(
        EXTERNAL_REFERENCES, "_service", f"{query.collection.subject}/{service_name}"
    )
    taken = {reference["subject_id"] for reference in named}
    return lambda body: body["id"] not in taken


def referenced(query: Query) -> list[Body] | None:
    """Return the records with a reference that fits, None if no reference is asked for."""
    asked = {name: query.parameters[name] for name in REFERENCES if name in query.parameters}
    if not asked:
        return None
    refs = asked.pop("external_reference_service_model_refs", None)
    wanted = {name.removeprefix("external_reference_"): value for name, value in asked.items()}
    keys = [
        reference["subject_id"]
        for reference in _references(query, wanted, None if refs is None else several(refs))
        if all(reference[name] == value for name, value in wanted.items())
    ]
    return query.desk.some(query.collection, dict.fromkeys(keys))


def _references(query: Query, wanted: Mapping[str, str], refs: list[str] | None) -> Iterator[Body]:
    subject = query.collection.subject
    if refs is None and "service_model_ref" in wanted:
        refs = [wanted["service_model_ref"]]
    if refs is not None:
        if len(refs) > MOST_IDS:
            message = f"At most {MOST_IDS} external ids can be asked for"
            raise refusals.malformed(message=message)
        for ref in refs:
            found = query.desk.tagged(EXTERNAL_REFERENCES, "service_model_ref", ref)
            yield from (body for body in found if body["subject_type"] == subject)
    elif "service_name" in wanted:
        yield from query.desk.tagged(
            EXTERNAL_REFERENCES, "_service", f"{subject}/{wanted['service_name']}"
        )
    else:
        found = query.desk.all(EXTERNAL_REFERENCES)
        yield from (body for body in found if body["subject_type"] == subject)


def days(value: str) -> tuple[str, str]:
    """Return the first and the last day of `YYYY-MM-DD:YYYY-MM-DD`."""
    try:
        first, last = (date.fromisoformat(day).isoformat() for day in value.split(":"))
    except ValueError:
        message = f"{value!r} is not a period like 2026-01-01:2026-01-31"
        raise refusals.malformed(message=message) from None
    return first, last
