import pytest

from tests.world.kantata.firm import Firm, fields, reference


async def _resource(firm: Firm, workspace: str, **more: object) -> str:
    return str((await firm.post("workspace_resources", workspace_id=workspace, **more))["id"])


async def _allocation(firm: Firm, resource: str, **more: object) -> str:
    week = {"start_date": "2026-01-12", "end_date": "2026-01-18", "minutes": 1200}
    return str(
        (await firm.post("workspace_allocations", resource_id=resource, **week | more))["id"]
    )


async def test_a_resource_is_a_person_or_a_role_on_a_project(firm: Firm) -> None:
    workspace, person = await firm.workspace(), await firm.person()
    role = (await firm.post("roles", name="Consultant"))["id"]

    named = await _resource(firm, workspace, user_id=person, role_id=role)
    unnamed = await _resource(firm, workspace, role_id=role)

    shown = await firm.show("workspace_resources", named, include="workspace,user,role")
    assert (shown["workspace_id"], shown["user_id"], shown["role_id"]) == (workspace, person, role)
    assert await firm.ids("workspace_resources") == [named]
    assert await firm.ids("workspace_resources", only_unnamed="true") == [unnamed]
    both = await firm.ids("workspace_resources", include_unnamed="true", workspace_id=workspace)
    assert both == [unnamed, named]


async def test_a_person_is_on_a_project_once(firm: Firm) -> None:
    workspace, person = await firm.workspace(), await firm.person()
    await _resource(firm, workspace, user_id=person)

    errors = await firm.refused(
        "POST", "workspace_resources", workspace_id=workspace, user_id=person
    )

    assert fields(errors) == ["user_id"]
    await _resource(firm, await firm.workspace(), user_id=person)


async def test_an_allocation_tells_its_share_of_the_working_days(firm: Firm) -> None:
    workspace = await firm.workspace()
    resource = await _resource(firm, workspace, user_id=await firm.person())

    allocation = await _allocation(firm, resource, hard=True, notes="half of it")

    shown = await firm.show(
        "workspace_allocations", allocation, include="workspace_resource,workspace"
    )
    assert (shown["minutes"], shown["percentage"], shown["hard"]) == (1200, 50, True)
    assert (shown["workspace_resource_id"], shown["workspace_id"]) == (resource, workspace)
    changed = await firm.put("workspace_allocations", allocation, minutes=2400)
    assert changed["percentage"] == 100


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("resource_id", None),
        ("resource_id", 999999),
        ("start_date", None),
        ("end_date", "2026-01-11"),
        ("minutes", None),
        ("minutes", -1),
        ("hard", "perhaps"),
    ],
)
async def test_an_allocation_that_breaks_a_rule_is_refused(
    firm: Firm, field: str, value: object
) -> None:
    resource = await _resource(firm, await firm.workspace(), user_id=await firm.person())
    given = {
        "resource_id": resource,
        "start_date": "2026-01-12",
        "end_date": "2026-01-18",
        "minutes": 60,
    }

    errors = await firm.refused("POST", "workspace_allocations", **given | {field: value})

    assert fields(errors) == [field]


async def test_allocations_are_found_by_kind_period_and_person(firm: Firm) -> None:
    person = await firm.person()
    resource = await _resource(firm, await firm.workspace(), user_id=person)
    other = await _resource(firm, await firm.workspace(), user_id=await firm.person())
    soft = await _allocation(firm, resource)
    later = {"start_date": "2026-02-02", "end_date": "2026-02-06"}
    hard = await _allocation(firm, resource, hard=True, **later)
    await _allocation(firm, other)

    assert await firm.ids("workspace_allocations", user_ids=person) == [hard, soft]
    assert await firm.ids("workspace_allocations", workspace_resource_ids=resource) == [hard, soft]
    assert await firm.ids("workspace_allocations", type="hard") == [hard]
    period = "2026-02-06:2026-02-28"
    assert await firm.ids("workspace_allocations", overlaps_with_date_range=period) == [hard]
    await firm.call("GET", "workspace_allocations", type="firm", status=400)


async def test_200_allocations_are_created_at_once_all_or_none(firm: Firm) -> None:
    resource = await _resource(firm, await firm.workspace(), user_id=await firm.person())
    one = {
        "resource_id": resource,
        "start_date": "2026-01-12",
        "end_date": "2026-01-12",
        "minutes": 480,
    }

    async def create(*several: object, status: int) -> int:
        body = {"workspace_allocations": several}
        answer = await firm.call("POST", "workspace_allocations", body, status=status)
        return int(answer.get("count", 0))

    assert await create(*[one] * 201, status=400) == 0
    assert await create(one, one | {"minutes": -1}, status=422) == 0
    assert await firm.ids("workspace_allocations") == []
    assert await create(*[one] * 200, status=200) == 200


async def test_a_resource_that_goes_takes_its_allocations_along(firm: Firm) -> None:
    resource = await _resource(firm, await firm.workspace(), user_id=await firm.person())
    allocation = await _allocation(firm, resource)

    await firm.call("DELETE", f"workspace_resources/{resource}", status=204)

    await firm.call("GET", f"workspace_allocations/{allocation}", status=404)
    events = await firm.get("subscribed_events", order="created_at:asc")
    types = [one["event_type"] for one in events["subscribed_events"].values()]
    assert [name for name in types if name.endswith("deleted")] == [
        "workspace_allocation:deleted",
        "workspace_resource:deleted",
    ]


async def test_a_person_is_assigned_to_a_story_once(firm: Firm) -> None:
    workspace, person = await firm.workspace(), await firm.person()
    story = await firm.story(workspace)
    named = {"story_id": story, "assignee_id": person}

    made = await firm.post("assignments", **named, estimated_minutes=480)

    errors = await firm.refused("POST", "assignments", **named)
    assert fields(errors) == ["assignee_id"]
    assert await firm.ids("assignments", workspace_id=workspace) == [made["id"]]
    shown = await firm.show("assignments", made["id"], include="story,assignee")
    assert (shown["story_id"], shown["assignee_id"]) == (story, person)
    assert (await firm.put("assignments", made["id"], estimated_minutes=60))[
        "estimated_minutes"
    ] == 60
    await firm.call("DELETE", f"assignments/{made['id']}", status=204)
    assert await firm.ids("assignments", story_id=story) == []


async def test_what_is_planned_is_found_by_its_external_reference(firm: Firm) -> None:
    resource = await _resource(
        firm,
        await firm.workspace(),
        user_id=await firm.person(),
        external_reference=reference("R-1"),
    )

    found = await firm.ids(
        "workspace_resources",
        external_reference_service_name="tiebeam",
        external_reference_service_model_refs="R-1",
    )

    assert found == [resource]
