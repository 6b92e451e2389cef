"""Approvals that are taken back: what of them is held, what is billed, and what is told."""

import pytest
from temporalio.testing import ActivityEnvironment

from activities import prebill, recalls
from activities.approvals import PsaApprovals
from activities.invoices import Change, ChangeInvoice, InvoiceRecords
from activities.pace import Pace
from activities.prebill import Hold
from canonical.cases import Case
from canonical.contracts import ContractId
from canonical.entries import EntryKey, TimeEntry
from canonical.landscape import Landscape
from canonical.processes import CollectRequest
from store import cases, drafts, entries, invoices, slices
from store.database import Database
from store.entries import Arrival, Decision, Filed
from store.tables.money import InvoiceRow, Standing
from store.tables.work import Progress
from tests.activities import house
from tests.fakes import PSA, entry, foreign, money, part, project
from tests.ports import FakePsa

CONTRACT = ContractId("CT-00001")
SHEET = foreign(PSA, "T1")
FIRST, SECOND = EntryKey("psa-main:101"), EntryKey("psa-main:102")


async def _posted(database: Database, *keys: EntryKey) -> None:
    decisions = [
        Decision(key=key, progress=Progress.POSTED, verdict="{}", batch="b/1", line=line)
        for line, key in enumerate(keys, start=1)
    ]
    async with database.transaction() as tx:
        await entries.decide(tx, decisions)


async def _drafted(database: Database, landscape: Landscape) -> None:
    """Leave two entries costed, and both on a draft."""
    await house.active(database)
    await house.approved(database, entry(101), entry(102))
    await _posted(database, FIRST, SECOND)
    await house.ready(database, part(FIRST), part(SECOND))
    await InvoiceRecords(database, landscape).prepare(house.cycle())


async def _stand(database: Database, standing: Standing, number: str | None = None) -> None:
    async with database.transaction() as tx:
        row = await tx.get_one(InvoiceRow, (house.cycle().invoice, 1))
        row.standing, row.number = standing, number


async def _recall(database: Database, *approved: EntryKey) -> None:
    async with database.transaction() as tx:
        await recalls.recall(tx, {SHEET: set(approved)})


async def _approve_again(database: Database, *worked: TimeEntry) -> None:
    filed = [Filed(each, project().code, CONTRACT) for each in worked]
    async with database.transaction() as tx:
        added = await entries.add(tx, [Arrival(one, house.LANE.key, SHEET) for one in filed])
        await recalls.approve_again(tx, added.again)


async def _hold(database: Database, landscape: Landscape, source: EntryKey) -> None:
    wish = Hold(source=source, reason="disputed")
    async with database.transaction() as tx:
        kept = await invoices.get(tx, house.cycle().invoice, 1)
        content = wish.model_dump_json()
        number = await drafts.propose(tx, kept, kind="hold", by="pat", content=content)
    question = ChangeInvoice(request=house.cycle(), change=Change(number=number))
    await ActivityEnvironment().run(InvoiceRecords(database, landscape).change, question)


async def _state(database: Database, key: EntryKey) -> list[tuple[str, str | None]]:
    async with database.reading() as tx:
        return [(each.state, each.hold) for _, _, each in await slices.of_source(tx, key)]


async def _cases(database: Database) -> list[Case]:
    async with database.reading() as tx:
        return list(await cases.open_cases(tx))


def _steps(psa: FakePsa, database: Database, landscape: Landscape) -> PsaApprovals:
    return PsaApprovals(psa, database, landscape, Pace(1000))


async def _billed(
    database: Database, landscape: Landscape, psa: FakePsa, hours: str
) -> PsaApprovals:
    """Leave an entry on a draft that the PSA then has with other hours, approved."""
    await house.active(database)
    psa.approves("T1", entry(101, worked="8"))
    steps = _steps(psa, database, landscape)
    await ActivityEnvironment().run(steps.collect, CollectRequest(psa=PSA))
    await _posted(database, FIRST)
    await house.ready(database, part(FIRST))
    await InvoiceRecords(database, landscape).prepare(house.cycle())
    psa.timesheets[SHEET] = [entry(101, worked=hours)]
    return steps


