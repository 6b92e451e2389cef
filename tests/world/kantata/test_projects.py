import pytest

from tests.world.kantata.firm import Firm, fields, reference


async def test_a_workspace_shows_what_it_was_created_with(firm: Firm) -> None:
    group = (await firm.post("workspace_groups", name="Acme", company=True))["id"]

    made = await firm.post(
        "workspaces",
        title="Rollout",
        creator_role="maven",
        currency="EUR",
        price="12000.50",
        start_date="2026-01-01",
        due_date="2026-06-30",
        workspace_group_ids=[group],
    )

    assert made["title"] == "Rollout"
    assert (made["price"], made["price_in_cents"]) == ("12000.50", 1200050)
    assert (made["currency"], made["currency_symbol"], made["currency_base_unit"]) == (
        "EUR",
        "€",
        100,
    )
    assert (made["start_date"], made["effective_due_date"]) == ("2026-01-01", "2026-06-30")
    assert set(made["status"]) == {"color", "key", "message"}
    assert made["archived"] is False
    assert await firm.ids("workspaces", workspace_groups=group) == [made["id"]]


async def test_all_that_is_missing_is_said_at_once_in_the_words_of_the_vendor(firm: Firm) -> None:
    assert await firm.refused("POST", "workspaces") == [
        {
            "type": "validation",
            "message": "Please give your project a title",
            "field": "title",
        },
        {
            "type": "validation",
            "message": "Please select a role for this project",
            "field": "creator_role",
        },
    ]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("creator_role", "owner"),
        ("currency", "XXX"),
        ("price", "a lot"),
        ("price", "1.005"),
        ("start_date", "01/02/2026"),
        ("budgeted", "perhaps"),
        ("title", 7),
        ("workspace_group_ids", ["999999"]),
        ("workspace_group_ids", "7"),
        ("primary_maven_id", "999999"),
        ("approver_ids", ["999999"]),
        ("status_key", "1.5"),
        ("nickname", "R"),
        ("external_reference", "R"),
    ],
)
async def test_a_value_that_does_not_fit_names_its_field(
    firm: Firm, field: str, value: object
) -> None:
    given = {"title": "Rollout", "creator_role": "maven", field: value}

    assert fields(await firm.refused("POST", "workspaces", **given)) == [field]
    assert await firm.ids("workspaces") == []


async def test_an_unknown_field_is_dropped_if_the_switch_says_so(firm: Firm) -> None:
    await firm.set(refuse_unknown_names=False)

    made = await firm.post("workspaces", title="Rollout", creator_role="maven", nickname="R")

    assert "nickname" not in made


@pytest.mark.parametrize(
    ("currency", "price", "unit", "in_cents"),
    [("JPY", "500", 1, 500), ("USD", 12.5, 100, 1250), ("BHD", "1.234", 1000, 1234)],
)
async def test_cents_are_the_sub_units_of_the_currency(
    firm: Firm, currency: str, price: object, unit: int, in_cents: int
) -> None:
    made = await firm.post(
        "workspaces", title="Rollout", creator_role="maven", currency=currency, price=price
    )

    assert (made["currency_base_unit"], made["price_in_cents"]) == (unit, in_cents)
    assert isinstance(made["price"], str)


async def test_a_currency_applies_to_budgeted_projects_only(firm: Firm) -> None:
    await firm.set(account_currency="GBP")

    budgeted = await firm.show("workspaces", await firm.workspace(currency="EUR"))
    other = await firm.show("workspaces", await firm.workspace(currency="EUR", budgeted=False))
    silent = await firm.show("workspaces", await firm.workspace())

    assert [made["currency"] for made in (budgeted, other, silent)] == ["EUR", "GBP", "GBP"]


async def test_the_currency_and_the_role_of_the_creator_stay(firm: Firm) -> None:
    workspace = await firm.workspace(currency="EUR")

    for field, value in (("currency", "USD"), ("creator_role", "buyer")):
        errors = await firm.refused("PUT", f"workspaces/{workspace}", **{field: value})
        assert fields(errors) == [field]
    assert (await firm.put("workspaces", workspace, currency="EUR"))["currency"] == "EUR"


async def test_whether_time_needs_approval_is_the_choice_of_the_account_by_default(
    firm: Firm,
) -> None:
    strict = await firm.show("workspaces", await firm.workspace())
    await firm.set(require_time_approvals_by_default=False)
    loose = await firm.show("workspaces", await firm.workspace())
    chosen = await firm.show("workspaces", await firm.workspace(require_time_approvals=True))

    assert [made["require_time_approvals"] for made in (strict, loose, chosen)] == [
        True,
        False,
        True,
    ]


async def test_two_creates_with_one_reference_make_two_workspaces(firm: Firm) -> None:
    made = [await firm.workspace(external_reference=reference("P-1")) for _ in range(2)]

    found = await firm.ids(
        "workspaces",
        external_reference_service_name="tiebeam",
        external_reference_service_model_refs="P-1",
        order="created_at:asc",
    )

    assert found == made


