import pytest

from tests.world.kantata.firm import Firm, fields


async def _milestone(firm: Firm, workspace: str, **more: object) -> str:
    given = {"title": "Start", "amount_in_cents": 500000, "workspace_id": workspace}
    return str((await firm.post("billing_milestones", **given | more))["id"])


async def test_a_milestone_has_the_currency_of_its_workspace(firm: Firm) -> None:
    workspace = await firm.workspace(currency="JPY")

    made = await firm.show("billing_milestones", await _milestone(firm, workspace))

    assert (made["amount_in_cents"], made["currency"], made["currency_base_unit"]) == (
        500000,
        "JPY",
        1,
    )
    assert made["billing_type"] == "fixed_date"


async def test_an_amount_can_be_negative(firm: Firm) -> None:
    milestone = await _milestone(firm, await firm.workspace(), amount_in_cents=-10000)

    assert (await firm.show("billing_milestones", milestone))["amount_in_cents"] == -10000


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", None),
        ("amount_in_cents", None),
        ("amount_in_cents", "7.5"),
        ("amount_in_cents", 12.5),
        ("workspace_id", None),
        ("workspace_id", 999999),
        ("billing_type", "sometimes"),
        ("date_to_invoice", "2026-02-30"),
        ("story_id", 999999),
    ],
)
async def test_a_milestone_that_breaks_a_rule_is_refused(
    firm: Firm, field: str, value: object
) -> None:
    workspace = await firm.workspace()
    given = {"title": "Start", "amount_in_cents": 1, "workspace_id": workspace, field: value}

    assert fields(await firm.refused("POST", "billing_milestones", **given)) == [field]


async def test_billing_upon_completion_needs_a_story_of_the_same_workspace(firm: Firm) -> None:
    here, there = await firm.workspace(), await firm.workspace()
    given = {"title": "Done", "amount_in_cents": 1, "workspace_id": here}
    upon_completion = {**given, "billing_type": "upon_completion"}

    for more in ({}, {"story_id": await firm.story(there)}):
        errors = await firm.refused("POST", "billing_milestones", **upon_completion, **more)
        assert fields(errors) == ["story_id"]

    story = await firm.story(here)
    milestone = await _milestone(firm, here, billing_type="upon_completion", story_id=story)
    assert await firm.ids("billing_milestones", story_ids=story) == [milestone]
    errors = await firm.refused("PUT", f"billing_milestones/{milestone}", story_id=None)
    assert fields(errors) == ["story_id"]


async def test_an_invoiced_milestone_can_neither_change_nor_go(firm: Firm) -> None:
    workspace = await firm.workspace()
    milestone = await _milestone(firm, workspace)
    changed = await firm.put("billing_milestones", milestone, amount_in_cents=7)
    invoice = await firm.post(
        "invoices",
        workspace_id=workspace,
        billing_milestone_ids=[milestone],
        payment_schedule=30,
    )

    shown = await firm.show("billing_milestones", milestone, include="invoices")
    assert (changed["amount_in_cents"], shown["invoice_ids"]) == (7, [invoice["id"]])
    path = f"billing_milestones/{milestone}"
    assert fields(await firm.refused("PUT", path, title="Later")) == ["base"]
    await firm.call("DELETE", path, status=422)
    await firm.show("billing_milestones", milestone)


async def test_a_milestone_that_is_not_invoiced_can_go(firm: Firm) -> None:
    milestone = await _milestone(firm, await firm.workspace())

    await firm.call("DELETE", f"billing_milestones/{milestone}", status=204)

    await firm.call("GET", f"billing_milestones/{milestone}", status=404)


async def test_milestones_are_found_by_workspace_and_date_to_invoice(firm: Firm) -> None:
    here, there = await firm.workspace(), await firm.workspace()
    first = await _milestone(firm, here, date_to_invoice="2026-01-31")
    last = await _milestone(firm, here, date_to_invoice="2026-02-28")
    await _milestone(firm, there)

    assert await firm.ids("billing_milestones", workspace_ids=here) == [last, first]
    assert await firm.ids("billing_milestones", date_between="2026-01-31:2026-02-27") == [first]
    both = await firm.ids("billing_milestones", date_between="2026-01-31:2026-02-28")
    assert both == [last, first]


async def test_at_most_100_milestones_are_created_at_once(firm: Firm) -> None:
    one = {"title": "Start", "amount_in_cents": 1, "workspace_id": await firm.workspace()}

    await firm.call("POST", "billing_milestones", {"billing_milestones": [one] * 101}, status=400)
    assert await firm.ids("billing_milestones") == []
    answer = await firm.call("POST", "billing_milestones", {"billing_milestones": [one] * 100})
    assert answer["count"] == 100
