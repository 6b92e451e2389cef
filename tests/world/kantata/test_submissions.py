import pytest

from tests.world.kantata.firm import Firm, fields

LEAD = "lead-token"


async def _submitted(firm: Firm, count: int = 2) -> tuple[str, list[str], str]:
    workspace = await firm.workspace()
    entries = [await firm.entry(workspace, rate_in_cents=15000) for _ in range(count)]
    return workspace, entries, await firm.submission(workspace, *entries)


async def test_a_submission_is_pending_and_totals_its_entries(firm: Firm) -> None:
    workspace, entries, submission = await _submitted(firm)

    shown = await firm.show("timesheet_submissions", submission, include="time_entries,workspace")

    assert (shown["status"], shown["title"]) == ("pending", "Week 3")
    assert (shown["time_entry_ids"], shown["workspace_id"]) == (entries, workspace)
    assert (shown["line_item_total_in_cents"], shown["line_item_total_formatted"]) == (
        240000,
        "$2,400.00",
    )
    assert (shown["start_date"], shown["end_date"]) == ("2026-01-12", "2026-01-12")
    assert shown["current_resolution_creator_id"] is None
    assert shown["permissions"] == {
        "can_approve_submission": True,
        "can_reject_submission": True,
        "can_cancel_submission": True,
        "can_resubmit_submission": False,
    }


async def test_approval_marks_the_entries_and_says_who_and_when(firm: Firm) -> None:
    _, entries, submission = await _submitted(firm)
    lead = await firm.person()
    await firm.set(token_users={LEAD: lead})
    await firm.clock("2026-01-19T09:00:00Z")

    answer = await firm.resolve(submission, "approve", token=LEAD)

    approved = answer["timesheet_submissions"][submission]
    assert approved["status"] == "approved"
    assert approved["current_resolution_creator_id"] == lead
    assert approved["current_resolution_created_at_date"].startswith("2026-01-19T01:00:0")
    assert approved["current_resolution_description"] == "so be it"
    rows = (await firm.get("time_entries", include="active_submission"))["time_entries"]
    assert {row["active_submission_id"] for row in rows.values()} == {submission}
    assert [rows[entry]["approved"] for entry in entries] == [True, True]
    assert await firm.ids("time_entries", updated_after="2026-01-18", approved="1") == [
        *reversed(entries)
    ]


@pytest.mark.parametrize("verb", ["reject", "cancel"])
async def test_entries_of_a_refused_submission_go_into_a_new_one(firm: Firm, verb: str) -> None:
    workspace, entries, submission = await _submitted(firm)

    await firm.resolve(submission, verb)

    assert await firm.ids("time_entries", with_timesheet_id=submission) == []
    assert await firm.ids("time_entries", with_recent_timesheet_ids=submission) == [
        *reversed(entries)
    ]
    again = await firm.submission(workspace, *entries)
    assert again != submission
    assert await firm.ids("time_entries", with_timesheet_id=again) == [*reversed(entries)]
    assert await firm.ids("time_entries", with_recent_timesheet_ids=submission) == []
    await firm.resolve(submission, "approve", status=422)


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ("approve", "approve"),
        ("approve", "cancel"),
        ("reject", "approve"),
        ("reject", "reject"),
        ("reject", "cancel"),
        ("cancel", "approve"),
        ("cancel", "reject"),
        ("cancel", "cancel"),
    ],
)
async def test_a_resolution_is_not_possible_from_every_status(
    firm: Firm, first: str, then: str
) -> None:
    _, _, submission = await _submitted(firm)
    await firm.resolve(submission, first)
    status = (await firm.show("timesheet_submissions", submission))["status"]

    refused = await firm.resolve(submission, then, status=422)

    assert fields(refused["errors"]) == ["status"]
    assert (await firm.show("timesheet_submissions", submission))["status"] == status


async def test_a_rejection_takes_an_approval_back(firm: Firm) -> None:
    _, entries, submission = await _submitted(firm)
    await firm.resolve(submission, "approve")

    await firm.resolve(submission, "reject")

    assert await firm.ids("time_entries", approved="1") == []
    await firm.put("time_entries", entries[0], notes="Open again")


async def test_a_rejection_takes_no_approval_back_if_the_switch_says_so(firm: Firm) -> None:
    _, entries, submission = await _submitted(firm)
    await firm.resolve(submission, "approve")
    await firm.set(approved_submissions_can_be_rejected=False)

    await firm.resolve(submission, "reject", status=422)

    assert await firm.ids("time_entries", approved="1") == [*reversed(entries)]


async def test_a_cancellation_takes_an_approval_back_only_if_the_switch_says_so(
    firm: Firm,
) -> None:
    _, entries, submission = await _submitted(firm)
    await firm.resolve(submission, "approve")

    await firm.resolve(submission, "cancel", status=422)
    await firm.set(approved_submissions_can_be_cancelled=True)
    await firm.resolve(submission, "cancel")

    assert await firm.ids("time_entries", approved="1") == []
    assert (await firm.show("timesheet_submissions", submission))["status"] == "cancelled"
    await firm.put("time_entries", entries[0], notes="Open again")


async def test_invoiced_time_cannot_be_rejected(firm: Firm) -> None:
    workspace, entries, submission = await _submitted(firm)
    await firm.resolve(submission, "approve")
    await firm.post(
        "invoices", workspace_id=workspace, time_entry_ids=entries[:1], payment_schedule=30
    )

    await firm.resolve(submission, "reject", status=422)

    assert (await firm.show("timesheet_submissions", submission))["status"] == "approved"
    assert (await firm.show("time_entries", entries[1]))["approved"] is True


