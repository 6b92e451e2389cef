"""Recalls that meet cutting, approving and posting: one of the two comes first."""

import asyncio
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError

from activities import recalls
from activities.invoices import Approval, ApproveInvoice, InvoiceRecords
from activities.postings import CutRequest, PostingRecords
from canonical.contracts import ContractId
from store import commitments, drafts, entries, invoices, slices
from store.database import Database
from store.tables.work import Progress
from tests.activities import house
from tests.activities.house import LANDSCAPE
from tests.fakes import PSA, entry, foreign, part

_CONTRACT = ContractId("CT-00001")
_SHEET = foreign(PSA, "T1")
_WORKED = entry(101)
_TURNS = range(6)  # who comes first is for the database to say, so it is asked more than once


async def _recall(database: Database) -> None:
    async with database.transaction() as tx:
        await recalls.recall(tx, {_SHEET: set()})


async def _both(*steps: Coroutine[Any, Any, object]) -> None:
    await asyncio.gather(*steps)


async def _state(database: Database) -> tuple[str, Sequence[str]]:
    async with database.reading() as tx:
        story = await entries.find(tx, _WORKED.key)
        parts = [each.state for _, _, each in await slices.of_source(tx, _WORKED.key)]
    assert story is not None
    return story.progress.value, parts


async def _costed(database: Database) -> None:
    """Leave the entry cut, its slice ready, and a cycle that bills it."""
    await house.approved(database, _WORKED)
    async with database.transaction() as tx:
        decision = entries.Decision(
            key=_WORKED.key, progress=Progress.POSTED, verdict="{}", batch="b/1", line=1
        )
        await entries.decide(tx, [decision])
    await house.ready(database, part(_WORKED.key))


@pytest.mark.parametrize("turn", _TURNS)
async def test_a_recall_while_work_is_cut_is_either_before_or_after_it(
    database: Database, turn: int
) -> None:
    await house.active(database)
    await house.approved(database, _WORKED)
    cut = PostingRecords(database, LANDSCAPE).cut(CutRequest(lane=house.LANE, psa=PSA))
    steps = [cut, _recall(database)]

    await _both(*(steps if turn % 2 else reversed(steps)))

    assert await _state(database) in (("voided", []), ("batched", ["held"]))
    async with database.reading() as tx:
        story = await entries.find(tx, _WORKED.key)
    assert story is not None
    assert story.progress is Progress.VOIDED or story.is_recalled


@pytest.mark.parametrize("turn", _TURNS)
async def test_a_recall_while_a_draft_is_made_is_not_on_it(database: Database, turn: int) -> None:
    await house.active(database)
    await _costed(database)
    prepare = InvoiceRecords(database, LANDSCAPE).prepare(house.cycle())
    steps = [prepare, _recall(database)]

    await _both(*(steps if turn % 2 else reversed(steps)))

    assert await _state(database) == ("posted", ["held"])
    async with database.reading() as tx:
        kept = await invoices.find(tx, house.cycle().invoice, 1)
    assert kept is None or kept.standing == "dropped"


@pytest.mark.parametrize("turn", _TURNS)
async def test_a_recall_while_posting_begins_is_either_taken_off_or_told_as_issued(
    database: Database, turn: int
) -> None:
    await house.active(database)
    await _costed(database)
    await InvoiceRecords(database, LANDSCAPE).prepare(house.cycle())
    async with database.transaction() as tx:
        await drafts.send(tx, await invoices.get(tx, house.cycle().invoice, 1))

    async def begin() -> None:
        async with database.transaction() as tx:
            await commitments.lock(tx, _CONTRACT)
            await drafts.begin_posting(tx, await invoices.get(tx, house.cycle().invoice, 1))

    steps = [begin(), _recall(database)]

    await _both(*(steps if turn % 2 else reversed(steps)))

    async with database.reading() as tx:
        kept = await invoices.get(tx, house.cycle().invoice, 1)
    _, parts = await _state(database)
    assert (kept.standing.value, parts) in (("posting", ["billed"]), ("dropped", ["held"]))


@pytest.mark.parametrize("turn", _TURNS)
async def test_an_approval_that_meets_a_recall_never_lets_the_recalled_work_out(
    database: Database, turn: int
) -> None:
    await house.active(database)
    await _costed(database)
    async with database.transaction() as tx:
        await slices.add(tx, [(_CONTRACT, part("psa-main:102"))])
    steps = InvoiceRecords(database, LANDSCAPE)
    seen = (await steps.prepare(house.cycle())).content_hash
    approval = ApproveInvoice(request=house.cycle(), approval=Approval(by="pat", content_hash=seen))

    async def approve() -> None:
        with suppress(ApplicationError):  # it came too late: look again
            await steps.approve(approval)

    both = [approve(), _recall(database)]

    await _both(*(both if turn % 2 else reversed(both)))

    async with database.reading() as tx:
        kept = await invoices.get(tx, house.cycle().invoice, 1)
        on_draft = [each.source for _, each in await slices.on_invoice(tx, "CT-00001/1/1")]
        assert await drafts.approvals(tx, kept) == []
    assert on_draft == ["psa-main:102"]
    assert kept.content_hash != seen