async def test_time_that_was_edited_and_approved_between_two_polls_is_not_billed_as_it_was(
    database: Database, landscape: Landscape
) -> None:
    psa = house.psa()
    steps = await _billed(database, landscape, psa, "4")
    psa.approves("T1", entry(101, worked="4"))

    await ActivityEnvironment().run(steps.collect, CollectRequest(psa=PSA))

    (case,) = await _cases(database)
    assert case.error_class == "E17"
    assert await _state(database, FIRST) == [("held", "recall")]
    async with database.reading() as tx:
        kept = await invoices.get(tx, house.cycle().invoice, 1)
    assert kept.standing is Standing.DROPPED


async def test_time_that_was_edited_and_that_no_poll_has_seen_is_found_before_posting(
    database: Database, landscape: Landscape
) -> None:
    steps = await _billed(database, landscape, house.psa(), "4")

    await ActivityEnvironment().run(steps.recheck, house.cycle())

    assert await _state(database, FIRST) == [("held", "recall")]


async def test_time_that_is_as_it_was_stays_on_its_draft(
    database: Database, landscape: Landscape
) -> None:
    steps = await _billed(database, landscape, house.psa(), "8")

    await ActivityEnvironment().run(steps.recheck, house.cycle())

    assert await _state(database, FIRST) == [("billed", None)]
    assert await _cases(database) == []


async def test_time_that_is_edited_back_to_what_it_was_can_be_billed_again(
    database: Database, landscape: Landscape
) -> None:
    psa = house.psa()
    steps = await _billed(database, landscape, psa, "4")
    psa.approves("T1", entry(101, worked="4"))
    await ActivityEnvironment().run(steps.collect, CollectRequest(psa=PSA))
    psa.approves("T1", entry(101, worked="8"))

    await ActivityEnvironment().run(steps.collect, CollectRequest(psa=PSA))

    assert await _state(database, FIRST) == [("ready", None)]
    assert "E17" not in {case.error_class for case in await _cases(database)}


async def test_what_a_person_holds_stays_held_through_a_recall_and_a_new_approval(
    database: Database, landscape: Landscape
) -> None:
    await _drafted(database, landscape)
    await _hold(database, landscape, FIRST)

    await _recall(database, SECOND)
    await _approve_again(database, entry(101))

    assert await _state(database, FIRST) == [("held", "person")]


async def test_nobody_releases_what_is_recalled(database: Database, landscape: Landscape) -> None:
    await _drafted(database, landscape)
    await _hold(database, landscape, FIRST)
    await _recall(database, SECOND)

    async with database.transaction() as tx:
        with pytest.raises(prebill.RecalledError, match="taken back"):
            await prebill.release(tx, CONTRACT, FIRST, by="pat")

    assert await _state(database, FIRST) == [("held", "person")]


async def test_what_is_to_be_credited_is_said_until_it_is_approved_again(
    database: Database, landscape: Landscape
) -> None:
    await _drafted(database, landscape)
    await _stand(database, Standing.POSTED, "FTI-1")
    await _recall(database, SECOND)
    (first,) = await _cases(database)

    await _recall(database)
    (both,) = await _cases(database)
    await _approve_again(database, entry(101))
    (second,) = await _cases(database)
    await _approve_again(database, entry(102))

    assert "is to be credited" in first.text
    assert (first.at_risk, both.at_risk) == (money("1200.00"), money("2400.00"))
    assert "2 entries" in both.text
    assert second.at_risk == money("1200.00")
    assert await _cases(database) == []


async def test_what_is_recalled_while_the_erp_refuses_to_post_is_off_before_the_next_try(
    database: Database, landscape: Landscape
) -> None:
    await _drafted(database, landscape)
    await _stand(database, Standing.POSTING)
    await _recall(database, SECOND)
    await _stand(database, Standing.DRAFT)
    psa = house.psa()
    psa.timesheets[SHEET] = [entry(102)]

    await ActivityEnvironment().run(_steps(psa, database, landscape).recheck, house.cycle())

    assert await _state(database, FIRST) == [("held", "recall")]
    assert await _state(database, SECOND) == [("billed", None)]
