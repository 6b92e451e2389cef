from datetime import date

import httpx
import pytest
from pydantic import SecretStr, ValidationError

from canonical.clients import ClientId
from canonical.contracts import MilestoneId
from canonical.entries import MilestoneReached
from canonical.invoices import Reference
from canonical.projects import ProjectCode
from connectors import errors, ports
from connectors.kantata import connect
from tests.connectors.kantata.records import (
    INSTANCE,
    client,
    homes,
    invoice,
    kantata,
    money,
    project,
    psa_id,
    status,
    term,
)
from tests.connectors.kantata.server import Server


async def test_it_is_a_psa() -> None:
    async with kantata(Server()) as connector:
        psa: ports.Psa = connector

        assert await psa.find_client(ClientId("CL-00001")) == ()


async def test_what_was_created_is_found_by_our_reference_and_nothing_else_is() -> None:
    async with kantata(Server()) as psa:
        company = await psa.create_client(client())
        shell = await psa.create_project(project(), company)
        (milestone,) = await psa.create_milestones(shell, [term()])
        bill = invoice(money("5000.00"))
        mirrored = await psa.record_invoice({project().code: shell}, bill, status(), (psa_id("7"),))

        assert await psa.find_client(client().id) == (company,)
        assert await psa.find_client(ClientId("CL-00002")) == ()
        assert await psa.find_project(project().code) == (shell,)
        assert await psa.find_project(ProjectCode("PR-0000")) == ()
        others = term("CT-00001/M2")
        found = await psa.find_milestones([term(), others])
        assert found == {term().id: (milestone,), others.id: ()}
        assert await psa.find_invoice(bill.reference) == (mirrored,)
        assert await psa.find_invoice(Reference("CT-00001/1/2")) == ()


async def test_doubles_are_found_oldest_first_by_number_and_not_by_text() -> None:
    server = Server()
    ids = [server.put("workspaces", external_reference_ids=[]) for _ in range(2)]
    for number in ("9", *ids):
        made = server.refer("workspaces", number, "tiebeam", "project", "PR-00001")
        server.rows["workspaces"][number] = {"id": number, "external_reference_ids": [made]}
    server.rows["workspaces"] = dict(reversed(server.rows["workspaces"].items()))

    async with kantata(server) as psa:
        found = await psa.find_project(ProjectCode("PR-00001"))

    assert found == tuple(psa_id(number) for number in ("9", *ids))


async def test_an_index_that_ignores_its_filter_is_drift() -> None:
    server = Server()

    def unfiltered(request: httpx.Request) -> httpx.Response:
        kept = {"page": "1", "include": "external_references"}
        return server(
            httpx.Request("GET", request.url.copy_with(params=kept), headers=request.headers)
        )

    async with kantata(server) as psa:
        await psa.create_client(client())
    async with kantata(unfiltered) as psa:
        with pytest.raises(errors.Drifted):
            await psa.find_client(ClientId("CL-00002"))


async def test_a_reference_with_a_comma_is_never_sent() -> None:
    server = Server()

    async with kantata(server) as psa:
        with pytest.raises(ValueError, match="comma"):
            await psa.find_client(ClientId("CL-1,CL-2"))
        with pytest.raises(ValueError, match="comma"):
            await psa.create_client(client("CL-1,CL-2"))
    assert server.requests == []


async def test_a_company_stands_for_a_client() -> None:
    server = Server()

    async with kantata(server) as psa:
        await psa.create_client(client())

    assert server.bodies == [
        {
            "workspace_group": {
                "name": "Acme",
                "company": True,
                "external_reference": {
                    "service_name": "tiebeam",
                    "service_model": "client",
                    "service_model_ref": "CL-00001",
                },
            }
        }
    ]


async def test_a_project_is_worth_its_milestones() -> None:
    server = Server()
    terms = (term("M1", money("5000.25")), term("M2", money("2500.50")))

    async with kantata(server) as psa:
        await psa.create_project(project(*terms), psa_id("4"))

    assert server.bodies == [
        {
            "workspace": {
                "title": "PR-00001 Rollout",
                "creator_role": "maven",
                "budgeted": True,
                "currency": "USD",
                "price": "7500.75",
                "start_date": "2026-01-05",
                "due_date": "2026-06-30",
                "require_time_approvals": True,
                "workspace_group_ids": [4],
                "external_reference": {
                    "service_name": "tiebeam",
                    "service_model": "project",
                    "service_model_ref": "PR-00001",
                },
            }
        }
    ]


