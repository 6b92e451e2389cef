"""A draft before it is an invoice: read, edited, held, approved by enough people, or rejected."""

import pytest
from temporalio.client import WorkflowUpdateFailedError

from canonical.landscape import Landscape
from console.prebill import NotChangedError
from console.starting import NotStartedError
from store import commitments, slices
from tests.fakes import money
from tests.workflows import desk
from tests.workflows.house import House, limited
from tests.workflows.waiting import called, card, ended


@pytest.fixture
def landscape(landscape: Landscape) -> Landscape:
    return limited(landscape, above=1000, four_eyes=2000)


async def _one_draft(house: House) -> str:
    """Leave a draft of 1,200.00, which one person has to approve; return its hash."""
    await house.activates()
    await house.posts(house.worked(1))
    await house.bills()
    return await desk.waiting(house)


async def _large_draft(house: House) -> str:
    """Leave a draft of 2,400.00, which two people have to approve; return its hash."""
    await house.activates()
    await house.posts(house.worked(1), house.worked(2))
    await house.bills()
    return await desk.waiting(house)


def _set_limit(house: House, above: int) -> None:
    """Set the limit above which somebody approves, as workers with other settings have it."""
    house.landscape.routes.update(limited(house.landscape, above).routes)


async def _states(house: House) -> dict[str, str]:
    async with house.database.reading() as tx:
        return {part.source: part.state for _, _, part in await slices.all_slices(tx)}


async def test_a_draft_can_be_read_before_the_erp_has_it(house: House) -> None:
    content = await _one_draft(house)
    found = await desk.shown(house)

    assert (found["content_hash"], found["net"], found["standing"]) == (
        content,
        "1200.00 USD",
        "draft",
    )
    assert found["asked_by"]["kind"] == "cut_off"
    assert found["approvals"] == {"needed": 1, "given": []}
    assert [part["source"] for part in found["lines"][0]["slices"]] == ["psa-main:1001"]
    assert "tiebeam invoice approve" in found["waits_for"][0]
    assert house.erp.papers == {}


async def test_an_edit_changes_words_and_hash_and_never_amounts(house: House) -> None:
    before = await _one_draft(house)
    after = await desk.edit(house, text="Advice in June")
    await desk.approve(house)

    assert await ended(house.issue()) == "posted"
    assert before != after
    (paper,) = house.erp.posted_invoices
    assert paper.invoice is not None
    assert [line.text for line in paper.invoice.lines] == ["Advice in June"]
    assert paper.net == money("1200.00")
    assert await house.audited("invoice.edited") == [desk.reference(house)]


async def test_what_was_approved_before_an_edit_is_void(house: House) -> None:
    before = await _large_draft(house)
    await desk.approve(house, by="pat")
    await desk.edit(house, by="kim")
    after = await desk.waiting(house)

    with pytest.raises(NotChangedError, match="has changed since it was seen: look again"):
        await desk.approve(house, by="lena", seen=before)
    assert (await desk.shown(house))["approvals"] == {"needed": 2, "given": []}
    assert house.erp.papers == {}
    for somebody in ("pat", "lena"):
        await desk.approve(house, by=somebody, seen=after)
    assert await ended(house.issue()) == "posted"


async def test_the_same_edit_once_more_changes_nothing(house: House) -> None:
    await _one_draft(house)
    once = await desk.edit(house)
    again = await desk.edit(house)

    assert once == again
    assert len(await house.audited("invoice.edited")) == 1


async def test_above_the_second_limit_two_people_approve(house: House) -> None:
    content = await _large_draft(house)
    await desk.approve(house, by="pat", seen=content)
    with pytest.raises(NotChangedError, match="a second person has to"):
        await desk.approve(house, by=" PAT ", seen=content)
    drafted = list(house.erp.papers)
    await desk.approve(house, by="lena", seen=content)

    assert await ended(house.issue()) == "posted"
    assert drafted == []
    assert len(await house.audited("invoice.approved")) == 2


async def test_limits_that_are_lowered_while_it_is_drafted_are_met_before_it_is_posted(
    house: House,
) -> None:
    _set_limit(house, 5000)
    gate = house.erp.holds("create_invoice")
    await house.activates()
    await house.posts(house.worked(1))
    await house.bills()
    await called(house.erp, "create_invoice")
    _set_limit(house, 1000)
    (line,) = (await desk.shown(house))["lines"]
    await desk.edit(house, text=line["text"])
    gate.set()
    await desk.waiting(house)
    posted_before = list(house.erp.posted_invoices)
    await desk.approve(house)

    assert await ended(house.issue()) == "posted"
    assert posted_before == []
    assert len(house.erp.papers) == 1


