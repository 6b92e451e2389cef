from decimal import Decimal

from store import invoices
from tests.fakes import ERP, money
from tests.workflows.house import House
from tests.workflows.news import hears, issued, tracking
from tests.workflows.waiting import called, card, ended, until


async def test_a_payment_in_the_erp_reaches_the_store_and_the_crm(house: House) -> None:
    paper = await issued(house)
    paper.paid = Decimal("1200.00")

    await hears(house, "E1", str(paper.number))

    assert await ended(tracking(house)) == "tracked"
    assert house.crm.invoices[paper.reference][1].balance == money("0.00")
    async with house.database.reading() as tx:
        (kept,) = await invoices.of_contract(tx, house.contract)
    assert kept.status is not None
    assert kept.status.balance == money("0.00")
    assert await card(tracking(house)) == "**Told** the CRM of change 1."


async def test_the_same_news_again_changes_nothing(house: House) -> None:
    paper = await issued(house)
    paper.paid = Decimal("200.00")
    await hears(house, "E1", str(paper.number))
    await ended(tracking(house))
    await hears(house, "E1", str(paper.number))
    await hears(house, "E2", str(paper.number))

    await ended(tracking(house))

    assert house.crm.calls.count("record_invoice") == 2  # as it was issued, and what changed
    assert len(await house.audited("invoice.posted")) == 2


async def test_news_of_our_own_posting_tells_nobody(house: House) -> None:
    paper = await issued(house)

    await hears(house, "E1", str(paper.number))

    assert await ended(tracking(house)) == "tracked"
    assert house.crm.calls.count("record_invoice") == 1


async def test_a_payment_of_a_customer_is_looked_for_on_what_is_open(house: House) -> None:
    paper = await issued(house)
    assert paper.customer is not None
    paper.paid = Decimal("1.00")

    await hears(house, "E1", paper.customer.value, "payment")

    await ended(tracking(house))
    assert house.crm.invoices[paper.reference][1].balance == money("1199.00")


async def test_a_draft_that_somebody_posts_in_the_erp_is_posted_without_a_resume(
    house: House,
) -> None:
    house.erp.refuses("post_invoice", "period 2026-07 is closed")
    await house.activates()
    await house.posts(house.worked())
    await house.bills()
    await house.parked()
    (paper,) = house.erp.papers.values()
    paper.number = "FTI-00000009"

    await hears(house, "E1", "FTI-00000009")

    assert await ended(house.issue()) == "posted"
    assert await house.open_cases() == []


async def test_news_waits_until_the_invoice_is_issued(house: House) -> None:
    gate = house.crm.holds("record_invoice")
    await house.activates()
    await house.posts(house.worked())
    await house.bills()
    await called(house.crm, "record_invoice")
    (paper,) = house.erp.posted_invoices
    paper.paid = Decimal("1200.00")
    await hears(house, "E1", str(paper.number))

    async def tries() -> bool:
        described = await tracking(house).describe()
        pending = described.raw_description.pending_activities
        return any(each.attempt > 1 for each in pending)

    await until(tries)
    gate.set()

    assert await ended(tracking(house)) == "tracked"
    assert house.crm.invoices[paper.reference][1].balance == money("0.00")


async def test_a_crm_that_refuses_waits_for_a_person(house: House) -> None:
    paper = await issued(house)
    house.crm.refuses("record_invoice", "the record is locked")
    paper.paid = Decimal("1200.00")
    await hears(house, "E1", str(paper.number))
    (case,) = await house.parked()

    await tracking(house).signal("resume")

    assert await ended(tracking(house)) == "tracked"
    assert (case.text, case.step) == ("the record is locked", "Tell the CRM")


async def test_news_while_the_crm_is_told_is_looked_at_too(house: House) -> None:
    paper = await issued(house)
    gate = house.crm.holds("record_invoice")
    paper.paid = Decimal("200.00")
    await hears(house, "E1", str(paper.number))
    await called(house.crm, "record_invoice", times=2)
    paper.paid = Decimal("1200.00")
    await hears(house, "E2", str(paper.number))
    gate.set()

    await ended(tracking(house))

    assert house.crm.invoices[paper.reference][1].balance == money("0.00")


async def test_news_of_nothing_of_ours_is_superseded(house: House) -> None:
    await issued(house)

    await hears(house, "E1", "FTI-99999999")
    await hears(house, "E2", "US-999", "payment")

    assert await house.audited("message.superseded") == [f"{ERP}/E1", f"{ERP}/E2"]
