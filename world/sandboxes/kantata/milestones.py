"""Billing milestones: the billing schedule of a workspace."""

from world.sandboxes.box import Body
from world.sandboxes.kantata import fields, filters, refusals, stories
from world.sandboxes.kantata.catalog import BILLING_MILESTONES, WORKSPACES
from world.sandboxes.kantata.desk import Desk
from world.sandboxes.kantata.fields import Field
from world.sandboxes.kantata.money import currency_fields
from world.sandboxes.kantata.resource import Resource

_UPON_COMPLETION = "upon_completion"
_FIXED_DATE = "fixed_date"


def _build(desk: Desk, given: Body) -> Body:
    workspace = desk.need(WORKSPACES, given["workspace_id"], "workspace_id")
    return _checked(desk, given | currency_fields(workspace["currency"]) | {"invoice_ids": []})


def _change(desk: Desk, body: Body, given: Body) -> Body:
    _not_invoiced(desk, body)
    return _checked(desk, body | given)


def _checked(desk: Desk, body: Body) -> Body:
    if body["story_id"] is not None:
        stories.in_workspace(desk, body["story_id"], body["workspace_id"], "story_id")
    elif body["billing_type"] == _UPON_COMPLETION:
        raise refusals.invalid(
            field="story_id", message="Story is required for billing upon completion"
        )
    return body


def _not_invoiced(_: Desk, body: Body) -> None:
    if body["invoice_ids"]:
        raise refusals.invalid(field="base", message="This billing milestone has been invoiced")


BILLING_MILESTONE = Resource(
    collection=BILLING_MILESTONES,
    filters={
        "workspace_ids": filters.among("workspace_id"),
        "story_ids": filters.among("story_id"),
        "date_between": filters.between("date_to_invoice"),
    },
    fields={
        "title": Field(read=fields.text(), missing="Title can't be blank"),
        "amount_in_cents": Field(read=fields.whole, missing="Amount can't be blank"),
        "workspace_id": Field(read=fields.identity, missing="Workspace can't be blank", fixed=True),
        "date_to_invoice": Field(read=fields.day),
        "billing_type": Field(
            read=fields.one_of(_FIXED_DATE, _UPON_COMPLETION), default=_FIXED_DATE
        ),
        "story_id": Field(read=fields.identity),
        "external_reference": Field(read=fields.members),
    },
    calls=frozenset({"index", "show", "create", "update", "delete"}),
    most_at_once=100,
    build=_build,
    change=_change,
    deletable=_not_invoiced,
)