async def test_a_submission_has_one_project(firm: Firm) -> None:
    here, there = await firm.workspace(), await firm.workspace()
    entries = [await firm.entry(here), await firm.entry(there)]

    errors = await firm.refused(
        "POST", "timesheet_submissions", line_item_ids=entries, title="Both", workspace_id=here
    )

    assert fields(errors) == ["line_item_ids"]
    assert await firm.ids("timesheet_submissions") == []


async def test_an_entry_is_on_one_active_submission(firm: Firm) -> None:
    workspace, entries, _ = await _submitted(firm)

    errors = await firm.refused(
        "POST",
        "timesheet_submissions",
        line_item_ids=entries,
        title="Again",
        workspace_id=workspace,
    )

    assert fields(errors) == ["line_item_ids"]


async def test_a_submission_needs_a_title_a_workspace_and_entries(firm: Firm) -> None:
    errors = await firm.refused("POST", "timesheet_submissions", line_item_ids=[])

    assert sorted(fields(errors)) == ["line_item_ids", "title", "workspace_id"]


async def test_a_submission_holds_time_of_several_users_unless_the_switch_forbids(
    firm: Firm,
) -> None:
    workspace = await firm.workspace()
    people = [await firm.person(), await firm.person()]
    entries = [await firm.entry(workspace, user_id=person) for person in people]
    given = {"line_item_ids": entries, "title": "Both", "workspace_id": workspace}
    await firm.resolve(await firm.submission(workspace, *entries), "cancel")

    await firm.set(one_user_a_submission=True)

    assert fields(await firm.refused("POST", "timesheet_submissions", **given)) == ["line_item_ids"]
    shown = await firm.show(
        "timesheet_submissions", await firm.submission(workspace, entries[1]), include="user"
    )
    assert shown["user_id"] == people[1]


async def _bulk(firm: Firm, noun: str, submissions: list[str], *, status: int = 200) -> object:
    body = {"resolution": {"description": "all", "submission_ids": submissions}}
    return await firm.call("POST", f"timesheet_{noun}", body, status=status)


@pytest.mark.parametrize(
    ("noun", "kind", "status"),
    [
        ("approvals", "approval", "approved"),
        ("rejections", "rejection", "rejected"),
        ("cancellations", "cancellation", "cancelled"),
    ],
)
async def test_several_submissions_are_resolved_at_once(
    firm: Firm, noun: str, kind: str, status: str
) -> None:
    submissions = [(await _submitted(firm, 1))[2] for _ in range(2)]

    answer = await _bulk(firm, noun, submissions)

    assert isinstance(answer, dict)
    made = [answer["resolutions"][result["id"]] for result in answer["results"]]
    assert [(one["type"], one["target_id"]) for one in made] == [(kind, s) for s in submissions]
    assert sorted(await firm.ids("timesheet_submissions", statuses=status)) == submissions


async def test_resolutions_come_as_a_list_if_the_switch_says_so(firm: Firm) -> None:
    _, _, submission = await _submitted(firm)
    await firm.set(resolutions_as_list=True)

    answer = await _bulk(firm, "approvals", [submission])

    assert isinstance(answer, dict)
    assert [one["target_id"] for one in answer["resolutions"]] == [submission]


async def test_submissions_are_resolved_together_or_not_at_all(firm: Firm) -> None:
    first, second = [(await _submitted(firm, 1))[2] for _ in range(2)]
    await firm.resolve(second, "cancel")

    await _bulk(firm, "approvals", [first, second], status=422)
    await _bulk(firm, "approvals", [first, "999999"], status=422)

    assert (await firm.show("timesheet_submissions", first))["status"] == "pending"
    assert await firm.ids("time_entries", approved="1") == []


async def test_submissions_are_found_by_status_workspace_and_user(firm: Firm) -> None:
    workspace, _, approved = await _submitted(firm)
    _, _, pending = await _submitted(firm)
    _, _, cancelled = await _submitted(firm)
    await firm.resolve(approved, "approve")
    await firm.resolve(cancelled, "cancel")

    assert await firm.ids("timesheet_submissions", statuses="new") == [pending]
    assert await firm.ids("timesheet_submissions", statuses="pending,approved") == [
        pending,
        approved,
    ]
    assert await firm.ids("timesheet_submissions", active="true") == [pending, approved]
    assert await firm.ids("timesheet_submissions", not_cancelled="true") == [pending, approved]
    assert await firm.ids("timesheet_submissions", workspace_ids=workspace) == [approved]
    assert len(await firm.ids("timesheet_submissions", user_ids="1000")) == 3


async def test_a_workspace_knows_whether_it_has_active_submissions(firm: Firm) -> None:
    workspace, _, submission = await _submitted(firm)

    during = (await firm.show("workspaces", workspace))["has_active_timesheet_submissions"]
    await firm.resolve(submission, "reject")
    after = (await firm.show("workspaces", workspace))["has_active_timesheet_submissions"]

    assert (during, after) == (True, False)


async def test_thousands_of_entries_are_approved_in_one_submission(firm: Firm) -> None:
    workspace = await firm.workspace()
    one = {"workspace_id": workspace, "date_performed": "2026-01-12", "time_in_minutes": 60}
    entries: list[str] = []
    for _ in range(20):
        answer = await firm.call("POST", "time_entries", {"time_entries": [one] * 100})
        entries += [result["id"] for result in answer["results"]]

    await firm.resolve(await firm.submission(workspace, *entries), "approve")

    pages = [
        await firm.ids(
            "time_entries", approved="1", page=page, per_page=200, order="created_at:asc"
        )
        for page in range(1, 11)
    ]
    assert [number for page in pages for number in page] == entries
    events = await firm.get("subscribed_events", event_types="time_entry:updated")
    assert events["count"] == len(entries)
