"""What can stand on an invoice, and what it comes to."""

from collections.abc import Iterable
from decimal import Decimal

from world.sandboxes.box import Body
from world.sandboxes.kantata import fields, refusals
from world.sandboxes.kantata.catalog import (
    ADDITIONAL_ITEMS,
    BILLING_MILESTONES,
    FIXED_FEE_ITEMS,
    TIME_ENTRIES,
    WORKSPACES,
)
from world.sandboxes.kantata.collection import Collection
from world.sandboxes.kantata.desk import Desk
from world.sandboxes.kantata.fields import Field
from world.sandboxes.kantata.money import BASE_UNITS, currency_fields, worth

_ITEM = {
    "amount": Field(read=fields.decimal, missing="Amount can't be blank"),
    "notes": Field(read=fields.text()),
    "taxable": Field(read=fields.flag, default=False),
    "workspace_id": Field(read=fields.identity),
}
_FIXED_FEE_ITEM = {**_ITEM, "story_id": Field(read=fields.identity)}


def gathered(desk: Desk, given: Body, currency: str) -> Body:
    """Return the fields of an invoice that its lines make, `_net_in_cents` among them."""
    entries = [_entry(desk, key, given) for key in given["time_entry_ids"]]
    milestones = [_milestone(desk, key, given) for key in given["billing_milestone_ids"]]
    additional = _items(desk, ADDITIONAL_ITEMS, _ITEM, given, currency)
    fixed_fee = _items(desk, FIXED_FEE_ITEMS, _FIXED_FEE_ITEM, given, currency)
    amounts = [worth(entry["rate_in_cents"], entry["time_in_minutes"]) for entry in entries]
    amounts += [line["amount_in_cents"] for line in (*milestones, *additional, *fixed_fee)]
    if not amounts:
        raise refusals.invalid(field="base", message="An invoice needs at least one line item")
    return {
        "additional_item_ids": _ids(additional),
        "fixed_fee_item_ids": _ids(fixed_fee),
        "_net_in_cents": sum(amounts),
    }


def on(desk: Desk, invoice: Body) -> tuple[list[Body], list[Body]]:
    """Return the time entries and the billing milestones on an invoice."""
    return (
        desk.some(TIME_ENTRIES, invoice["time_entry_ids"]),
        desk.some(BILLING_MILESTONES, invoice["billing_milestone_ids"]),
    )


def _ids(records: Iterable[Body]) -> list[str]:
    return [record["id"] for record in records]


def _entry(desk: Desk, key: str, given: Body) -> Body:
    entry = desk.need(TIME_ENTRIES, key, "time_entry_ids")
    reason = ""
    if entry["workspace_id"] not in given["workspace_ids"]:
        reason = "is not in a project of the invoice"
    elif entry["is_invoiced"]:
        reason = "has been invoiced"
    elif desk.settings["only_approved_time_is_invoiced"] and not entry["approved"]:
        workspace = desk.need(WORKSPACES, entry["workspace_id"], "workspace_ids")
        reason = "has not been approved" if workspace["require_time_approvals"] else ""
    if reason:
        raise refusals.invalid(field="time_entry_ids", message=f"Time entry {key} {reason}")
    return entry


def _milestone(desk: Desk, key: str, given: Body) -> Body:
    field = "billing_milestone_ids"
    milestone = desk.need(BILLING_MILESTONES, key, field)
    reason = ""
    if milestone["workspace_id"] not in given["workspace_ids"]:
        reason = "is not in a project of the invoice"
    elif milestone["invoice_ids"]:
        reason = "has been invoiced"
    if reason:
        raise refusals.invalid(field=field, message=f"Billing milestone {key} {reason}")
    return milestone


def _items(
    desk: Desk, collection: Collection, known: dict[str, Field], given: Body, currency: str
) -> list[Body]:
    strict = desk.settings["refuse_unknown_names"]
    bodies = []
    for item in given[collection.key]:
        body = fields.read_new(known, item, strict=strict)
        amount = body.pop("amount")
        body["amount_in_cents"] = _in_cents(desk, collection.key, amount, currency)
        bodies.append(body | currency_fields(currency))
    return desk.create_many(collection, bodies)


def _in_cents(desk: Desk, field: str, amount: Decimal, currency: str) -> int:
    in_cents = amount * BASE_UNITS[currency]
    whole = desk.settings["fractional_item_amounts"] or amount == int(amount)
    if not whole or in_cents != int(in_cents):
        raise refusals.invalid(field=field, message=f"{amount} is not an amount of {currency}")
    return int(in_cents)
