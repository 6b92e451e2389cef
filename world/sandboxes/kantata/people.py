"""Users, their roles, and what an hour of them costs."""

from collections.abc import Mapping

from world.sandboxes.box import Body
from world.sandboxes.kantata import fields, filters, refusals
from world.sandboxes.kantata.catalog import (
    COST_RATES,
    ROLES,
    USERS,
    WORKSPACES,
)
from world.sandboxes.kantata.desk import Desk
from world.sandboxes.kantata.fields import Field
from world.sandboxes.kantata.filters import Filter, Keep, Query
from world.sandboxes.kantata.money import currency_fields
from world.sandboxes.kantata.resource import Resource
from world.sandboxes.kantata.settings import ACCOUNT_ID

_INVITATION = {
    "full_name": Field(read=fields.text(), missing="Full name can't be blank"),
    "email_address": Field(read=fields.text(), missing="Email address can't be blank"),
    "headline": Field(read=fields.text()),
}


def user(full_name: str, email_address: str, headline: str | None = None) -> Body:
    """Return the body of a user."""
    return {
        "full_name": full_name,
        "email_address": email_address,
        "headline": headline,
        "photo_path": None,
        "disabled": False,
        "account_id": ACCOUNT_ID,
    }


def join(desk: Desk, given: Body) -> Body:
    """Let somebody accept an invitation: there is no call for it, only the admin door."""
    values = fields.read_new(_INVITATION, given, strict=True)
    if desk.tagged(USERS, "email_address", values["email_address"]):
        raise refusals.invalid(
            field="email_address", message="Email address has already been taken"
        )
    return desk.create(USERS, user(**values))


def _in_a_project(query: Query, on_my_account: str) -> Keep:
    if filters.is_true(on_my_account) or not query.desk.settings["users_need_a_project"]:
        return filters.everything(query, on_my_account)
    taking_part: set[str] = set()
    for workspace in query.desk.all(WORKSPACES):
        taking_part |= {workspace["creator_id"], *workspace["approver_ids"]}
        taking_part.add(workspace["primary_maven_id"])
    return lambda body: body["id"] in taking_part


def _priced(desk: Desk, given: Body) -> Body:
    desk.need(USERS, given["user_id"], "user_id")
    body = given | currency_fields(given["currency"])
    for known in desk.tagged(COST_RATES, "user_id", given["user_id"]):
        if all(known[name] == given[name] for name in ("currency", "effective_date")):
            body["id"] = known["id"]  # the vendor overrides instead of refusing
    return body


def cost_rate_in_cents(desk: Desk, user_id: str, currency: str, day: str) -> int | None:
    """Return the cost of an hour on a day; None where no rate in this currency applies."""
    applying = [
        rate
        for rate in desk.tagged(COST_RATES, "user_id", user_id)
        if rate["currency"] == currency and rate["effective_date"] <= day
    ]
    latest = max(applying, key=lambda rate: str(rate["effective_date"]), default=None)
    return None if latest is None else int(latest["rate_in_cents"])


_USER_FILTERS: Mapping[str, Filter] = {
    "by_email_address": filters.among("email_address"),
    "by_email_addresses": filters.among("email_address"),
    "by_full_name": filters.containing("full_name"),
    "search": filters.containing("full_name", "email_address"),
    "on_my_account": Filter(keep=_in_a_project, default="false"),
    **filters.TIMES,
}

USER = Resource(collection=USERS, filters=_USER_FILTERS)
ROLE = Resource(
    collection=ROLES,
    filters={"matching": filters.containing("name"), **filters.TIMES},
    fields={
        "name": Field(read=fields.text(), missing="Name can't be blank"),
        "external_reference": Field(read=fields.members),
    },
    calls=frozenset({"index", "show", "create"}),
    build=lambda _, given: given | {"deleted_at": None},
)
# The contract's own rates have a currency and no date; the dated shape is this account's.
COST_RATE = Resource(
    collection=COST_RATES,
    filters={"user_id": filters.among("user_id"), **filters.TIMES},
    fields={
        "user_id": Field(read=fields.identity, missing="User can't be blank"),
        "effective_date": Field(read=fields.day, missing="Effective date can't be blank"),
        "rate_in_cents": Field(read=fields.whole, missing="Rate can't be blank"),
        "currency": Field(read=fields.currency, missing="Currency can't be blank"),
    },
    calls=frozenset({"index", "create"}),
    build=_priced,
)
