from connectors import errors
from store import invoices
from tests.fakes import money
from tests.trouble import LOST, VENDOR
from tests.workflows.house import House
from tests.workflows.waiting import called, card, ended


async def _worked(house: House) -> None:
    """Leave a deal with eight hours to bill."""
    await house.activates()
    await house.posts(house.worked())


async def test_posts_the_invoice_and_tells_everybody_its_number(house: House) -> None:
    await _worked(house)
    await house.bills()

    assert await ended(house.issue()) == "posted"
    (paper,) = house.erp.posted_invoices
    reference = paper.reference
    opportunity, status = house.crm.invoices[reference]
    assert (opportunity, status.number) == (house.opportunity, paper.number)
    assert list(house.psa.invoices.values()) == [reference]
    assert house.psa.invoiced == [house.worked().id]
    assert await card(house.issue()) == f"**Posted** as {paper.number}: 1200.00 USD before tax."


async def test_a_cycle_without_work_ends_with_nothing_to_bill(house: House) -> None:
    await house.activates()
    await house.bills()

    assert await ended(house.issue()) == "nothing_to_bill"
    assert await ended(house.billing) == "idle"
    assert house.erp.papers == {}
    assert await card(house.issue()) == "**Nothing to bill.**"


async def test_a_lost_answer_at_posting_leaves_one_document(house: House) -> None:
    house.erp.loses("post_invoice")
    await _worked(house)
    await house.bills()

    assert await ended(house.issue()) == "posted"
    assert len(house.erp.papers) == len(house.erp.posted_invoices) == 1


async def test_a_lost_answer_at_drafting_leaves_one_document(house: House) -> None:
    house.erp.loses("create_invoice")
    await _worked(house)
    await house.bills()

    assert await ended(house.issue()) == "posted"
    assert len(house.erp.papers) == 1
    assert house.erp.calls.count("create_invoice") == 1


async def test_a_refused_posting_waits_for_a_person_and_resumes(house: House) -> None:
    house.erp.refuses("post_invoice", "period 2026-07 is closed")
    await _worked(house)
    await house.bills()
    (case,) = await house.parked()
    await house.issue().signal("resume")

    assert await ended(house.issue()) == "posted"
    assert (case.text, case.certainty) == ("period 2026-07 is closed", "rejected")
    assert len(house.erp.papers) == 1
    assert await house.open_cases() == []


async def test_a_draft_with_other_amounts_is_not_posted(house: House) -> None:
    house.erp.surcharge = money("5.00")
    await _worked(house)
    await house.bills()
    (case,) = await house.parked()

    assert (case.error_class, case.step) == ("E15", "Draft the invoice")
    assert house.erp.posted_invoices == []


async def test_a_system_that_cannot_be_told_does_not_keep_the_other_from_hearing(
    house: House,
) -> None:
    house.crm.refuses("record_invoice", "the record is locked")
    await _worked(house)
    await house.bills()
    (case,) = await house.parked()
    await called(house.psa, "record_invoice")
    await house.issue().signal("resume")

    assert await ended(house.issue()) == "posted"
    assert case.text == "the record is locked"
    assert len(house.crm.invoices) == len(house.psa.invoices) == 1


async def test_an_unreachable_erp_is_tried_again_without_a_person(house: House) -> None:
    house.erp.fails("post_invoice", errors.Transient(VENDOR, LOST))
    await _worked(house)
    await house.bills()

    assert await ended(house.issue()) == "posted"
    assert await house.audited("case.opened") == []


async def test_started_twice_is_one_run(house: House) -> None:
    gate = house.erp.holds("post_invoice")
    await _worked(house)
    await house.bills()
    await called(house.erp, "post_invoice")
    first = (await house.issue().describe()).run_id
    await house.bills()
    gate.set()
    await ended(house.billing)

    assert (await house.issue().describe()).run_id == first
    async with house.database.reading() as tx:
        assert len(await invoices.of_contract(tx, house.contract)) == 1
