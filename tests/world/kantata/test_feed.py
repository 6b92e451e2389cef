from tests.world.kantata.firm import Firm

HERS = "hers"


async def _types(firm: Firm, **parameters: object) -> list[str]:
    answer = await firm.get("subscribed_events", order="created_at:asc", **parameters)
    rows = answer["subscribed_events"]
    return [rows[result["id"]]["event_type"] for result in answer["results"]]


async def test_a_change_makes_an_event_about_its_subject(firm: Firm) -> None:
    workspace = await firm.workspace()
    await firm.put("workspaces", workspace, title="Other")

    answer = await firm.get("subscribed_events")

    updated, created = (answer["subscribed_events"][one["id"]] for one in answer["results"])
    assert (updated["event_type"], created["event_type"]) == (
        "workspace:updated",
        "workspace:created",
    )
    assert set(updated) == {
        "id",
        "event_type",
        "account_id",
        "user_id",
        "subject_id",
        "subject_type",
        "subject_changed_at",
        "created_at",
    }
    assert (updated["subject_type"], updated["subject_id"]) == ("Workspace", workspace)
    assert updated["user_id"] == "1000"
    assert updated["created_at"].endswith("-08:00")


async def test_one_action_makes_several_events(firm: Firm) -> None:
    workspace = await firm.workspace()
    entries = [await firm.entry(workspace) for _ in range(2)]
    submission = await firm.submission(workspace, *entries)
    await firm.clock("2026-01-16T12:00:00Z")

    await firm.resolve(submission, "approve")

    after = {"created_after": "2026-01-16T00:00:00Z"}
    assert await _types(firm, **after) == ["time_entry:updated"] * 2 + ["timesheet:updated"]
    answer = await firm.get("subscribed_events", **after, event_types="timesheet:updated")
    (event,) = answer["subscribed_events"].values()
    assert (event["subject_type"], event["subject_id"]) == ("TimesheetSubmission", submission)


async def test_every_kind_of_change_is_told(firm: Firm) -> None:
    person = await firm.person()
    await firm.post("roles", name="Consultant")
    await firm.post("workspace_groups", name="Acme")
    rate = {"effective_date": "2026-01-01", "rate_in_cents": 1, "currency": "USD"}
    await firm.post("cost_rates", user_id=person, **rate)
    workspace = await firm.workspace()
    story = await firm.story(workspace)
    await firm.call("DELETE", f"stories/{story}", status=204)
    milestone = await firm.post(
        "billing_milestones", title="Start", amount_in_cents=1, workspace_id=workspace
    )
    await firm.call("DELETE", f"billing_milestones/{milestone['id']}", status=204)
    await firm.call("DELETE", f"time_entries/{await firm.entry(workspace)}", status=204)
    invoice = await firm.post(
        "invoices", workspace_id=workspace, payment_schedule=1, additional_items=[{"amount": 1}]
    )
    await firm.call("PUT", f"invoices/{invoice['id']}/cancel")

    told = await _types(firm, per_page=200)

    assert told == [
        "user:created",
        "role:created",
        "workspace_group:created",
        "cost_rate:created",
        "workspace:created",
        "story:created",
        "story:deleted",
        "billing_milestone:created",
        "billing_milestone:deleted",
        "time_entry:created",
        "time_entry:deleted",
        "invoice:created",
        "invoice:updated",
    ]
    catalog = await firm.get("subscribed_events/event_types")
    assert set(told) <= set(catalog["subscribed_event_types"])
    assert set(catalog["subscribed_event_type_schemas"]) == set(catalog["subscribed_event_types"])


async def test_events_are_found_by_type_subject_user_and_time(firm: Firm) -> None:
    first, second = await firm.workspace(), await firm.workspace()
    await firm.clock("2026-01-15T14:00:00Z")
    person = await firm.person()
    await firm.set(token_users={HERS: person})
    body = {"workspace": {"title": "Hers"}}
    await firm.call("PUT", f"workspaces/{second}", body, token=HERS)

    assert await _types(firm, event_types="workspace:updated,role:created") == ["workspace:updated"]
    assert await _types(firm, event_types="moon:risen") == []
    assert await _types(firm, subject_type="Workspace", subject_id=first) == ["workspace:created"]
    assert await _types(firm, subject_type="User") == ["user:created"]
    assert await _types(firm, user_ids=person) == ["workspace:updated"]
    assert await _types(firm, created_before="2026-01-15T13:00:00Z") == ["workspace:created"] * 2
    assert await _types(firm, created_after="2026-01-15T05:00:00-08:00") == [
        "user:created",
        "workspace:updated",
    ]


