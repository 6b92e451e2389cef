import pytest

from tests.world.kantata.firm import Firm, fields, reference


async def test_an_entry_shows_what_it_was_created_with(firm: Firm) -> None:
    workspace = await firm.workspace(currency="EUR")
    person, role = await firm.person(), (await firm.post("roles", name="Consultant"))["id"]
    story = await firm.story(workspace)

    entry = await firm.entry(
        workspace, user_id=person, role_id=role, story_id=story, rate_in_cents=20000, notes="Plan"
    )

    shown = await firm.show("time_entries", entry, include="workspace,user,role,story")
    assert (shown["workspace_id"], shown["user_id"]) == (workspace, person)
    assert (shown["role_id"], shown["story_id"]) == (role, story)
    assert (shown["date_performed"], shown["time_in_minutes"]) == ("2026-01-12", 480)
    assert (shown["rate_in_cents"], shown["notes"]) == (20000, "Plan")
    assert (shown["currency"], shown["currency_base_unit"]) == ("EUR", 100)
    assert (shown["approved"], shown["is_invoiced"], shown["billable"]) == (False, False, True)


async def test_billable_follows_the_story_unless_said(firm: Firm) -> None:
    workspace = await firm.workspace()
    story = await firm.story(workspace, billable=False)

    entries = [
        await firm.entry(workspace),
        await firm.entry(workspace, story_id=story),
        await firm.entry(workspace, story_id=story, billable=True),
    ]

    shown = [await firm.show("time_entries", entry) for entry in entries]
    assert [entry["billable"] for entry in shown] == [True, False, True]


async def test_work_is_that_of_the_caller_unless_said(firm: Firm) -> None:
    entry = await firm.entry(await firm.workspace())

    assert (await firm.show("time_entries", entry, include="user"))["user_id"] == "1000"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("workspace_id", None),
        ("workspace_id", "999999"),
        ("date_performed", None),
        ("date_performed", "2026-13-01"),
        ("time_in_minutes", None),
        ("time_in_minutes", 0),
        ("time_in_minutes", -5),
        ("time_in_minutes", 7.5),
        ("time_in_minutes", True),
        ("story_id", "999999"),
        ("user_id", "999999"),
        ("role_id", "999999"),
        ("cost_rate_in_cents", 1),
    ],
)
async def test_an_entry_that_breaks_a_rule_is_refused(
    firm: Firm, field: str, value: object
) -> None:
    given = {
        "workspace_id": await firm.workspace(),
        "date_performed": "2026-01-12",
        "time_in_minutes": 60,
        field: value,
    }

    assert fields(await firm.refused("POST", "time_entries", **given)) == [field]
    assert await firm.ids("time_entries") == []


async def test_a_story_of_another_workspace_is_refused(firm: Firm) -> None:
    here, there = await firm.workspace(), await firm.workspace()
    story = await firm.story(there)

    errors = await firm.refused(
        "POST",
        "time_entries",
        workspace_id=here,
        story_id=story,
        date_performed="2026-01-12",
        time_in_minutes=60,
    )

    assert fields(errors) == ["story_id"]


def _entries(workspace: str, count: int) -> list[dict[str, object]]:
    return [
        {
            "workspace_id": workspace,
            "date_performed": "2026-01-12",
            "time_in_minutes": 1 + n,
            "external_reference": reference(f"T-{n}"),
        }
        for n in range(count)
    ]


async def test_100_entries_are_created_together(firm: Firm) -> None:
    entries = _entries(await firm.workspace(), 100)

    answer = await firm.call("POST", "time_entries", {"time_entries": entries})

    made = [answer["time_entries"][result["id"]] for result in answer["results"]]
    assert [entry["time_in_minutes"] for entry in made] == list(range(1, 101))
    found = await firm.ids(
        "time_entries",
        external_reference_service_name="tiebeam",
        external_reference_service_model_refs="T-99,T-0",
        order="created_at:asc",
    )
    assert found == [made[0]["id"], made[99]["id"]]


async def test_101_entries_are_too_many(firm: Firm) -> None:
    entries = _entries(await firm.workspace(), 101)

    await firm.call("POST", "time_entries", {"time_entries": entries}, status=400)

    assert await firm.ids("time_entries") == []


async def test_one_bad_entry_spoils_all_and_is_named(firm: Firm) -> None:
    entries = _entries(await firm.workspace(), 3)
    entries[2]["time_in_minutes"] = 0

    answer = await firm.call("POST", "time_entries", {"time_entries": entries}, status=422)

    assert fields(answer["errors"]) == ["time_in_minutes"]
    assert "record 2" in answer["errors"][0]["message"]
    assert await firm.ids("time_entries") == []
    assert await firm.ids("external_references", subject_type="TimeEntry") == []
    assert await firm.ids("subscribed_events", event_types="time_entry:created") == []


async def test_an_open_entry_can_change_but_for_its_workspace(firm: Firm) -> None:
    workspace = await firm.workspace()
    entry = await firm.entry(workspace)
    await firm.clock("2026-01-16T12:00:00Z")

    changed = await firm.put("time_entries", entry, time_in_minutes=30, notes="Less")

    assert (changed["time_in_minutes"], changed["notes"]) == (30, "Less")
    assert changed["created_at"] < changed["updated_at"]
    errors = await firm.refused("PUT", f"time_entries/{entry}", workspace_id=workspace)
    assert fields(errors) == ["workspace_id"]


async def test_an_open_entry_can_go_with_its_reference(firm: Firm) -> None:
    entry = await firm.entry(await firm.workspace(), external_reference=reference("T-1"))

    await firm.call("DELETE", f"time_entries/{entry}", status=204)

    await firm.call("GET", f"time_entries/{entry}", status=404)
    await firm.call("DELETE", f"time_entries/{entry}", status=404)
    assert await firm.ids("external_references", subject_type="TimeEntry") == []