async def test_names_of_groups_are_unique_whatever_their_case(firm: Firm) -> None:
    acme = (await firm.post("workspace_groups", name="Acme", company=True))["id"]
    beta = (await firm.post("workspace_groups", name="Beta"))["id"]

    assert fields(await firm.refused("POST", "workspace_groups", name="ACME")) == ["name"]
    assert fields(await firm.refused("PUT", f"workspace_groups/{beta}", name="acme")) == ["name"]
    assert (await firm.put("workspace_groups", acme, name="ACME"))["name"] == "ACME"
    assert await firm.ids("workspace_groups") == [acme, beta]
    assert await firm.ids("workspace_groups", companies_only="true") == [acme]


async def test_a_story_belongs_to_a_workspace_and_takes_its_defaults(firm: Firm) -> None:
    workspace = await firm.workspace(
        tasks_default_non_billable=True, stories_are_fixed_fee_by_default=True
    )

    made = await firm.post(
        "stories",
        title="Kick-off",
        story_type="milestone",
        workspace_id=workspace,
        budget_estimate_in_cents=500000,
        weight=10,
    )

    assert (made["state"], made["billable"], made["fixed_fee"]) == ("not started", False, True)
    assert (made["budget_estimate_in_cents"], made["weight"]) == (500000, 10)


async def test_stories_of_a_project_without_budget_have_none(firm: Firm) -> None:
    workspace = await firm.workspace(budgeted=False)

    made = await firm.post(
        "stories",
        title="Work",
        story_type="task",
        workspace_id=workspace,
        budget_estimate_in_cents=1,
    )

    assert made["budget_estimate_in_cents"] is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", "x" * 201),
        ("title", ""),
        ("story_type", "epic"),
        ("workspace_id", "999999"),
        ("state", "fixed"),
        ("weight", 5),
        ("parent_id", "999999"),
        ("assignee_ids", ["999999"]),
    ],
)
async def test_a_story_that_breaks_a_rule_is_refused(firm: Firm, field: str, value: object) -> None:
    workspace = await firm.workspace()
    given = {"title": "Work", "story_type": "task", "workspace_id": workspace, field: value}

    assert fields(await firm.refused("POST", "stories", **given)) == [field]


async def test_a_parent_is_in_the_same_workspace(firm: Firm) -> None:
    here, there = await firm.workspace(), await firm.workspace()
    parent = await firm.story(there)

    errors = await firm.refused(
        "POST", "stories", title="Step", story_type="task", workspace_id=here, parent_id=parent
    )

    assert fields(errors) == ["parent_id"]


async def test_a_completed_story_is_found_by_its_state(firm: Firm) -> None:
    workspace = await firm.workspace()
    open_one, done = await firm.story(workspace), await firm.story(workspace)

    assert (await firm.put("stories", done, state="completed"))["state"] == "completed"
    assert fields(await firm.refused("PUT", f"stories/{done}", workspace_id=workspace)) == [
        "workspace_id"
    ]
    assert await firm.ids("stories", completed="true") == [done]
    assert await firm.ids("stories", uncompleted="true") == [open_one]
    assert sorted(await firm.ids("stories", completed="false")) == [open_one, done]


async def test_a_deleted_story_is_hidden_until_asked_for(firm: Firm) -> None:
    story = await firm.story(await firm.workspace())

    await firm.call("DELETE", f"stories/{story}", status=204)

    await firm.call("GET", f"stories/{story}", status=404)
    await firm.call("DELETE", f"stories/{story}", status=404)
    assert await firm.ids("stories") == []
    assert await firm.ids("stories", show_deleted="true") == [story]


async def test_stories_archived_or_in_archived_workspaces_are_hidden(firm: Firm) -> None:
    here, there = await firm.workspace(), await firm.workspace()
    kept, put_away, elsewhere = [await firm.story(place) for place in (here, here, there)]
    await firm.put("stories", put_away, archived=True)
    await firm.put("workspaces", there, archived=True)

    assert await firm.ids("stories") == [kept]
    assert await firm.ids("stories", show_archived="true", workspace_id=here) == [put_away, kept]
    assert await firm.ids("stories", archived="only") == [put_away]
    assert await firm.ids("stories", show_from_archived_workspaces="true", with_projects=there) == [
        elsewhere
    ]


async def test_stories_are_created_together_or_not_at_all(firm: Firm) -> None:
    workspace = await firm.workspace()
    good = {"title": "Work", "story_type": "task", "workspace_id": workspace}

    refused = await firm.call(
        "POST", "stories", {"stories": [good, {**good, "title": ""}]}, status=422
    )
    assert fields(refused["errors"]) == ["title"]
    assert await firm.ids("stories") == []

    answer = await firm.call("POST", "stories", {"stories": [good, good]})
    assert answer["count"] == len(answer["stories"]) == 2