@pytest.mark.parametrize(
    ("amount", "currency", "cents"),
    [("5000.25", "USD", 500025), ("500000", "JPY", 500000), ("5000.125", "KWD", 5000125)],
)
async def test_a_milestone_is_a_story_with_its_amount_in_sub_units(
    amount: str, currency: str, cents: int
) -> None:
    server = Server()

    async with kantata(server) as psa:
        await psa.create_milestones(psa_id("10"), [term(amount=money(amount, currency))])

    assert server.bodies == [
        {
            "stories": [
                {
                    "title": "Design",
                    "story_type": "milestone",
                    "workspace_id": 10,
                    "budget_estimate_in_cents": cents,
                    "due_date": "2026-02-28",
                    "external_reference": {
                        "service_name": "tiebeam",
                        "service_model": "milestone",
                        "service_model_ref": "CT-00001/M1",
                    },
                }
            ]
        }
    ]


async def test_the_milestones_of_a_project_are_created_in_one_call() -> None:
    server = Server()
    terms = [term(f"CT-00001/M{number}") for number in range(1, 101)]

    async with kantata(server) as psa:
        made = await psa.create_milestones(psa_id("10"), terms)
        found = await psa.find_milestones(terms)

    assert found == {each.id: (theirs,) for each, theirs in zip(terms, made, strict=True)}
    assert [sent.method for sent in server.requests] == ["POST", "GET"]


async def test_milestones_are_told_apart_by_reference_and_not_by_their_order() -> None:
    server = Server()
    terms = [term("CT-00001/M1"), term("CT-00001/M2")]

    def disordered(request: httpx.Request) -> httpx.Response:
        answer = server(request).json()
        return httpx.Response(200, json=answer | {"results": answer["results"][::-1]})

    async with kantata(disordered) as psa:
        made = await psa.create_milestones(psa_id("10"), terms)

    refs = server.rows["external_references"].values()
    assert {row["service_model_ref"]: str(row["subject_id"]) for row in refs} == {
        each.id: theirs.value for each, theirs in zip(terms, made, strict=True)
    }


async def test_an_answer_without_every_milestone_leaves_the_outcome_unknown() -> None:
    server = Server()

    def forgetful(request: httpx.Request) -> httpx.Response:
        answer = server(request).json()
        answer["external_references"].popitem()
        return httpx.Response(200, json=answer)

    async with kantata(forgetful) as psa:
        with pytest.raises(errors.Uncertain):
            await psa.create_milestones(psa_id("10"), [term(), term("CT-00001/M2")])


async def test_an_archived_project_and_its_milestones_are_still_found() -> None:
    async with kantata(Server()) as psa:
        shell = await psa.create_project(project(), psa_id("4"))
        (milestone,) = await psa.create_milestones(shell, [term()])
        await psa.archive_project(shell)

        assert await psa.find_project(project().code) == (shell,)
        assert await psa.find_milestones([term()]) == {term().id: (milestone,)}


@pytest.mark.parametrize("shown", [True, False], ids=["unchanged", "hidden"])
async def test_archiving_twice_is_archiving_once(*, shown: bool) -> None:
    server = Server(archived_can_be_updated=shown)

    async with kantata(server) as psa:
        shell = await psa.create_project(project(), psa_id("4"))
        await psa.archive_project(shell)
        await psa.archive_project(shell)

    assert server.rows["workspaces"][shell.value]["archived"] is True


@pytest.mark.parametrize("number", ["999", "../users", "1,2", "", "¹"])
async def test_what_is_not_there_is_missing(number: str) -> None:
    server = Server()

    async with kantata(server) as psa:
        with pytest.raises(errors.Missing):
            await psa.archive_project(psa_id(number))
        with pytest.raises(errors.Missing):
            await psa.approved_time(psa_id(number), 1)
        with pytest.raises(errors.Missing):
            await psa.milestone_reached(psa_id(number))
    assert all(sent.url.path.startswith("/api/v1/") for sent in server.requests)


async def test_a_completed_milestone_is_reached_where_the_account_is() -> None:
    server = Server()

    async with kantata(server) as psa:
        shell = await psa.create_project(project(), psa_id("4"))
        (milestone,) = await psa.create_milestones(shell, [term()])
        server.rows["stories"][milestone.value] |= {
            "state": "completed",
            "updated_at": "2026-02-03T23:30:00-08:00",  # the 4th in UTC
        }
        await psa.archive_project(shell)
        reached = await psa.milestone_reached(milestone)

    assert reached == MilestoneReached(
        id=milestone,
        milestone=MilestoneId("CT-00001/M1"),
        project=ProjectCode("PR-00001"),
        reached_on=date(2026, 2, 3),
    )