async def test_an_approved_entry_is_locked(firm: Firm) -> None:
    path = f"time_entries/{await firm.approved_entry(await firm.workspace())}"

    assert fields(await firm.refused("PUT", path, notes="Late")) == ["base"]
    await firm.call("DELETE", path, status=422)


async def test_an_invoiced_entry_is_locked(firm: Firm) -> None:
    workspace = await firm.workspace(require_time_approvals=False)
    entry = await firm.entry(workspace)
    await firm.post("invoices", workspace_id=workspace, time_entry_ids=[entry], payment_schedule=30)

    path = f"time_entries/{entry}"
    assert fields(await firm.refused("PUT", path, notes="Late")) == ["base"]
    await firm.call("DELETE", path, status=422)


async def test_a_submitted_entry_is_locked_only_if_the_switch_says_so(firm: Firm) -> None:
    workspace = await firm.workspace()
    entry = await firm.entry(workspace)
    await firm.submission(workspace, entry)

    await firm.put("time_entries", entry, notes="Still open")
    await firm.set(submitted_entries_are_locked=True)

    assert fields(await firm.refused("PUT", f"time_entries/{entry}", notes="Late")) == ["base"]


async def test_time_is_locked_by_date(firm: Firm) -> None:
    workspace = await firm.workspace()
    locked = await firm.entry(workspace, date_performed="2025-12-31")
    later = await firm.entry(workspace, date_performed="2026-01-01")
    await firm.set(locked_through="2025-12-31")

    await firm.call("DELETE", f"time_entries/{locked}", status=422)
    assert fields(await firm.refused("PUT", f"time_entries/{locked}", notes="Late")) == ["base"]
    moved = await firm.refused("PUT", f"time_entries/{later}", date_performed="2025-12-30")
    assert fields(moved) == ["date_performed"]
    await firm.call("DELETE", f"time_entries/{later}", status=204)


async def test_several_entries_go_together_or_not_at_all(firm: Firm) -> None:
    workspace = await firm.workspace()
    first, second, third = [await firm.entry(workspace) for _ in range(3)]
    approved = await firm.approved_entry(workspace)

    answer = await firm.call("DELETE", "time_entries", status=422, ids=f"{first},{approved},999999")
    assert [approved in answer["errors"][0]["message"], len(answer["errors"])] == [True, 2]
    await firm.show("time_entries", first)

    await firm.call("DELETE", "time_entries", status=204, ids=f"{first},{second}")
    await firm.call("DELETE", "time_entries", {"ids": third}, status=204)
    assert await firm.ids("time_entries") == [approved]


@pytest.mark.parametrize("ids", ["", ",".join(map(str, range(2000, 2101)))], ids=["none", "101"])
async def test_at_most_100_entries_go_together(firm: Firm, ids: str) -> None:
    await firm.call("DELETE", "time_entries", status=400, ids=ids)


async def test_an_entry_that_goes_leaves_its_pending_submission(firm: Firm) -> None:
    workspace = await firm.workspace()
    gone, kept = [await firm.entry(workspace) for _ in range(2)]
    submission = await firm.submission(workspace, gone, kept)

    await firm.call("DELETE", f"time_entries/{gone}", status=204)

    shown = await firm.show("timesheet_submissions", submission, include="time_entries")
    assert shown["time_entry_ids"] == [kept]


async def test_entries_are_found_by_workspace_user_and_day(firm: Firm) -> None:
    here, there, person = await firm.workspace(), await firm.workspace(), await firm.person()
    mine = await firm.entry(here, date_performed="2026-01-12")
    hers = await firm.entry(here, date_performed="2026-01-14", user_id=person)
    other = await firm.entry(there, date_performed="2026-01-13")

    assert await firm.ids("time_entries") == [hers, other, mine]
    assert await firm.ids("time_entries", workspace_ids=f"{here},{there}", billable="true") == [
        hers,
        other,
        mine,
    ]
    assert await firm.ids("time_entries", workspace_id=there) == [other]
    assert await firm.ids("time_entries", with_user_ids=person) == [hers]
    between = {"date_performed_between": "2026-01-12:2026-01-13"}
    assert await firm.ids("time_entries", **between) == [other, mine]
    assert await firm.ids("time_entries", **between, workspace_ids=here) == [mine]
    assert await firm.ids("time_entries", date_performed_between="2025-01-01:2026-12-31") == [
        hers,
        other,
        mine,
    ]
    assert await firm.ids("time_entries", billable="false") == []


async def test_approved_and_invoiced_filter_by_presence(firm: Firm) -> None:
    workspace = await firm.workspace()
    pending = await firm.entry(workspace)
    approved = await firm.approved_entry(workspace)
    invoiced = await firm.approved_entry(workspace)
    await firm.post(
        "invoices", workspace_id=workspace, time_entry_ids=[invoiced], payment_schedule=30
    )

    assert await firm.ids("time_entries", approved="false") == [invoiced, approved]
    assert await firm.ids("time_entries", uninvoiced="false") == [approved, pending]
    assert await firm.ids("time_entries", invoiced="false") == [invoiced]
    assert await firm.ids("time_entries", approved="", uninvoiced="") == [approved]
    assert await firm.ids("time_entries", in_active_submission="false") == [pending]


async def test_time_that_needs_no_approval_passes_for_approved(firm: Firm) -> None:
    entry = await firm.entry(await firm.workspace(require_time_approvals=False))

    assert await firm.ids("time_entries", approved="true") == [entry]
    assert (await firm.show("time_entries", entry))["approved"] is False
