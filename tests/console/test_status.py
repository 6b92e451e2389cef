"""The status: every engagement, and what waits for a person."""

import json
from io import StringIO
from typing import Any

from rich.console import Console
from temporalio.testing import ActivityEnvironment

from activities.cases import CaseRecords, OpenCases
from canonical.contracts import ContractId
from console import status
from store import contracts, engagements, invoices
from store.database import Database
from tests.activities import house
from tests.fakes import CRM, foreign, invoice_status, project


async def _parked(database: Database, text: str) -> None:
    question = OpenCases(
        workflow="project:PR-00001",
        step="Open in the ERP",
        subject="PR-00001",
        contract=ContractId("CT-00001"),
        error="Rejected",
        text=text,
    )
    await ActivityEnvironment().run(CaseRecords(database).open, question)


def _shown(found: dict[str, Any]) -> str:
    screen = Console(file=StringIO(), width=200, color_system=None)
    for table in status.tables(found):
        screen.print(table)
    assert isinstance(screen.file, StringIO)
    return screen.file.getvalue()


async def test_a_fresh_store_has_nothing_to_tell(database: Database) -> None:
    found = await status.read(database)

    assert found == {"engagements": [], "cases": []}
    assert "Waiting for a person" not in _shown(found)


async def test_names_the_workstream_of_each_project_where_a_deal_has_several(
    database: Database,
) -> None:
    await house.active(database, plan=project("PR-00001", workstream="Build"))
    async with database.transaction() as tx:
        await contracts.save_project(tx, project("PR-00002", workstream="Design [all]"))

    found = await status.read(database)

    assert found["engagements"][0]["projects"] == ["PR-00001", "PR-00002"]
    assert found["engagements"][0]["workstreams"]["PR-00002"] == "Design [all]"
    assert "PR-00001 Build, PR-00002 Design [all]" in _shown(found)


async def test_tells_of_every_engagement(database: Database) -> None:
    await house.active(database)
    made = await house.drafted(database)
    async with database.transaction() as tx:
        await invoices.record_status(tx, made, invoice_status())
        await engagements.claim(tx, foreign(CRM, "006B"))

    found = await status.read(database)

    first, second = found["engagements"]
    assert (first["contract"], first["client"], first["projects"]) == (
        "CT-00001",
        "CL-00001",
        ["PR-00001"],
    )
    assert first["invoices"] == [
        {
            "reference": "CT-00001/1/1",
            "number": "FTI-00000001",
            "standing": "posted",
            "net": "2480.00 USD",
            "behind": 0,
        }
    ]
    assert (second["contract"], second["stage"], second["client"]) == ("CT-00002", "won", None)
    assert json.loads(json.dumps(found)) == found
    shown = _shown(found)
    for fact in ("CT-00001", "ERP rollout", "PR-00001", "FTI-00000001 2480.00 USD", "CT-00002"):
        assert fact in shown


async def test_a_draft_is_said_to_be_one(database: Database) -> None:
    await house.active(database)
    await house.drafted(database)

    assert "draft 2480.00 USD" in _shown(await status.read(database))


async def test_tells_what_waits_and_what_is_at_risk(database: Database) -> None:
    await house.active(database)
    await _parked(database, "Customer is on hold")

    found = await status.read(database)

    [case] = found["cases"]
    assert (case["owner"], case["text"]) == ("finance", "Customer is on hold")
    shown = _shown(found)
    for fact in ("Waiting for a person", "E05", "Customer is on hold", "2480.00 USD"):
        assert fact in shown


async def test_a_vendors_brackets_are_shown_as_they_are(database: Database) -> None:
    await house.active(database)
    await _parked(database, "Field [City] is empty [/]")

    assert "Field [City] is empty [/]" in _shown(await status.read(database))