@pytest.mark.parametrize("state", ["not started", "started", "needs info", "resolved"])
async def test_a_milestone_that_is_not_completed_is_not_reached(state: str) -> None:
    server = Server()

    async with kantata(server) as psa:
        shell = await psa.create_project(project(), psa_id("4"))
        (milestone,) = await psa.create_milestones(shell, [term()])
        server.rows["stories"][milestone.value]["state"] = state

        assert await psa.milestone_reached(milestone) is None


@pytest.mark.parametrize(
    ("name", "model"),
    [("jira", "milestone"), ("tiebeam", "task")],
    ids=["another's", "no milestone"],
)
async def test_a_story_that_is_not_ours_is_not_reached(name: str, model: str) -> None:
    server = Server()
    story = server.put("stories", workspace_id="10", state="completed")
    made = server.refer("stories", story, name, model, "CT-00001/M1")
    server.rows["stories"][story]["external_reference_ids"] = [made]

    async with kantata(server) as psa:
        assert await psa.milestone_reached(psa_id(story)) is None


async def test_several_stories_for_one_is_drift() -> None:
    server = Server()

    def unfiltered(request: httpx.Request) -> httpx.Response:
        url = request.url.copy_remove_param("only")
        return server(httpx.Request("GET", url, headers=request.headers))

    async with kantata(server) as psa:
        (milestone,) = await psa.create_milestones(psa_id("10"), [term()])
        await psa.create_milestones(psa_id("10"), [term("CT-00001/M2")])
    for story in server.rows["stories"].values():
        story["state"] = "started"
    async with kantata(unfiltered) as psa:
        with pytest.raises(errors.Drifted):
            await psa.milestone_reached(milestone)


async def test_a_milestone_of_ours_in_a_foreign_project_is_drift() -> None:
    server = Server()

    async with kantata(server) as psa:
        home = server.put("workspaces", external_reference_ids=[])
        (milestone,) = await psa.create_milestones(psa_id(home), [term()])
        server.rows["stories"][milestone.value]["state"] = "completed"
        with pytest.raises(errors.Drifted):
            await psa.milestone_reached(milestone)


async def test_a_mirrored_invoice_marks_its_entries_and_mails_nobody() -> None:
    server = Server()
    entries = (psa_id("101"), psa_id("102"))

    async with kantata(server, payment_schedule_days="14") as psa:
        await psa.record_invoice(homes(PR_00001="10"), invoice(money("5000.00")), status(), entries)

    assert server.bodies == [
        {
            "invoice": {
                "workspace_id": 10,
                "time_entry_ids": [101, 102],
                "expense_ids": [],
                "payment_schedule": 14,
                "invoice_date": "2026-02-28",
                "purchase_order": "PO-7",
                "draft": False,
                "suppress_emails": True,
                "external_reference": {
                    "service_name": "tiebeam",
                    "service_model": "invoice",
                    "service_model_ref": "CT-00001/1/1",
                    "status": "successful",
                    "external_message": "FTI-00000001",
                },
            }
        }
    ]


async def test_an_invoice_without_time_shows_its_own_lines() -> None:
    server = Server()

    async with kantata(server) as psa:
        bill = invoice(money("5000.00"), money("0.10"))
        await psa.record_invoice(homes(PR_00001="10"), bill, status(), ())

    (body,) = server.bodies
    assert body["invoice"]["time_entry_ids"] == []
    assert [(item["notes"], item["amount"]) for item in body["invoice"]["additional_items"]] == [
        ("Line 1", 5000),
        ("Line 2", "0.10"),
    ]


@pytest.mark.parametrize(
    "option", [{"event_overlap_minutes": "-1"}, {"event_overlap": "5"}], ids=["value", "name"]
)
async def test_an_option_that_makes_no_sense_is_refused(option: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        async with kantata(Server(), **option):
            pass


async def test_a_credential_without_a_token_is_refused_before_anything_is_sent() -> None:
    with pytest.raises(errors.Unauthorized):
        async with connect(INSTANCE, {"key": SecretStr("hunter2")}):
            pass
