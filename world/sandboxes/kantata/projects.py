"""Workspaces, which are projects, and the groups of them that are client companies."""

from decimal import Decimal

from world.sandboxes.box import Body
from world.sandboxes.kantata import fields, filters, refusals
from world.sandboxes.kantata.catalog import USERS, WORKSPACE_GROUPS, WORKSPACES
from world.sandboxes.kantata.desk import Desk
from world.sandboxes.kantata.fields import Field
from world.sandboxes.kantata.filters import Filter, Keep, Query
from world.sandboxes.kantata.money import BASE_UNITS, currency_fields
from world.sandboxes.kantata.resource import Resource

_TEXT = Field(read=fields.text())
_DAY = Field(read=fields.day)
_NO = Field(read=fields.flag, default=False)
_YES = Field(read=fields.flag, default=True)

_CREATOR_ROLE = Field(
    read=fields.one_of("maven", "buyer"),
    missing="Please select a role for this project",
    fixed=True,
)
_WORKSPACE_FIELDS = {
    "title": Field(read=fields.text(), missing="Please give your project a title"),
    "creator_role": _CREATOR_ROLE,
    "budgeted": _YES,
    "description": _TEXT,
    "currency": Field(read=fields.currency),
    "price": Field(read=fields.decimal),
    "start_date": _DAY,
    "due_date": _DAY,
    "require_time_approvals": Field(read=fields.flag),
    "require_expense_approvals": _NO,
    "workspace_group_ids": Field(read=fields.identities, default=[]),
    "approver_ids": Field(read=fields.identities, default=[]),
    "primary_maven_id": Field(read=fields.identity),
    "stage": Field(read=fields.one_of("estimate", "project"), default="project"),
    "status_key": Field(read=fields.whole),
    "target_margin": Field(read=fields.whole),
    "access_level": Field(read=fields.one_of("invitation", "open", "admins"), default="invitation"),
    "consultant_role_name": Field(read=fields.text(), default="Consultants"),
    "client_role_name": Field(read=fields.text(), default="Clients"),
    "change_orders_enabled": _NO,
    "expenses_in_burn_rate": _YES,
    "posts_require_privacy_decision": _NO,
    "stories_are_fixed_fee_by_default": _NO,
    "tasks_default_non_billable": _NO,
    "archived": _NO,
    "external_reference": Field(read=fields.members),
}


def _build(desk: Desk, given: Body) -> Body:
    # The contract: the currency applies to budgeted projects only.
    account = desk.settings["account_currency"]
    currency = (given["currency"] if given["budgeted"] else None) or account
    del given["creator_role"]
    body = {
        **given,
        **currency_fields(currency),
        "default_rate": "0.0",
        "percentage_complete": 0,
        "creator_id": desk.user_id,
        "primary_maven_id": given["primary_maven_id"] or desk.user_id,
        "has_active_timesheet_submissions": False,
        "_active_submissions": 0,
    }
    if body["require_time_approvals"] is None:
        body["require_time_approvals"] = desk.settings["require_time_approvals_by_default"]
    return _checked(desk, body)


def _change(desk: Desk, body: Body, given: Body) -> Body:
    if given.get("currency", body["currency"]) != body["currency"]:
        raise refusals.invalid(field="currency", message="Currency of a project cannot be changed")
    kept = {
        name: value
        for name, value in given.items()
        if value is not None or name != "require_time_approvals"
    }
    return _checked(desk, body | kept)


def _checked(desk: Desk, body: Body) -> Body:
    for key in body["workspace_group_ids"]:
        desk.need(WORKSPACE_GROUPS, key, "workspace_group_ids")
    for key in body["approver_ids"]:
        desk.need(USERS, key, "approver_ids")
    desk.need(USERS, body["primary_maven_id"], "primary_maven_id")
    key = body.pop("status_key", None)
    status = body.get("status") or {"color": "grey", "key": 100, "message": "Not Started"}
    if key is not None:
        status = {"color": "green", "key": key, "message": f"Status {key}"}
    return {
        **body,
        **_price(body["price"], body["currency"]),
        "effective_due_date": body["due_date"],
        "status": status,
    }


def _price(price: Decimal | str | None, currency: str) -> Body:
    if price is None:
        return {"price": None, "price_in_cents": None}
    in_cents = Decimal(price) * BASE_UNITS[currency]
    if in_cents != int(in_cents):
        raise refusals.invalid(
            field="price", message=f"price {price} has more decimals than {currency}"
        )
    return {"price": str(price), "price_in_cents": int(in_cents)}


def _shows_archived(query: Query, include_archived: str) -> Keep:
    archived = query.parameters.get("archived", "")
    if archived == "include" or (not archived and filters.is_true(include_archived)):
        return filters.everything(query, archived)
    return lambda body: body["archived"] is (archived == "only")


def _named(desk: Desk, body: Body) -> Body:
    name = body["name"].casefold()
    for known in desk.tagged(WORKSPACE_GROUPS, "_name", name):
        if known["id"] != body.get("id"):
            raise refusals.invalid(field="name", message="Name has already been taken")
    return body | {"_name": name}


WORKSPACE = Resource(
    collection=WORKSPACES,
    filters={
        "include_archived": Filter(keep=_shows_archived, default="false"),
        "archived": Filter(),
        "workspace_groups": filters.holding("workspace_group_ids"),
        "matching": filters.containing("title"),
        "search": filters.containing("title", "description"),
        "require_time_approvals": filters.flagged("require_time_approvals"),
        "on_my_account": Filter(),
        **filters.TIMES,
    },
    fields=_WORKSPACE_FIELDS,
    calls=frozenset({"index", "show", "create", "update"}),
    build=_build,
    change=_change,
)
WORKSPACE_GROUP = Resource(
    collection=WORKSPACE_GROUPS,
    filters={
        "companies_only": Filter(
            keep=lambda _, value: lambda body: body["company"] or not filters.is_true(value)
        ),
        "matching": filters.containing("name"),
        **filters.TIMES,
    },
    fields={
        "name": Field(read=fields.text(), missing="Name can't be blank"),
        "company": _NO,
        **dict.fromkeys(("notes", "contact_name", "email", "phone_number"), _TEXT),
        **dict.fromkeys(("address", "website"), _TEXT),
        "external_reference": Field(read=fields.members),
    },
    calls=frozenset({"index", "show", "create", "update"}),
    build=_named,
    change=lambda desk, body, given: _named(desk, body | given),
)
