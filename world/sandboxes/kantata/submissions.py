"""Timesheet submissions: time entries of one project that wait for, or have, a resolution."""

from world.sandboxes.box import Body
from world.sandboxes.kantata import fields, filters, refusals
from world.sandboxes.kantata.catalog import SUBMISSIONS, TIME_ENTRIES, USERS, WORKSPACES
from world.sandboxes.kantata.desk import Desk
from world.sandboxes.kantata.fields import Field
from world.sandboxes.kantata.filters import Filter, Keep, Query
from world.sandboxes.kantata.money import currency_fields, formatted, worth
from world.sandboxes.kantata.resource import Resource

ACTIVE = ("pending", "approved")


def _build(desk: Desk, given: Body) -> Body:
    workspace = desk.need(WORKSPACES, given["workspace_id"], "workspace_id")
    keys = given.pop("line_item_ids")
    entries = [desk.need(TIME_ENTRIES, key, "line_item_ids") for key in keys]
    for entry in entries:
        _submittable(entry, workspace)
    user_id = given["user_id"] or entries[0]["user_id"]
    desk.need(USERS, user_id, "user_id")
    others = {entry["user_id"] for entry in entries} - {user_id}
    if others and desk.settings["one_user_a_submission"]:
        raise refusals.invalid(
            field="line_item_ids", message="Time entries belong to more than one user"
        )
    total = sum(worth(entry["rate_in_cents"], entry["time_in_minutes"]) for entry in entries)
    return {
        **given,
        **currency_fields(workspace["currency"]),
        **_RESOLVED_BY_NOBODY,
        **permissions("pending"),
        "user_id": user_id,
        "type": "TimesheetSubmission",
        "start_date": min(entry["date_performed"] for entry in entries),
        "end_date": max(entry["date_performed"] for entry in entries),
        "line_item_total_in_cents": total,
        "line_item_total_formatted": formatted(total, workspace["currency"]),
        "time_entry_ids": keys,
    }


_RESOLVED_BY_NOBODY = {
    "resolution_description": None,
    "current_resolution_description": None,
    "current_resolution_creator_id": None,
    "current_resolution_created_at_date": None,
}


def permissions(status: str) -> Body:
    """Return a status, and what can be done in it."""
    return {
        "status": status,
        "permissions": {
            "can_approve_submission": status == "pending",
            "can_reject_submission": status in ACTIVE,
            "can_cancel_submission": status == "pending",
            "can_resubmit_submission": status not in ACTIVE,
        },
    }


def _submittable(entry: Body, workspace: Body) -> None:
    reason = ""
    if entry["workspace_id"] != workspace["id"]:
        reason = f"is not in project {workspace['id']}: a submission has one project"
    elif entry["active_submission_id"]:
        reason = f"is on submission {entry['active_submission_id']}"
    elif entry["is_invoiced"]:
        reason = "has been invoiced"
    if reason:
        raise refusals.invalid(field="line_item_ids", message=f"Time entry {entry['id']} {reason}")


def _created(desk: Desk, made: list[Body]) -> None:
    for submission in made:
        on_it = {
            "active_submission_id": submission["id"],
            "recent_submission_id": submission["id"],
        }
        entries = desk.some(TIME_ENTRIES, submission["time_entry_ids"])
        desk.keep(TIME_ENTRIES, [entry | on_it for entry in entries])
        count_active(desk, submission["workspace_id"], 1)


def count_active(desk: Desk, workspace_id: str, change: int) -> None:
    """Count the active submissions of a project; the project tells only whether it has any."""
    workspace = desk.need(WORKSPACES, workspace_id, "workspace_id")
    count = workspace["_active_submissions"] + change
    counted = {"_active_submissions": count, "has_active_timesheet_submissions": count > 0}
    desk.keep(WORKSPACES, [workspace | counted])


def _status(name: str) -> str:
    return "pending" if name == "new" else name  # the filter has its own word


def _of_statuses(_: Query, value: str) -> Keep:
    wanted = frozenset(_status(name) for name in filters.several(value))
    return lambda body: body["status"] in wanted


def _in_statuses(*statuses: str) -> Filter:
    def keep(query: Query, value: str) -> Keep:
        if not filters.is_true(value):
            return filters.everything(query, value)
        return lambda body: body["status"] in statuses

    return Filter(keep=keep)


SUBMISSION = Resource(
    collection=SUBMISSIONS,
    filters={
        "workspace_id": filters.among("workspace_id"),
        "workspace_ids": filters.among("workspace_id"),
        "user_ids": filters.among("user_id"),
        **filters.TIMES,
        "statuses": Filter(keep=_of_statuses),
        "active": _in_statuses(*ACTIVE),
        "not_cancelled": _in_statuses("pending", "approved", "rejected"),
    },
    fields={
        "line_item_ids": Field(read=fields.identities, missing="Line items can't be blank"),
        "title": Field(read=fields.text(), missing="Title can't be blank"),
        "workspace_id": Field(read=fields.identity, missing="Workspace can't be blank"),
        "user_id": Field(read=fields.identity),
        "comment": Field(read=fields.text()),
        "external_reference": Field(read=fields.members),
    },
    calls=frozenset({"index", "show", "create"}),
    build=_build,
    created=_created,
)