async def test_the_most_recent_event_of_a_subject_can_stand_for_all(firm: Firm) -> None:
    workspace = await firm.workspace()
    for title in ("One", "Two"):
        await firm.put("workspaces", workspace, title=title)

    assert await _types(firm, most_recent="true") == ["workspace:updated"]
    assert await _types(firm, most_recent_by_event_type="true") == [
        "workspace:created",
        "workspace:updated",
    ]
    both = {"most_recent": "true", "most_recent_by_event_type": "true"}
    await firm.call("GET", "subscribed_events", status=400, **both)
    await firm.call("GET", "subscribed_events", status=400, subject_id=workspace)


async def test_the_subject_is_side_loaded_if_it_is_still_there(firm: Firm) -> None:
    workspace = await firm.workspace()
    entry = await firm.entry(workspace)
    await firm.call("DELETE", f"time_entries/{entry}", status=204)

    answer = await firm.get("subscribed_events", include="subject")

    refs = [event["subject_ref"] for event in answer["subscribed_events"].values()]
    assert {"key": "workspaces", "id": workspace} in refs
    assert refs.count(None) == 2
    assert set(answer["workspaces"]) == {workspace}


async def test_events_are_kept_for_9_days(firm: Firm) -> None:
    await firm.workspace()

    await firm.clock("2026-01-24T11:59:00Z")
    assert await _types(firm, created_after="2026-01-01") == ["workspace:created"]
    await firm.clock("2026-01-24T12:01:00Z")
    assert await _types(firm, created_after="2026-01-01") == []
    await firm.set(event_retention_days=10)
    assert await _types(firm) == ["workspace:created"]


async def test_only_administrators_read_the_feed(firm: Firm) -> None:
    await firm.set(token_users={HERS: await firm.person()})

    for path in ("subscribed_events", "subscribed_events/event_types"):
        refused = await firm.call("GET", path, status=403, token=HERS)
        assert [error["type"] for error in refused["errors"]] == ["system"]


async def test_events_come_late_if_ordered(firm: Firm) -> None:
    await firm.set(event_delay_seconds=300)
    await firm.workspace()

    assert await _types(firm) == []
    await firm.clock("2026-01-15T12:06:00Z")

    answer = await firm.get("subscribed_events")
    (event,) = answer["subscribed_events"].values()
    assert event["subject_changed_at"][:16] == "2026-01-15T04:00"
    assert event["created_at"][:16] == "2026-01-15T04:05"


async def test_events_show_up_behind_the_newest_if_ordered(firm: Firm) -> None:
    await firm.set(event_late_seconds=600)
    await firm.workspace()
    assert await _types(firm) == []

    await firm.clock("2026-01-15T12:11:00Z")

    answer = await firm.get("subscribed_events")
    (event,) = answer["subscribed_events"].values()
    assert event["created_at"][:16] == "2026-01-15T04:00"


async def _told_of(firm: Firm, made: list[str]) -> list[str]:
    await firm.clock("2026-01-15T14:00:00Z")
    answer = await firm.get("subscribed_events", order="created_at:asc")
    rows = answer["subscribed_events"]
    told = [rows[result["id"]]["subject_id"] for result in answer["results"]]
    assert sorted(told) == made
    return told


async def test_events_come_in_order_by_default(firm: Firm) -> None:
    made = [await firm.workspace() for _ in range(12)]

    assert await _told_of(firm, made) == made


async def test_events_come_out_of_order_if_ordered(firm: Firm) -> None:
    await firm.set(event_disorder_seconds=3600)
    made = [await firm.workspace() for _ in range(12)]

    assert await _told_of(firm, made) != made


async def test_events_come_twice_under_one_id_or_two_if_ordered(firm: Firm) -> None:
    await firm.set(event_duplicates=1)
    await firm.workspace()
    shared = await firm.ids("subscribed_events")
    await firm.set(duplicate_events_share_id=False)
    await firm.post("roles", name="Consultant")
    apart = await firm.ids("subscribed_events", event_types="role:created")

    assert (len(shared), len(set(shared))) == (2, 1)
    assert (len(apart), len(set(apart))) == (2, 2)
    assert (await firm.get("subscribed_events", per_page=3))["count"] == 4


async def test_events_come_once_by_default(firm: Firm) -> None:
    await firm.workspace()

    assert len(await firm.ids("subscribed_events")) == 1


async def test_the_feed_is_paged(firm: Firm) -> None:
    made = [await firm.workspace() for _ in range(5)]

    pages = [
        await firm.get("subscribed_events", per_page=2, page=page, order="created_at:asc")
        for page in (1, 2, 3)
    ]

    told = [
        page["subscribed_events"][result["id"]]["subject_id"]
        for page in pages
        for result in page["results"]
    ]
    assert told == made
