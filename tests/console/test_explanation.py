"""Why something is, or is not, billed: for a person and for a program."""

import json
from io import StringIO
from typing import Any

import pytest
from rich.console import Console
from temporalio.testing import ActivityEnvironment

from activities import recalls
from activities.invoices import InvoiceRecords
from activities.postings import CutRequest
from canonical.entries import TimeEntry
from canonical.landscape import Landscape
from console import explanation
from console.explanation import UnknownSubjectError
from store import invoices, slices
from store.database import Database
from tests.activities import house
from tests.fakes import PSA, contract, entry, foreign, hours, invoice_status, money, part


async def _priced(database: Database, *approved: TimeEntry) -> None:
    await house.active(database)
    await house.approved(database, *approved)
    request = CutRequest(lane=house.LANE, psa=PSA)
    await ActivityEnvironment().run(house.postings(database).cut, request)


async def _billed(database: Database, landscape: Landscape) -> None:
    await _priced(database, entry(101), entry(102))
    await house.ready(database)
    steps = InvoiceRecords(database, landscape)
    await ActivityEnvironment().run(steps.prepare, house.cycle())


async def _numbered(database: Database) -> None:
    async with database.transaction() as tx:
        kept = await invoices.get(tx, house.cycle().invoice, 1)
        await invoices.record_status(tx, kept.invoice, invoice_status())


def _shown(found: dict[str, Any]) -> str:
    screen = Console(file=StringIO(), width=200, color_system=None)
    for view in explanation.views(found):
        screen.print(view)
    assert isinstance(screen.file, StringIO)
    return screen.file.getvalue()


async def test_an_entry_waits_to_be_priced(database: Database) -> None:
    await house.active(database)
    await house.approved(database, entry(101))

    found = await explanation.explain(database, "psa-main:101")

    assert found["answer"] == "not billed yet: approved, and waits to be priced and posted"
    assert found["approval"]["by"] == "psa-main:9"
    assert (found["verdict"], found["slices"]) == (None, [])


async def test_an_entry_and_its_slices_name_their_project(database: Database) -> None:
    await _priced(database, entry(101))

    found = await explanation.explain(database, "psa-main:101")

    named = {"code": "PR-00001", "name": "ERP rollout"}
    assert found["approval"]["project"] == named
    assert [each["project"] for each in found["slices"]] == [named]
    assert "name: ERP rollout" in _shown(found)


@pytest.mark.parametrize(
    ("worked", "answer"),
    [
        (entry(101), "not billed yet: ready for the next cut-off"),
        (entry(101, is_billable=False), "not billed: approved as not billable"),
        (entry(101, cost=None), "not billed: no cost rate on 2026-06-30: add it for the person"),
    ],
)
async def test_an_entry_is_explained_by_its_verdict(
    database: Database, worked: TimeEntry, answer: str
) -> None:
    await _priced(database, worked)

    found = await explanation.explain(database, "psa-main:101")

    assert found["answer"] == answer
    assert found["verdict"]["rule"]["id"] == "entry-price"
    assert json.loads(json.dumps(found)) == found


async def test_an_entry_leads_to_its_invoice_line(database: Database, landscape: Landscape) -> None:
    await _billed(database, landscape)

    drafted = await explanation.explain(database, "psa-main:101")
    await _numbered(database)
    numbered = await explanation.explain(database, "psa-main:101")

    assert drafted["answer"] == "not billed yet: on the draft CT-00001/1/1/1"
    assert numbered["answer"] == "billed on FTI-00000001/1"
    [slice_of] = numbered["slices"]
    assert (slice_of["amount"], slice_of["hours_shown"]) == ("1200.00 USD", "8")


@pytest.mark.parametrize("subject", ["FTI-00000001/1", "CT-00001/1/1/1"])
async def test_an_invoice_line_leads_to_its_entries(
    database: Database, landscape: Landscape, subject: str
) -> None:
    await _billed(database, landscape)
    await _numbered(database)

    found = await explanation.explain(database, subject)

    assert found["answer"] == "billed: made up of 2 slices"
    assert found["contract"] == contract().name
    assert [each["source"] for each in found["slices"]] == ["psa-main:101", "psa-main:102"]


async def test_a_milestone_is_a_subject_too(database: Database) -> None:
    await house.active(database)
    reached = part("CT-00001/M1", amount=money("36000.00"), worked=hours("0"))
    async with database.transaction() as tx:
        await slices.add(tx, [(contract().id, reached)])

    found = await explanation.explain(database, "CT-00001/M1")

    assert found["answer"] == "not billed yet: ready for the next cut-off"
    assert found["slices"][0]["amount"] == "36000.00 USD"


async def test_covered_work_is_said_to_be_covered(database: Database) -> None:
    await house.active(database)
    async with database.transaction() as tx:
        await slices.add(tx, [(contract().id, part(state="covered", amount=money("0.00")))])

    found = await explanation.explain(database, "psa-main:101")

    assert found["answer"] == "not billed by itself: a fixed price covers it"


@pytest.mark.parametrize(
    "subject",
    [
        "",
        "psa-main:999",
        "CT-00001/1/1/9",
        "CT-00001/1/1/x",
        "CT-00001/1/1",
        "FTI-99999999/1",
        "/",
        "[/]",
        f"CT-00001/1/{'9' * 30}/1",
        f"CT-00001/1/1/{'9' * 30}",
    ],
)
async def test_what_is_not_known_is_told_what_there_is_to_name(
    database: Database, landscape: Landscape, subject: str
) -> None:
    await _billed(database, landscape)

    with pytest.raises(
        UnknownSubjectError, match=r"name an entry .*, a milestone .* or an invoice"
    ):
        await explanation.explain(database, subject)


async def test_a_person_sees_every_fact(database: Database, landscape: Landscape) -> None:
    await _billed(database, landscape)

    shown = _shown(await explanation.explain(database, "psa-main:101"))

    for fact in (
        "psa-main:101: not billed yet: on the draft CT-00001/1/1/1",
        "1200.00 USD",
        "by: psa-main:9",
    ):
        assert fact in shown


async def test_a_person_sees_brackets_as_they_are(database: Database) -> None:
    await _priced(database, entry(101, role="Consultant [DE] [/]"))

    shown = _shown(await explanation.explain(database, "psa-main:101"))

    assert "'Consultant [DE] [/]'" in shown


async def test_time_that_was_taken_back_is_not_said_to_wait(database: Database) -> None:
    await house.active(database)
    await house.approved(database, entry(101))
    async with database.transaction() as tx:
        await recalls.recall(tx, {foreign(PSA, "T1"): set()})

    found = await explanation.explain(database, "psa-main:101")

    assert found["answer"] == "not billed: its approval was taken back"


async def test_time_that_was_taken_back_after_it_was_invoiced_is_said_to_be_both(
    database: Database, landscape: Landscape
) -> None:
    await _billed(database, landscape)
    await _numbered(database)
    async with database.transaction() as tx:
        await recalls.recall(tx, {foreign(PSA, "T1"): set()})

    found = await explanation.explain(database, "psa-main:101")

    assert found["answer"].startswith("billed on ")
    assert found["answer"].endswith("but its approval was taken back")


async def test_a_line_of_a_draft_is_not_said_to_be_billed(
    database: Database, landscape: Landscape
) -> None:
    await _billed(database, landscape)

    found = await explanation.explain(database, "CT-00001/1/1/1")

    assert found["answer"] == "not billed yet, a draft: made up of 2 slices"