async def test_who_changed_the_draft_is_none_of_the_four_eyes(house: House) -> None:
    await _large_draft(house)
    content = await desk.edit(house, by="Kim")
    with pytest.raises(NotChangedError, match="has changed this draft"):
        await desk.approve(house, by="kim", seen=content)
    for somebody in ("pat", "lena"):
        await desk.approve(house, by=somebody, seen=content)

    assert await ended(house.issue()) == "posted"


async def test_a_held_entry_stays_off_until_it_is_released(house: House) -> None:
    await _large_draft(house)
    await desk.hold(house, house.worked(2))
    await desk.approve(house)
    await ended(house.billing)
    states = await _states(house)
    with pytest.raises(NotStartedError, match="nothing new is ready"):
        await house.bills()
    await desk.release(house, house.worked(2))
    await house.bills()
    await desk.waiting(house, 2)
    await desk.approve(house, cycle=2)

    assert states == {"psa-main:1001": "billed", "psa-main:1002": "held"}
    assert await ended(house.issue(2)) == "posted"
    assert await _states(house) == {"psa-main:1001": "billed", "psa-main:1002": "billed"}


async def test_a_draft_of_which_everything_is_held_is_no_invoice(house: House) -> None:
    await _one_draft(house)
    await desk.hold(house, house.worked(1))

    assert await ended(house.issue()) == "nothing_to_bill"
    assert house.erp.papers == {}


async def test_a_rejected_draft_leaves_its_work_ready_to_be_billed_again(house: House) -> None:
    await _one_draft(house)
    await desk.reject(house)

    assert await ended(house.issue()) == "rejected"
    assert await ended(house.billing) == "idle"
    assert await _states(house) == {"psa-main:1001": "ready"}
    assert "ready again" in await card(house.issue())
    async with house.database.reading() as tx:
        assert (await commitments.consumed(tx, house.contract, "cap", "USD")).amount == 0
    await house.bills()
    await desk.waiting(house, 2)
    await desk.approve(house, cycle=2)
    assert await ended(house.issue(2)) == "posted"


async def test_what_is_not_on_the_draft_cannot_be_held(house: House) -> None:
    await _one_draft(house)

    with pytest.raises(NotChangedError, match="psa-main:1009 is not on"):
        await desk.hold(house, house.worked(9))


async def test_a_posted_invoice_cannot_be_changed(house: House) -> None:
    await _one_draft(house)
    await desk.approve(house)
    await ended(house.issue())

    with pytest.raises(NotChangedError, match="does not wait for anybody"):
        await desk.edit(house)


async def test_once_posting_has_begun_nothing_can_be_changed(house: House) -> None:
    gate = house.erp.holds("post_invoice")
    await _one_draft(house)
    await desk.approve(house)
    await called(house.erp, "post_invoice")
    with pytest.raises(NotChangedError, match="is being posted in the ERP"):
        await desk.edit(house)
    gate.set()

    assert await ended(house.issue()) == "posted"


async def test_a_draft_that_the_erp_refuses_to_post_can_change_and_is_made_anew(
    house: House,
) -> None:
    house.erp.refuses("post_invoice", "the text is too long")
    await _one_draft(house)
    await desk.approve(house)
    await house.waits_at("Post the invoice")
    content = await desk.edit(house, text="Short")
    await desk.approve(house, seen=content)

    assert await ended(house.issue()) == "posted"
    (paper,) = house.erp.papers.values()
    assert paper.invoice is not None
    assert paper.invoice.lines[0].text == "Short"
    assert house.erp.calls.count("create_invoice") == 2
    assert house.erp.calls.count("discard_invoice") == 1
    assert await house.open_cases() == []


async def test_a_rejected_draft_of_a_deal_that_was_un_won_is_asked_about_again(
    house: House,
) -> None:
    await house.activates()
    await house.posts(house.worked(1))
    await house.loses()
    await house.parked()
    await house.decides("bill")
    await desk.waiting(house)
    await desk.reject(house)
    await house.waits_at("Decide on the work")
    (case,) = await house.open_cases()
    await house.decides("bill")
    await desk.waiting(house, 2)
    await desk.approve(house, cycle=2)

    assert await ended(house.engagement) == "cancelled"
    assert "1 ready to bill; the last draft was rejected" in case.text
    assert [str(paper.net) for paper in house.erp.posted_invoices] == ["1200.00 USD"]


async def test_nobody_approves_past_the_command_line(house: House) -> None:
    content = await _one_draft(house)

    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await house.issue().execute_update("approve", {"by": " ", "content_hash": content})

    assert "nobody is named" in str(refused.value.cause)
    await desk.approve(house, seen=content)
    assert await ended(house.issue()) == "posted"
