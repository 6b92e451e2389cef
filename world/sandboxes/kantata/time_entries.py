"""Time entries: work on a project, in minutes, until somebody approves and invoices it."""

from starlette.routing import Route

from world.sandboxes.box import Body
from world.sandboxes.kantata import fields, filters, people, refusals, stories
from world.sandboxes.kantata.calls import Call, writing
from world.sandboxes.kantata.catalog import (
    INVOICES,
    ROLES,
    SUBMISSIONS,
    TIME_ENTRIES,
    USERS,
    WORKSPACES,
)
from world.sandboxes.kantata.collection import Collection
from world.sandboxes.kantata.desk import Desk
from world.sandboxes.kantata.fields import Field
from world.sandboxes.kantata.filters import Filter, Keep, Query
from world.sandboxes.kantata.money import currency_fields
from world.sandboxes.kantata.office import Office
from world.sandboxes.kantata.resource import Resource

MOST_AT_ONCE = 100
_OF_NOBODY = {
    "approved": False,
    "is_invoiced": False,
    "invoice_id": None,
    "active_submission_id": None,
    "recent_submission_id": None,
    "taxable": False,
    "location": None,
}


def _build(desk: Desk, given: Body) -> Body:
    workspace = desk.need(WORKSPACES, given["workspace_id"], "workspace_id")
    body = given | currency_fields(workspace["currency"]) | _OF_NOBODY
    body["user_id"] = given["user_id"] or desk.user_id
    return _checked(desk, body)


def _change(desk: Desk, body: Body, given: Body) -> Body:
    _unlocked(desk, body)
    return _checked(desk, body | given)


def _checked(desk: Desk, body: Body) -> Body:
    desk.need(USERS, body["user_id"], "user_id")
    if body["role_id"] is not None:
        desk.need(ROLES, body["role_id"], "role_id")
    by_default = True
    if body["story_id"] is not None:
        story = stories.in_workspace(desk, body["story_id"], body["workspace_id"], "story_id")
        by_default = story["billable"]
    if body["billable"] is None:
        body["billable"] = by_default
    _not_locked_by_date(desk, body, "date_performed")
    cost = people.cost_rate_in_cents(
        desk, body["user_id"], body["currency"], body["date_performed"]
    )
    return body | {"cost_rate_in_cents": cost}


def _unlocked(desk: Desk, body: Body) -> None:
    _not_locked_by_date(desk, body, "base")
    if body["is_invoiced"]:
        raise refusals.invalid(field="base", message=f"Time entry {body['id']} has been invoiced")
    if body["approved"]:
        raise refusals.invalid(field="base", message=f"Time entry {body['id']} has been approved")
    if body["active_submission_id"] and desk.settings["submitted_entries_are_locked"]:
        raise refusals.invalid(field="base", message=f"Time entry {body['id']} has been submitted")


def _not_locked_by_date(desk: Desk, body: Body, field: str) -> None:
    locked_through = desk.settings["locked_through"]
    if locked_through and body["date_performed"] <= locked_through:
        raise refusals.invalid(
            field=field, message=f"Time performed up to {locked_through} is locked"
        )


def _remove(desk: Desk, collection: Collection, body: Body) -> None:
    if body["active_submission_id"]:
        submission = desk.need(SUBMISSIONS, body["active_submission_id"], "base")
        left = [key for key in submission["time_entry_ids"] if key != body["id"]]
        desk.keep(SUBMISSIONS, [submission | {"time_entry_ids": left}])
    desk.remove(collection, body["id"])


def delete_many(desk: Desk, call: Call) -> None:
    """Remove all the entries of `ids`, or refuse with every reason why some must stay."""
    ids = filters.several(call.parameters.get("ids") or str(call.payload.get("ids", "")))
    if not ids or len(ids) > MOST_AT_ONCE:
        message = f"ids names 1 to {MOST_AT_ONCE} time entries"
        raise refusals.malformed(message=message)
    errors: list[refusals.Error] = []
    entries: list[Body] = []
    for key in dict.fromkeys(ids):
        try:
            entries.append(desk.need(TIME_ENTRIES, key, "ids"))
            _unlocked(desk, entries[-1])
        except refusals.Refused as refused:
            errors += refused.errors
    if errors:
        raise refusals.Refused(422, errors)
    for entry in entries:
        _remove(desk, TIME_ENTRIES, entry)


