import pytest

from tests.world.kantata.firm import Firm, fields, reference


async def _invoice(firm: Firm, workspace: str, **more: object) -> str:
    given = {"workspace_id": workspace, "payment_schedule": 30}
    return str((await firm.post("invoices", **given | more))["id"])


async def test_an_invoice_sums_time_milestones_and_items(firm: Firm) -> None:
    workspace = await firm.workspace(currency="EUR")
    entry = await firm.approved_entry(workspace, rate_in_cents=15000, time_in_minutes=10)
    milestone = await firm.post(
        "billing_milestones", title="Start", amount_in_cents=100000, workspace_id=workspace
    )

    invoice = await _invoice(
        firm,
        workspace,
        time_entry_ids=[entry],
        expense_ids=[],
        billing_milestone_ids=[milestone["id"]],
        additional_items=[{"notes": "Travel", "amount": 100, "workspace_id": workspace}],
        fixed_fee_items=[{"notes": "Fee", "amount": "0.50", "taxable": True}],
        invoice_date="2026-01-31",
        purchase_order="PO-7",
        tax_rate="10",
    )

    shown = await firm.show("invoices", invoice, include="time_entries,workspaces,additional_items")
    # 2,500 for the ten minutes (25.00), 100,000, 10,000 and 50, and a tenth more.
    assert shown["balance_in_cents"] == 123805
    assert (shown["currency"], shown["status"], shown["draft"]) == ("EUR", "new", False)
    assert (shown["title"], shown["user_invoice_number"]) == ("Invoice #1", 1)
    assert (shown["invoice_date"], shown["due_date"]) == ("2026-01-31", "2026-03-02")
    assert shown["purchase_order"] == "PO-7"
    assert (shown["time_entry_ids"], shown["workspace_ids"]) == ([entry], [workspace])
    assert len(shown["additional_item_ids"]) == 1


async def test_what_is_on_an_invoice_is_marked(firm: Firm) -> None:
    workspace = await firm.workspace()
    entry = await firm.approved_entry(workspace)

    invoice = await _invoice(firm, workspace, time_entry_ids=[entry])

    shown = await firm.show("time_entries", entry, include="invoice")
    assert (shown["is_invoiced"], shown["invoice_id"]) == (True, invoice)
    assert await firm.ids("time_entries", in_active_invoice_id=invoice) == [entry]
    again = await firm.refused(
        "POST", "invoices", workspace_id=workspace, payment_schedule=30, time_entry_ids=[entry]
    )
    assert fields(again) == ["time_entry_ids"]


async def test_a_cancelled_invoice_stays_and_sets_free_what_was_on_it(firm: Firm) -> None:
    workspace = await firm.workspace()
    entry = await firm.approved_entry(workspace)
    milestone = await firm.post(
        "billing_milestones", title="Start", amount_in_cents=1, workspace_id=workspace
    )
    lines = {"time_entry_ids": [entry], "billing_milestone_ids": [milestone["id"]]}
    invoice = await _invoice(firm, workspace, **lines)

    cancelled = await firm.call("PUT", f"invoices/{invoice}/cancel")

    assert cancelled["invoices"][invoice]["status"] == "cancelled"
    assert (await firm.show("invoices", invoice))["status"] == "cancelled"
    assert await firm.ids("time_entries", uninvoiced="1", approved="1") == [entry]
    await firm.call("PUT", f"invoices/{invoice}/cancel", status=422)
    await _invoice(firm, workspace, **lines)


async def test_an_invoice_can_change_but_for_its_lines_until_it_is_cancelled(firm: Firm) -> None:
    workspace = await firm.workspace()
    entry = await firm.approved_entry(workspace)
    invoice = await _invoice(firm, workspace, time_entry_ids=[entry], draft=True)

    changed = await firm.put(
        "invoices", invoice, draft=False, invoice_date="2026-01-20", payment_schedule=14
    )

    assert (changed["title"], changed["due_date"]) == ("Invoice #1", "2026-02-03")
    errors = await firm.refused("PUT", f"invoices/{invoice}", time_entry_ids=[])
    assert fields(errors) == ["time_entry_ids"]
    await firm.call("PUT", f"invoices/{invoice}/cancel")
    errors = await firm.refused("PUT", f"invoices/{invoice}", payment_schedule=30)
    assert fields(errors) == ["status"]


async def test_a_deleted_invoice_is_gone_and_sets_free_what_was_on_it(firm: Firm) -> None:
    workspace = await firm.workspace()
    entry = await firm.approved_entry(workspace)
    invoice = await _invoice(firm, workspace, time_entry_ids=[entry])

    await firm.call("DELETE", f"invoices/{invoice}", status=204)

    await firm.call("GET", f"invoices/{invoice}", status=404)
    assert await firm.ids("time_entries", uninvoiced="1", approved="1") == [entry]


