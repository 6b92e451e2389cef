import asyncio
from datetime import date

import pytest

from canonical.processes import BillingCycle
from console import prebill, status
from console.starting import NotStartedError
from store import billing, invoices
from tests.fakes import milestone_deal
from tests.workflows.house import LAST_DAY, House
from tests.workflows.waiting import called, card, ended
from workflows.billing import Billing

JUNE_ENDS = date(2026, 6, 30)
AUGUST_ENDS = date(2026, 8, 31)


async def _invoices(house: House) -> list[int]:
    async with house.database.reading() as tx:
        return [kept.cycle for kept in await invoices.of_contract(tx, house.contract)]


async def test_issues_the_invoice_of_a_cut_off_and_ends_idle(house: House) -> None:
    await house.activates()
    await house.posts(house.worked())
    await house.bills()

    assert await ended(house.billing) == "idle"
    assert await _invoices(house) == [1]
    assert await card(house.billing) == "**Idle.** Every cycle is through."


async def test_issues_the_invoices_of_cycles_in_order(house: House) -> None:
    gate = house.erp.holds("post_invoice")
    await house.activates()
    await house.posts(house.worked(1), house.worked(2, work_date=date(2026, 7, 1)))
    await house.bills(JUNE_ENDS)
    await called(house.erp, "post_invoice")
    await house.bills(LAST_DAY)
    begun = house.erp.calls.count("create_invoice")
    gate.set()

    assert await ended(house.billing) == "idle"
    assert begun == 1
    assert [paper.reference for paper in house.erp.posted_invoices] == [
        f"{house.contract}/1/1",
        f"{house.contract}/2/1",
    ]


async def test_the_same_cycle_twice_is_one_invoice(house: House) -> None:
    gate = house.erp.holds("post_invoice")
    await house.activates()
    await house.posts(house.worked())
    await house.bills()
    await called(house.erp, "post_invoice")
    await house.bills()
    cycle = BillingCycle(cycle=1, key=f"cut-off/{LAST_DAY}", kind="cut_off", cut_off=LAST_DAY)
    number = await house.billing.execute_update(Billing.bill, cycle, id="said in other words")
    gate.set()

    assert await ended(house.billing) == "idle"
    assert number == 1
    assert len(house.erp.papers) == 1


async def test_the_same_cut_off_after_its_end_has_nothing_to_bill(house: House) -> None:
    await house.activates()
    await house.posts(house.worked())
    await house.bills()
    await ended(house.billing)

    with pytest.raises(NotStartedError, match="nothing new is ready"):
        await house.bills()
    assert house.erp.calls.count("post_invoice") == 1


async def test_late_time_before_the_same_cut_off_is_a_cycle_of_its_own(house: House) -> None:
    await house.activates()
    await house.posts(house.worked(1))
    await house.bills()
    await ended(house.billing)
    await house.posts(house.worked(2))
    await house.bills()

    assert await ended(house.billing) == "idle"
    assert house.erp.calls.count("post_invoice") == 2


async def test_the_next_trigger_starts_it_again(house: House) -> None:
    await house.activates(milestone_deal("400.00", "600.00"))
    await house.reaches(1)
    await ended(house.billing)
    first = (await house.billing.describe()).run_id
    await house.reaches(2)

    assert await ended(house.billing) == "idle"
    assert (await house.billing.describe()).run_id != first
    assert [str(paper.net) for paper in house.erp.posted_invoices] == ["400.00 USD", "600.00 USD"]


async def test_an_engagement_that_has_ended_is_no_failure(house: House) -> None:
    await house.activates()
    await house.posts(house.worked(1))
    await house.bills()
    await ended(house.engagement)
    await house.posts(house.worked(2))
    await house.bills(AUGUST_ENDS)

    assert await ended(house.billing) == "idle"
    assert await _invoices(house) == [1, 2]


async def test_a_trigger_that_meets_its_end_is_not_lost(house: House) -> None:
    await house.activates()
    days = [date(2026, 8, day) for day in range(1, 21)]

    for day in days:
        await house.bills(day)
        await asyncio.sleep(0.01 * (day.day % 7))  # now and then just as the last one is through
    await ended(house.billing)

    assert len(await house.audited("billing.requested")) == len(days)
    async with house.database.reading() as tx:
        assert await billing.waiting(tx) == []


async def test_a_cycle_survives_that_somebody_terminates_its_lane(house: House) -> None:
    house.erp.refuses("create_invoice")
    await house.activates()
    await house.posts(house.worked())
    await house.bills()
    await house.parked()
    await house.billing.terminate("an operator's mistake")
    await house.collects()

    assert await ended(house.billing) == "idle"
    assert len(house.erp.posted_invoices) == 1


async def test_what_waits_behind_a_cycle_is_shown(house: House) -> None:
    gate = house.erp.holds("post_invoice")
    await house.activates()
    await house.posts(house.worked(1), house.worked(2, work_date=date(2026, 7, 1)))
    await house.bills(JUNE_ENDS)
    await called(house.erp, "post_invoice")
    await house.bills(LAST_DAY)
    shown = await card(house.billing)
    (engagement,) = (await status.read(house.database))["engagements"]
    found = await prebill.read(house.database, f"{house.contract}/1/1")
    gate.set()

    assert await ended(house.billing) == "idle"
    assert "1 cycle waits behind it." in shown
    assert [each["behind"] for each in engagement["invoices"]] == [1]
    assert found["behind"] == 1
