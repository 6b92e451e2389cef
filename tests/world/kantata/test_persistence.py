from pathlib import Path

import httpx

from tests.world.kantata.firm import Firm, reference
from tests.world.processes import Server


def _client(server: Server) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=server.url, trust_env=False)


async def _year_begins(firm: Firm) -> tuple[str, str]:
    """Return an approved submission and an invoice."""
    await firm.clock("2026-01-15T12:00:00Z")
    await firm.set(utc_offset="+01:00")
    workspace = await firm.workspace(external_reference=reference("P-1"))
    one = {"workspace_id": workspace, "date_performed": "2026-01-12", "time_in_minutes": 60}
    answer = await firm.call("POST", "time_entries", {"time_entries": [one] * 100})
    entries = [result["id"] for result in answer["results"]]
    submission = await firm.submission(workspace, *entries)
    await firm.resolve(submission, "approve")
    invoice = await firm.post(
        "invoices", workspace_id=workspace, payment_schedule=30, time_entry_ids=entries[:1]
    )
    return submission, str(invoice["id"])


async def test_a_killed_server_has_lost_nothing_that_it_acknowledged(tmp_path: Path) -> None:
    with Server("world.sandboxes", "kantata", data=tmp_path / "kantata.db") as server:
        async with _client(server) as http:
            submission, invoice = await _year_begins(Firm(http))
            logged = await Firm(http).admin("GET", "log")
        server.kill()
        server.start()

        async with _client(server) as http:
            firm = Firm(http)
            shown = await firm.show("timesheet_submissions", submission)
            assert shown["status"] == "approved"
            assert shown["current_resolution_created_at_date"].endswith("+01:00")
            approved = await firm.get("time_entries", approved="1", uninvoiced="1", per_page=200)
            assert approved["count"] == 99
            assert len(await firm.ids("time_entries", in_active_invoice_id=invoice)) == 1
            assert await firm.ids("workspaces", external_reference_service_model_refs="P-1")
            told = await firm.get("subscribed_events", event_types="time_entry:updated")
            assert told["count"] == 101
            assert await firm.admin("GET", "log") == logged
            assert (await firm.admin("GET", "health"))["now"].startswith("2026-01-15T12:")


async def test_a_killed_server_gives_out_no_id_twice(tmp_path: Path) -> None:
    with Server("world.sandboxes", "kantata", data=tmp_path / "kantata.db") as server:
        async with _client(server) as http:
            before = await Firm(http).workspace()
        server.kill()
        server.start()

        async with _client(server) as http:
            after = await Firm(http).workspace()
            assert sorted(await Firm(http).ids("workspaces")) == [before, after]
            assert before != after