def routes(office: Office) -> list[Route]:
    """Return the route that only time entries have."""
    return [Route("/time_entries", writing(office, delete_many), methods=["DELETE"])]


def _approved(query: Query, _: str) -> Keep:
    # The contract: on approved timesheets, or in a project that does not require approvals.
    def keep(body: Body) -> bool:
        workspace = query.desk.find(WORKSPACES, body["workspace_id"])
        assert workspace is not None  # noqa: S101 - an entry's project is never deleted
        return body["approved"] or not workspace["require_time_approvals"]

    return keep


def _on_timesheet(_: Query, key: str) -> Keep:
    return lambda body: body["active_submission_id"] == key


def _of_timesheet(query: Query, key: str) -> list[Body]:
    submission = query.desk.find(SUBMISSIONS, key) or {"time_entry_ids": []}
    return query.desk.some(TIME_ENTRIES, submission["time_entry_ids"])


def _on_recent_timesheets(_: Query, keys: str) -> Keep:
    wanted = frozenset(filters.several(keys))
    return lambda body: body["recent_submission_id"] in wanted


def _of_timesheets(query: Query, keys: str) -> list[Body]:
    return [body for key in filters.several(keys) for body in _of_timesheet(query, key)]


def _of_invoice(query: Query, key: str) -> list[Body]:
    invoice = query.desk.find(INVOICES, key) or {"time_entry_ids": []}
    return query.desk.some(TIME_ENTRIES, invoice["time_entry_ids"])


def _in_active_submission(_: Query, value: str) -> Keep:
    wanted = filters.is_true(value)
    return lambda body: (body["active_submission_id"] is not None) is wanted


TIME_ENTRY = Resource(
    collection=TIME_ENTRIES,
    filters={
        "with_timesheet_id": Filter(keep=_on_timesheet, find=_of_timesheet),
        "with_recent_timesheet_ids": Filter(keep=_on_recent_timesheets, find=_of_timesheets),
        "in_active_invoice_id": Filter(
            keep=lambda _, key: lambda body: body["invoice_id"] == key, find=_of_invoice
        ),
        "workspace_id": filters.among("workspace_id"),
        "workspace_ids": filters.among("workspace_id"),
        "with_user_ids": filters.among("user_id"),
        "date_performed_between": filters.between("date_performed"),
        **filters.TIMES,
        "approved": Filter(keep=_approved),
        "invoiced": filters.present(lambda body: bool(body["is_invoiced"])),
        "uninvoiced": filters.present(lambda body: not body["is_invoiced"]),
        "billable": filters.flagged("billable"),
        "in_active_submission": Filter(keep=_in_active_submission),
        # No time is kept in projects of other accounts.
        "on_my_account": Filter(default="true"),
        "from_archived_workspaces": Filter(keep=stories.of_archived_workspaces, default="false"),
    },
    fields={
        "workspace_id": Field(read=fields.identity, missing="Workspace can't be blank", fixed=True),
        "date_performed": Field(read=fields.day, missing="Date performed can't be blank"),
        "time_in_minutes": Field(read=fields.positive, missing="Time can't be blank"),
        "story_id": Field(read=fields.identity),
        "user_id": Field(read=fields.identity),
        "role_id": Field(read=fields.identity),
        "billable": Field(read=fields.flag),
        "rate_in_cents": Field(read=fields.whole, default=0),
        "notes": Field(read=fields.text()),
        "external_reference": Field(read=fields.members),
    },
    calls=frozenset({"index", "show", "create", "update", "delete"}),
    most_at_once=MOST_AT_ONCE,
    build=_build,
    change=_change,
    deletable=_unlocked,
    remove=_remove,
)