async def test_deleting_a_cancelled_invoice_leaves_the_one_that_took_its_time(firm: Firm) -> None:
    workspace = await firm.workspace()
    entry = await firm.approved_entry(workspace)
    first = await _invoice(firm, workspace, time_entry_ids=[entry])
    await firm.call("PUT", f"invoices/{first}/cancel")
    second = await _invoice(firm, workspace, time_entry_ids=[entry])

    await firm.call("DELETE", f"invoices/{first}", status=204)

    shown = await firm.show("time_entries", entry, include="invoice")
    assert (shown["is_invoiced"], shown["invoice_id"]) == (True, second)


async def test_cancelling_an_invoice_that_is_not_there_is_a_404(firm: Firm) -> None:
    await firm.call("PUT", "invoices/999999/cancel", status=404)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("payment_schedule", None),
        ("workspace_id", None),
        ("time_entry_ids", ["999999"]),
        ("billing_milestone_ids", ["999999"]),
        ("expense_ids", ["1"]),
        ("additional_items", [{"amount": "0.001"}]),
        ("invoice_date", "soon"),
        ("tax_rate", "much"),
    ],
)
async def test_an_invoice_that_breaks_a_rule_is_refused(
    firm: Firm, field: str, value: object
) -> None:
    given = {
        "workspace_id": await firm.workspace(),
        "payment_schedule": 30,
        "additional_items": [{"amount": 1}],
        field: value,
    }

    assert fields(await firm.refused("POST", "invoices", **given)) == [field]
    assert await firm.ids("invoices") == []


async def test_an_invoice_needs_a_line(firm: Firm) -> None:
    errors = await firm.refused(
        "POST", "invoices", workspace_id=await firm.workspace(), payment_schedule=30
    )

    assert fields(errors) == ["base"]


async def test_an_invoice_holds_lines_of_its_projects_in_one_currency(firm: Firm) -> None:
    here, there = await firm.workspace(), await firm.workspace()
    abroad = await firm.workspace(currency="EUR")
    entry = await firm.approved_entry(there)
    given = {"payment_schedule": 30, "time_entry_ids": [entry]}

    elsewhere = await firm.refused("POST", "invoices", workspace_id=here, **given)
    mixed = await firm.refused("POST", "invoices", workspace_ids=[there, abroad], **given)
    both = (await firm.post("invoices", workspace_ids=[here, there], **given))["id"]

    assert (fields(elsewhere), fields(mixed)) == (["time_entry_ids"], ["workspace_ids"])
    assert await firm.ids("invoices", workspace_id=here) == [both]
    assert await firm.ids("invoices", workspace_id=abroad) == []


async def test_only_approved_time_is_invoiced_unless_the_switch_lets_it(firm: Firm) -> None:
    workspace = await firm.workspace()
    entry = await firm.entry(workspace)
    given = {"workspace_id": workspace, "payment_schedule": 30, "time_entry_ids": [entry]}

    assert fields(await firm.refused("POST", "invoices", **given)) == ["time_entry_ids"]
    await firm.set(only_approved_time_is_invoiced=False)

    await firm.post("invoices", **given)


async def test_amounts_of_items_are_whole_if_the_switch_says_so(firm: Firm) -> None:
    await firm.set(fractional_item_amounts=False)
    given = {"workspace_id": await firm.workspace(), "payment_schedule": 30}

    errors = await firm.refused("POST", "invoices", **given, additional_items=[{"amount": 1.5}])

    assert fields(errors) == ["additional_items"]
    assert (await firm.post("invoices", **given, additional_items=[{"amount": 2}]))[
        "balance_in_cents"
    ] == 200


async def test_invoices_are_found_by_reference_and_state(firm: Firm) -> None:
    workspace = await firm.workspace()
    item = {"additional_items": [{"amount": 1}]}
    draft = await _invoice(firm, workspace, draft=True, **item)
    sent = await _invoice(firm, workspace, external_reference=reference("I-1"), **item)

    assert (await firm.show("invoices", draft))["title"] == "Draft Invoice #1"
    assert await firm.ids("invoices", external_reference_service_model_refs="I-1") == [sent]
    assert await firm.ids("invoices", without_drafts="true") == [sent]
    assert await firm.ids("invoices", pending="true") == [sent]
    assert await firm.ids("invoices", paid="true") == []
    assert await firm.ids("invoices", user_invoice_number="1") == [draft]
