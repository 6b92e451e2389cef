import pytest

from tests.world.kantata.firm import Firm


async def test_an_index_walks_by_results_and_keeps_records_by_id(firm: Firm) -> None:
    first, second = [await firm.workspace(title=title) for title in ("Acme", "Zeta")]

    answer = await firm.get("workspaces", order="title:desc")

    assert answer["count"] == 2
    assert answer["results"] == [
        {"key": "workspaces", "id": second},
        {"key": "workspaces", "id": first},
    ]
    assert set(answer["workspaces"]) == {first, second}
    assert answer["meta"] == {"count": 2, "page_count": 1, "page_number": 1, "page_size": 20}


async def test_create_show_and_update_answer_200_in_the_same_envelope(firm: Firm) -> None:
    body = {"workspace": {"title": "Acme", "creator_role": "maven"}}

    created = await firm.call("POST", "workspaces", body)
    number = created["results"][0]["id"]
    shown = await firm.get(f"workspaces/{number}")
    updated = await firm.call("PUT", f"workspaces/{number}", {"workspace": {"title": "Beta"}})

    assert set(created) == set(shown) == set(updated) == {"count", "results", "workspaces", "meta"}
    assert created["workspaces"] == shown["workspaces"]
    assert updated["workspaces"][number]["title"] == "Beta"


async def test_ids_are_texts_and_numbers_are_taken_too(firm: Firm) -> None:
    workspace = await firm.workspace()

    story = await firm.post(
        "stories", title="Design", story_type="task", workspace_id=int(workspace)
    )

    assert isinstance(story["id"], str)
    assert await firm.ids("stories", workspace_id=workspace) == [story["id"]]


async def test_association_ids_stand_only_where_the_association_is_included(firm: Firm) -> None:
    workspace = await firm.workspace()
    story = await firm.story(workspace)
    entry = await firm.entry(workspace, story_id=story)

    plain = await firm.show("time_entries", entry)
    included = await firm.get("time_entries", include="story,user")

    assert not [name for name in plain if name.endswith(("_id", "_ids"))]
    row = included["time_entries"][entry]
    assert (row["story_id"], row["user_id"]) == (story, "1000")
    assert "workspace_id" not in row
    assert included["stories"][story]["title"] == "Design"
    assert included["users"]["1000"]["full_name"]
    assert "workspaces" not in included


async def test_association_ids_stand_everywhere_if_the_switch_says_so(firm: Firm) -> None:
    workspace = await firm.workspace()
    entry = await firm.entry(workspace)
    await firm.set(association_ids_without_include=True)

    row = await firm.show("time_entries", entry)

    assert (row["workspace_id"], row["story_id"]) == (workspace, None)


async def test_side_loaded_records_of_the_same_type_are_not_results(firm: Firm) -> None:
    workspace = await firm.workspace()
    parent = await firm.story(workspace, title="Phase")
    child = await firm.story(workspace, title="Step", parent_id=parent)

    answer = await firm.get("stories", only=child, include="parent")

    assert [result["id"] for result in answer["results"]] == [child]
    assert set(answer["stories"]) == {parent, child}
    assert answer["stories"][child]["parent_id"] == parent


async def test_ids_that_live_on_the_other_side_are_found(firm: Firm) -> None:
    group = (await firm.post("workspace_groups", name="Acme", company=True))["id"]
    workspace = await firm.workspace(workspace_group_ids=[group])
    milestone = await firm.post(
        "billing_milestones", title="Start", amount_in_cents=1, workspace_id=workspace
    )

    shown = await firm.show("workspaces", workspace, include="billing_milestones,workspace_groups")
    back = await firm.show("workspace_groups", group, include="workspaces")

    assert shown["billing_milestone_ids"] == [milestone["id"]]
    assert shown["workspace_group_ids"] == [group]
    assert back["workspace_ids"] == [workspace]


async def test_a_create_can_include_associations(firm: Firm) -> None:
    workspace = await firm.workspace()
    body = {"story": {"title": "Design", "story_type": "task", "workspace_id": workspace}}

    answer = await firm.call("POST", "stories", body, include="workspace")

    assert set(answer["workspaces"]) == {workspace}


async def test_timestamps_carry_the_offset_of_the_account(firm: Firm) -> None:
    workspace = await firm.workspace()

    pacific = (await firm.show("workspaces", workspace))["created_at"]
    await firm.set(utc_offset="+05:30")
    indian = (await firm.show("workspaces", workspace))["created_at"]

    assert (pacific[:14], pacific[-6:]) == ("2026-01-15T04:", "-08:00")
    assert (indian[:14], indian[-6:]) == ("2026-01-15T17:", "+05:30")


@pytest.mark.parametrize(
    "parameters",
    [{"include": "owner"}, {"optional_fields": "secret"}, {"colour": "red"}],
    ids=["include", "optional-field", "filter"],
)
async def test_unknown_names_in_a_query_are_refused_unless_the_switch_lets_them(
    firm: Firm, parameters: dict[str, str]
) -> None:
    await firm.call("GET", "workspaces", status=400, **parameters)

    await firm.set(refuse_unknown_names=False)

    await firm.get("workspaces", **parameters)


async def test_an_optional_field_is_shown_when_asked_for(firm: Firm) -> None:
    workspace = await firm.workspace(stage="estimate")

    assert "stage" not in await firm.show("workspaces", workspace)
    shown = await firm.show("workspaces", workspace, **{"optional_fields[]": "stage"})
    assert shown["stage"] == "estimate"
