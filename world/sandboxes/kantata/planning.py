"""Who is planned on a project and when: resources, their allocations, assignments to stories."""

from datetime import date, timedelta
from decimal import Decimal

from world.sandboxes.box import Body
from world.sandboxes.kantata import fields, filters, refusals
from world.sandboxes.kantata.catalog import (
    ASSIGNMENTS,
    ROLES,
    STORIES,
    USERS,
    WORKSPACE_ALLOCATIONS,
    WORKSPACE_RESOURCES,
    WORKSPACES,
)
from world.sandboxes.kantata.collection import Collection
from world.sandboxes.kantata.desk import Desk
from world.sandboxes.kantata.fields import Field
from world.sandboxes.kantata.filters import Filter, Keep, Query
from world.sandboxes.kantata.money import rounded
from world.sandboxes.kantata.resource import Resource

_ALLOCATIONS_AT_ONCE = 200
_WORKING_DAYS = range(5)  # Monday to Friday; this account has no holiday calendars
_MINUTES_A_DAY = 8 * 60
_ALL_CALLS = frozenset({"index", "show", "create", "update", "delete"})


def _resource(desk: Desk, body: Body) -> Body:
    desk.need(WORKSPACES, body["workspace_id"], "workspace_id")
    for collection, name in ((USERS, "user_id"), (ROLES, "role_id")):
        if body[name] is not None:
            desk.need(collection, body[name], name)
    for known in desk.tagged(WORKSPACE_RESOURCES, "workspace_id", body["workspace_id"]):
        is_named = body["user_id"] is not None and known["id"] != body.get("id")
        if is_named and known["user_id"] == body["user_id"]:
            raise refusals.invalid(field="user_id", message="User is a resource of this project")
    return body


def _allocation(desk: Desk, body: Body) -> Body:
    key = body.pop("resource_id", None) or body["workspace_resource_id"]
    resource = desk.need(WORKSPACE_RESOURCES, key, "resource_id")
    if body["end_date"] < body["start_date"]:
        raise refusals.invalid(field="end_date", message="End date must be after start date")
    return {
        **body,
        "workspace_resource_id": resource["id"],
        "workspace_id": resource["workspace_id"],
        "creator_id": body.get("creator_id", desk.user_id),
        "updater_id": desk.user_id,
        "percentage": _percentage(body),
    }


def _percentage(body: Body) -> int:
    first, last = (date.fromisoformat(body[name]) for name in ("start_date", "end_date"))
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    there_are = sum(day.weekday() in _WORKING_DAYS for day in days) * _MINUTES_A_DAY
    return rounded(Decimal(body["minutes"]) * 100 / there_are) if there_are else 0


def _assignment(desk: Desk, body: Body) -> Body:
    story = desk.need(STORIES, body["story_id"], "story_id")
    desk.need(USERS, body["assignee_id"], "assignee_id")
    for known in desk.tagged(ASSIGNMENTS, "story_id", story["id"]):
        if known["id"] != body.get("id") and known["assignee_id"] == body["assignee_id"]:
            raise refusals.invalid(field="assignee_id", message="Assignee has already been taken")
    return body | {"current": True, "_workspace_id": story["workspace_id"]}


def _remove_resource(desk: Desk, collection: Collection, body: Body) -> None:
    for allocation in desk.tagged(WORKSPACE_ALLOCATIONS, "workspace_resource_id", body["id"]):
        desk.remove(WORKSPACE_ALLOCATIONS, allocation["id"])
    desk.remove(collection, body["id"])


def _of_users(query: Query, keys: str) -> Keep:
    wanted = frozenset(filters.several(keys))

    def keep(body: Body) -> bool:
        resource = query.desk.find(WORKSPACE_RESOURCES, body["workspace_resource_id"])
        return resource is not None and resource["user_id"] in wanted

    return keep


def _of_kind(_: Query, kind: str) -> Keep:
    if kind not in ("hard", "soft"):
        raise refusals.malformed(message=f"{kind!r} is neither hard nor soft")
    return lambda body: body["hard"] is (kind == "hard")


def _overlapping(_: Query, period: str) -> Keep:
    first, last = filters.days(period)
    return lambda body: body["start_date"] <= last and first <= body["end_date"]


def _with_unnamed(query: Query, shown: str) -> Keep:
    if filters.is_true(shown) or filters.is_true(query.parameters.get("only_unnamed")):
        return filters.everything(query, shown)
    return lambda body: body["user_id"] is not None


def _only_unnamed(query: Query, asked: str) -> Keep:
    if not filters.is_true(asked):
        return filters.everything(query, asked)
    return lambda body: body["user_id"] is None


WORKSPACE_RESOURCE = Resource(
    collection=WORKSPACE_RESOURCES,
    filters={
        "workspace_id": filters.among("workspace_id"),
        "user_id": filters.among("user_id"),
        "role_id": filters.among("role_id"),
        "include_unnamed": Filter(keep=_with_unnamed, default="false"),
        "only_unnamed": Filter(keep=_only_unnamed),
        **filters.TIMES,
    },
    fields={
        "workspace_id": Field(read=fields.identity, missing="Workspace can't be blank", fixed=True),
        "user_id": Field(read=fields.identity),
        "role_id": Field(read=fields.identity),
        "external_reference": Field(read=fields.members),
    },
    calls=_ALL_CALLS,
    build=_resource,
    change=lambda desk, body, given: _resource(desk, body | given),
    remove=_remove_resource,
)
WORKSPACE_ALLOCATION = Resource(
    collection=WORKSPACE_ALLOCATIONS,
    filters={
        "workspace_ids": filters.among("workspace_id"),
        "workspace_resource_ids": filters.among("workspace_resource_id"),
        "user_ids": Filter(keep=_of_users),
        "type": Filter(keep=_of_kind),
        "overlaps_with_date_range": Filter(keep=_overlapping),
        **filters.TIMES,
    },
    fields={
        "resource_id": Field(read=fields.identity, missing="Resource can't be blank", fixed=True),
        "start_date": Field(read=fields.day, missing="Start date can't be blank"),
        "end_date": Field(read=fields.day, missing="End date can't be blank"),
        "minutes": Field(read=fields.not_negative, missing="Minutes can't be blank"),
        "hard": Field(read=fields.flag, default=False),
        "notes": Field(read=fields.text()),
        "external_reference": Field(read=fields.members),
    },
    calls=_ALL_CALLS,
    most_at_once=_ALLOCATIONS_AT_ONCE,
    build=_allocation,
    change=lambda desk, body, given: _allocation(desk, body | given),
)
ASSIGNMENT = Resource(
    collection=ASSIGNMENTS,
    filters={
        "story_id": filters.among("story_id"),
        "assignee_id": filters.among("assignee_id"),
        "workspace_id": filters.among("_workspace_id"),
        **filters.TIMES,
    },
    fields={
        "story_id": Field(read=fields.identity, missing="Story can't be blank", fixed=True),
        "assignee_id": Field(read=fields.identity, missing="Assignee can't be blank"),
        "estimated_minutes": Field(read=fields.not_negative, default=0),
        "external_reference": Field(read=fields.members),
    },
    calls=_ALL_CALLS,
    build=_assignment,
    change=lambda desk, body, given: _assignment(desk, body | given),
)
