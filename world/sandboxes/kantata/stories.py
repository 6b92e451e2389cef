"""Stories: tasks, deliverables, milestones and issues of a workspace."""

from world.sandboxes.box import Body
from world.sandboxes.kantata import fields, filters, refusals
from world.sandboxes.kantata.catalog import STORIES, USERS, WORKSPACES
from world.sandboxes.kantata.collection import Collection
from world.sandboxes.kantata.desk import Desk
from world.sandboxes.kantata.fields import Field
from world.sandboxes.kantata.filters import Filter, Keep, Query
from world.sandboxes.kantata.resource import Resource

_TYPES = ("task", "deliverable", "milestone", "issue")
_STATES = ("not started", "started", "needs info", "completed")
_MOST_AT_ONCE = 300
_LONGEST_TITLE = 200

_DAY = Field(read=fields.day)
_WHOLE = Field(read=fields.whole)


def _build(desk: Desk, given: Body) -> Body:
    return _checked(desk, given | {"deleted_at": None, "creator_id": desk.user_id})


def _change(desk: Desk, body: Body, given: Body) -> Body:
    return _checked(desk, body | given)


def _checked(desk: Desk, body: Body) -> Body:
    workspace = desk.need(WORKSPACES, body["workspace_id"], "workspace_id")
    by_default = {
        "state": "not started",
        "billable": not workspace["tasks_default_non_billable"],
        "fixed_fee": workspace["stories_are_fixed_fee_by_default"],
    }
    body |= {name: value for name, value in by_default.items() if body[name] is None}
    if not workspace["budgeted"]:
        body["budget_estimate_in_cents"] = None
    # The names of the further states of issues are not in the facts: any text is taken.
    if body["story_type"] != "issue" and body["state"] not in _STATES:
        raise refusals.invalid(
            field="state", message=f"State is not included in the list: {', '.join(_STATES)}"
        )
    if body["weight"] is not None and body["story_type"] != "milestone":
        raise refusals.invalid(field="weight", message="Weight is for milestones only")
    if body["parent_id"] is not None:
        in_workspace(desk, body["parent_id"], body["workspace_id"], "parent_id")
    for key in body["assignee_ids"]:
        desk.need(USERS, key, "assignee_ids")
    return body


def in_workspace(desk: Desk, key: str, workspace_id: str, field: str) -> Body:
    """Return a story, or refuse the field if it is not one of this workspace."""
    story = desk.need(STORIES, key, field)
    if story["workspace_id"] != workspace_id:
        raise refusals.invalid(field=field, message=f"Story {key} is not in project {workspace_id}")
    return story


def archived_workspaces(desk: Desk) -> frozenset[str]:
    """Return the ids of the projects that are archived."""
    found = desk.tagged(WORKSPACES, "archived", value=True)
    return frozenset(workspace["id"] for workspace in found)


def _remove(desk: Desk, collection: Collection, body: Body) -> None:
    desk.save(collection, [body | {"deleted_at": desk.now}], change="deleted")


def of_archived_workspaces(query: Query, shown: str) -> Keep:
    """Keep what is not in an archived project, unless that is to be shown."""
    if filters.is_true(shown):
        return filters.everything(query, shown)
    hidden = archived_workspaces(query.desk)
    return lambda body: body["workspace_id"] not in hidden


def _deleted(query: Query, shown: str) -> Keep:
    if filters.is_true(shown):
        return filters.everything(query, shown)
    return lambda body: body["deleted_at"] is None


def _archived(query: Query, shown: str) -> Keep:
    archived = query.parameters.get("archived", "")
    if archived == "include" or (not archived and filters.is_true(shown)):
        return filters.everything(query, shown)
    return lambda body: body["archived"] is (archived == "only")


def _state(*, completed: bool) -> Filter:
    def keep(query: Query, value: str) -> Keep:
        if not filters.is_true(value):
            return filters.everything(query, value)
        return lambda body: (body["state"] == "completed") is completed

    return Filter(keep=keep)


STORY = Resource(
    collection=STORIES,
    filters={
        "workspace_id": filters.among("workspace_id"),
        "with_projects": filters.among("workspace_id"),
        "with_parent_id": filters.among("parent_id"),
        "story_type": filters.among("story_type"),
        "story_types": filters.among("story_type"),
        "completed": _state(completed=True),
        "uncompleted": _state(completed=False),
        "due_between": filters.between("due_date"),
        "search": filters.containing("title", "description"),
        "all_on_account": Filter(),
        "archived": Filter(),
        "show_archived": Filter(keep=_archived, default="false"),
        "show_deleted": Filter(keep=_deleted, default="false"),
        "show_from_archived_workspaces": Filter(keep=of_archived_workspaces, default="false"),
        **filters.TIMES,
    },
    fields={
        "title": Field(read=fields.text(_LONGEST_TITLE), missing="Title can't be blank"),
        "story_type": Field(read=fields.one_of(*_TYPES), missing="Story type can't be blank"),
        "workspace_id": Field(read=fields.identity, missing="Workspace can't be blank", fixed=True),
        "parent_id": Field(read=fields.identity),
        "description": Field(read=fields.text()),
        "start_date": _DAY,
        "due_date": _DAY,
        "assignee_ids": Field(read=fields.identities, default=[]),
        "budget_estimate_in_cents": _WHOLE,
        "time_estimate_in_minutes": _WHOLE,
        "billable": Field(read=fields.flag),
        "fixed_fee": Field(read=fields.flag),
        "state": Field(read=fields.text()),
        "percentage_complete": Field(read=fields.whole, default=0),
        "weight": _WHOLE,
        "priority": Field(read=fields.text(), default="normal"),
        "archived": Field(read=fields.flag, default=False),
        "external_reference": Field(read=fields.members),
    },
    calls=frozenset({"index", "show", "create", "update", "delete"}),
    most_at_once=_MOST_AT_ONCE,
    build=_build,
    change=_change,
    remove=_remove,
)
