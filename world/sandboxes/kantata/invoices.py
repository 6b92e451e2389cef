"""Invoices of time, milestones and other items; a cancelled one sets free what was on it."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal

from starlette.routing import Route

from world.sandboxes.box import Body
from world.sandboxes.kantata import fields, filters, invoice_lines, refusals
from world.sandboxes.kantata.calls import Call, writing
from world.sandboxes.kantata.catalog import BILLING_MILESTONES, INVOICES, TIME_ENTRIES, WORKSPACES
from world.sandboxes.kantata.collection import Collection
from world.sandboxes.kantata.desk import Desk
from world.sandboxes.kantata.envelope import Envelope
from world.sandboxes.kantata.fields import Field
from world.sandboxes.kantata.filters import Filter, Keep, Query
from world.sandboxes.kantata.money import currency_fields, rounded
from world.sandboxes.kantata.office import Office
from world.sandboxes.kantata.resource import Resource
from world.sandboxes.kantata.settings import zone

# What an update says of lines is not in the facts: they are as they were created.
_IDS = Field(read=fields.identities, default=[], fixed=True)
_ITEMS = Field(read=fields.objects, default=[], fixed=True)
_TEXT = Field(read=fields.text())
_NOT_KEPT = ("additional_items", "fixed_fee_items", "suppress_emails")


def _build(desk: Desk, given: Body) -> Body:
    one = given.pop("workspace_id")
    given["workspace_ids"] = given["workspace_ids"] or ([one] if one else [])
    currency = _currency(desk, given["workspace_ids"])
    lines = invoice_lines.gathered(desk, given, currency)
    net, tax_rate = lines["_net_in_cents"], given["tax_rate"] or Decimal(0)
    return {
        **{name: value for name, value in given.items() if name not in _NOT_KEPT},
        **lines,
        **currency_fields(currency),
        **_dates(desk, given),
        **_number(desk, given),
        "tax_rate": str(tax_rate),
        "balance_in_cents": net + rounded(net * tax_rate / 100),
        "status": "new",
        "user_id": desk.user_id,
    }


def _currency(desk: Desk, workspace_ids: list[str]) -> str:
    if not workspace_ids:
        raise refusals.invalid(field="workspace_id", message="Workspace can't be blank")
    found = [desk.need(WORKSPACES, key, "workspace_ids") for key in workspace_ids]
    currencies = {workspace["currency"] for workspace in found}
    if len(currencies) > 1:
        raise refusals.invalid(field="workspace_ids", message="The projects differ in currency")
    return str(currencies.pop())


def _dates(desk: Desk, body: Body) -> Body:
    today = datetime.fromtimestamp(desk.now, zone(desk.settings)).date()
    day = date.fromisoformat(body["invoice_date"]) if body["invoice_date"] else today
    due = day + timedelta(days=body["payment_schedule"])
    return {"invoice_date": day.isoformat(), "due_date": due.isoformat()}


def _number(desk: Desk, body: Body) -> Body:
    number = body["user_invoice_number"] or desk.number("user_invoice_number")
    numbered = body | {"user_invoice_number": number}
    return {"user_invoice_number": number, "title": _title(numbered)}


def _title(body: Body) -> str:
    draft = "Draft " if body["draft"] else ""
    return f"{draft}Invoice #{body['user_invoice_number']}"


def _numbered(_: Query, value: str) -> Keep:
    wanted = frozenset(filters.several(value))
    return lambda body: str(body["user_invoice_number"]) in wanted


def _no_expenses(value: object) -> list[str]:
    if value != []:
        raise fields.Wrong(text="has to be empty: this account has no expenses")
    return []


def _created(desk: Desk, made: list[Body]) -> None:
    for invoice in made:
        entries, milestones = invoice_lines.on(desk, invoice)
        taken = {"is_invoiced": True, "invoice_id": invoice["id"]}
        desk.save(TIME_ENTRIES, [entry | taken for entry in entries])
        listed = {"invoice_ids": [invoice["id"]]}
        desk.save(BILLING_MILESTONES, [milestone | listed for milestone in milestones])


def _change(desk: Desk, body: Body, given: Body) -> Body:
    _still_new(body)
    changed = body | given
    return changed | _dates(desk, changed) | {"title": _title(changed)}


def _remove(desk: Desk, collection: Collection, body: Body) -> None:
    _set_free(desk, body)
    desk.remove(collection, body["id"])


def _still_new(invoice: Body) -> None:
    if invoice["status"] != "new":
        raise refusals.invalid(
            field="status", message=f"This invoice is in status {invoice['status']}"
        )


def _deletable(_: Desk, invoice: Body) -> None:
    if invoice["status"] == "accepted payment":
        raise refusals.invalid(field="status", message="This invoice has been paid")


def _set_free(desk: Desk, invoice: Body) -> None:
    if invoice["status"] == "cancelled":
        return  # what was on it may be on another one by now
    entries, milestones = invoice_lines.on(desk, invoice)
    free = {"is_invoiced": False, "invoice_id": None}
    desk.save(TIME_ENTRIES, [entry | free for entry in entries])
    desk.save(BILLING_MILESTONES, [milestone | {"invoice_ids": []} for milestone in milestones])


def cancel(desk: Desk, call: Call) -> Body:
    """Cancel an invoice: it stays to be read, what was on it can be invoiced again."""
    envelope = Envelope(desk, INVOICES, call.parameters)
    invoice = desk.find(INVOICES, call.key)
    if invoice is None:
        raise refusals.missing()
    _still_new(invoice)
    _set_free(desk, invoice)
    return envelope.single(desk.save(INVOICES, [invoice | {"status": "cancelled"}])[0])


def routes(office: Office) -> list[Route]:
    """Return the route that only invoices have."""
    return [Route("/invoices/{id:int}/cancel", writing(office, cancel), methods=["PUT"])]


def _if_true(test: Callable[[Body], bool]) -> Filter:
    def keep(query: Query, value: str) -> Keep:
        return test if filters.is_true(value) else filters.everything(query, value)

    return Filter(keep=keep)


INVOICE = Resource(
    collection=INVOICES,
    filters={
        "workspace_id": filters.holding("workspace_ids"),
        "user_invoice_number": Filter(keep=_numbered),
        "within_dates": filters.between("invoice_date"),
        "paid": _if_true(lambda body: body["status"] == "accepted payment"),
        "pending": _if_true(lambda body: body["status"] == "new" and not body["draft"]),
        "without_drafts": _if_true(lambda body: not body["draft"]),
        **filters.TIMES,
    },
    fields={
        "workspace_id": Field(read=fields.identity, fixed=True),
        "workspace_ids": _IDS,
        "time_entry_ids": _IDS,
        "expense_ids": Field(read=_no_expenses, default=[], fixed=True),
        "billing_milestone_ids": _IDS,
        "additional_items": _ITEMS,
        "fixed_fee_items": _ITEMS,
        "suppress_emails": Field(read=fields.flag, fixed=True),
        "payment_schedule": Field(read=fields.whole, missing="Payment schedule can't be blank"),
        "invoice_date": Field(read=fields.day),
        "draft": Field(read=fields.flag, default=False),
        "purchase_order": _TEXT,
        "project_code": _TEXT,
        "tax_rate": Field(read=fields.decimal, fixed=True),
        "message": _TEXT,
        "user_invoice_number": Field(read=fields.positive),
        "user_invoice_title": _TEXT,
        "external_reference": Field(read=fields.members),
    },
    calls=frozenset({"index", "show", "create", "update", "delete"}),
    build=_build,
    change=_change,
    created=_created,
    deletable=_deletable,
    remove=_remove,
)
