"""Approvals that are taken back: nothing is billed whose approval was gone before posting began."""

import asyncio

import pytest

from canonical.entries import TimeEntry
from canonical.landscape import Landscape
from console.prebill import NotChangedError
from store import entries, invoices, slices
from tests.fakes import hours, money
from tests.workflows import desk
from tests.workflows.house import House, limited
from tests.workflows.waiting import called, ended, held


@pytest.fixture
def landscape(landscape: Landscape) -> Landscape:
    return limited(landscape, above=1000)


async def _drafted(house: House, *worked: TimeEntry) -> str:
    """Leave a draft that waits for an approval, and return its hash."""
    await house.posts(*worked)
    await house.bills()
    return await desk.waiting(house)


async def _state(house: House, worked: TimeEntry) -> tuple[str, str | None]:
    async with house.database.reading() as tx:
        ((_, _, part),) = await slices.of_source(tx, worked.key)
    return part.state, part.hold


async def _billed(house: House) -> list[str]:
    return [str(paper.net) for paper in house.erp.posted_invoices]


async def test_what_is_not_cut_yet_is_withdrawn(house: House) -> None:
    await house.activates()
    unknown = house.worked(1, role="Guru")
    await house.approves(unknown)
    await house.waits_at("Price the entries")
    await house.recalls(unknown)

    async with house.database.reading() as tx:
        story = await entries.find(tx, unknown.key)
        assert await slices.of_source(tx, unknown.key) == []
    assert story is not None
    assert story.progress == "voided"


async def test_what_is_posted_and_not_billed_is_held_and_its_cost_is_told(house: House) -> None:
    await house.activates()
    worked = house.worked(1)
    await house.posts(worked)
    await house.recalls(worked)
    (case,) = await house.open_cases()

    assert await _state(house, worked) == ("held", "recall")
    assert (case.error_class, case.owner) == ("E17", "finance")
    assert "the cost of 1 is in the ERP" in case.text


async def test_approved_again_as_it_was_it_is_billed_and_its_cost_is_not_posted_twice(
    house: House,
) -> None:
    await house.activates()
    worked = house.worked(1, hours="5")
    await house.posts(worked)
    await house.recalls(worked)
    await house.approves(worked)
    await house.bills()

    assert await ended(house.issue()) == "posted"
    assert await _billed(house) == ["750.00 USD"]
    assert len(house.erp.posted_journals) == 1
    assert await house.open_cases() == []


async def test_approved_again_with_other_facts_it_stays_held(house: House) -> None:
    await house.activates()
    worked = house.worked(1, hours="5")
    await house.posts(worked)
    await house.recalls(worked)
    await house.approves(worked.model_copy(update={"worked": hours("4")}))

    assert await _state(house, worked) == ("held", "recall")
    assert len(await house.open_cases()) == 1


async def test_a_draft_loses_what_is_recalled_and_its_approval_with_it(house: House) -> None:
    await house.activates()
    gone = house.worked(3, hours="1")
    before = await _drafted(house, house.worked(1), gone)
    await house.recalls(gone)
    after = await desk.waiting(house)

    with pytest.raises(NotChangedError, match="look again"):
        await desk.approve(house, seen=before)
    await desk.approve(house, seen=after)
    assert await ended(house.issue()) == "posted"
    assert await _billed(house) == ["1200.00 USD"]
    assert await _state(house, gone) == ("held", "recall")


async def test_a_draft_of_which_everything_is_recalled_is_no_invoice(house: House) -> None:
    await house.activates()
    worked = house.worked(1)
    await _drafted(house, worked)
    await house.recalls(worked)

    assert await ended(house.issue()) == "nothing_to_bill"
    assert house.erp.papers == {}


async def test_a_recall_that_no_poll_has_seen_is_found_before_posting(house: House) -> None:
    await house.activates()
    gone = house.worked(3, hours="1")
    await _drafted(house, house.worked(1), gone)
    house.psa.recalls(gone)
    await desk.approve(house)
    content = await desk.waiting(house)
    drafted = [str(paper.net) for paper in house.erp.papers.values()]
    await desk.approve(house, seen=content)

    assert await ended(house.issue()) == "posted"
    assert drafted == ["1350.00 USD"]
    assert await _billed(house) == ["1200.00 USD"]
    assert house.erp.calls.count("discard_invoice") == 1
    assert len(house.erp.papers) == 1


async def test_an_erp_draft_whose_work_is_recalled_is_replaced_before_it_is_posted(
    house: House,
) -> None:
    gate = house.erp.holds("fill_invoice")
    await house.activates()
    gone = house.worked(2, hours="2")
    await house.posts(house.worked(1, hours="4"), gone)
    await house.bills()
    await called(house.erp, "fill_invoice")
    await house.recalls(gone)
    gate.set()

    assert await ended(house.issue()) == "posted"
    assert await _billed(house) == ["600.00 USD"]
    assert len(house.erp.papers) == 1
    assert house.erp.calls.count("discard_invoice") == 1


async def test_a_draft_in_the_erp_whose_whole_work_is_recalled_is_discarded(house: House) -> None:
    house.erp.refuses("post_invoice", "the period is closed")
    await house.activates()
    worked = house.worked(1, hours="4")
    await house.posts(worked)
    await house.bills()
    await house.waits_at("Post the invoice")
    await house.recalls(worked)

    assert await ended(house.issue()) == "nothing_to_bill"
    assert house.erp.papers == {}


async def test_a_recall_while_the_invoice_is_posted_is_a_case_with_its_amount(
    house: House,
) -> None:
    gate = house.erp.holds("post_invoice")
    await house.activates()
    worked = house.worked(1, hours="4")
    await house.posts(worked, house.worked(2, hours="1"))
    await house.bills()
    await called(house.erp, "post_invoice")
    await house.recalls(worked)
    gate.set()
    (case,) = await house.open_cases()

    assert await ended(house.issue()) == "posted"
    assert await _billed(house) == ["750.00 USD"]
    assert (case.error_class, case.at_risk) == ("E17", money("600.00"))
    assert "is to be credited" in case.text
    assert await _state(house, worked) == ("billed", None)


async def test_a_recall_and_an_approval_at_once_bill_what_is_approved(house: House) -> None:
    """Whichever comes first: the recalled entry is on no invoice."""
    await house.activates()
    gone = house.worked(3, hours="1")
    content = await _drafted(house, house.worked(1), gone)
    gate = house.database.holds("invoices.approve")
    approving = asyncio.create_task(desk.approve(house, seen=content))
    await held(house.database, "invoices.approve")
    await house.recalls(gone)
    gate.set()
    await approving
    await desk.approve(house, seen=await desk.waiting(house))

    assert await ended(house.issue()) == "posted"
    assert await _billed(house) == ["1200.00 USD"]
    async with house.database.reading() as tx:
        (kept,) = await invoices.of_contract(tx, house.contract)
    assert kept.edition == 2
