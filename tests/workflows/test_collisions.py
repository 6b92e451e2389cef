"""Triggers that meet on one contract: every slice on one invoice, the cap spent once."""

import asyncio
from datetime import date

from activities.lanes import Lanes
from canonical.money import Money
from canonical.processes import CollectRequest
from canonical.slices import Slice
from store import billing, commitments, invoices, slices
from tests.fakes import PSA, hours, money, part
from tests.workflows.house import LAST_DAY, House
from tests.workflows.waiting import called, ended

_JUNE_ENDS = date(2026, 6, 30)


async def _slices(house: House) -> list[tuple[str | None, Slice]]:
    async with house.database.reading() as tx:
        return [(invoice, each) for invoice, _, each in await slices.all_slices(tx)]


async def _reaches_a_milestone(house: House) -> None:
    """Sell a milestone beside the hours, reach it, and wake who bills it."""
    milestone = part(
        f"{house.contract}/M1", project=house.project, amount=money("500.00"), worked=hours("0")
    )
    async with house.database.transaction() as tx:
        await slices.add(tx, [(house.contract, milestone)])
        await billing.request(
            tx, house.contract, kind=billing.MILESTONE, key=milestone.source, cut_off=LAST_DAY
        )
    await Lanes(house.client, house.database, house.landscape).wake(CollectRequest(psa=PSA))


async def test_four_triggers_at_once_bill_every_slice_once_and_spend_the_cap_once(
    house: House,
) -> None:
    await house.activates(
        not_to_exceed=money("2000.00"), cap_policy="split", billing_threshold=money("1000.00")
    )
    gate = house.erp.holds("post_invoice")
    await house.posts(house.worked(1))  # above the threshold
    await called(house.erp, "post_invoice")
    await house.posts(house.worked(2, work_date=date(2026, 7, 2)))
    await asyncio.gather(
        _reaches_a_milestone(house), house.bills(_JUNE_ENDS), house.bills(), house.bills()
    )
    gate.set()

    assert await ended(house.billing) == "idle"
    found = await _slices(house)
    billed = [(invoice, each) for invoice, each in found if each.state == "billed"]
    assert Money.total((each.amount for _, each in billed), "USD") == money("2000.00")
    assert Money.total((each.amount for _, each in found), "USD") == money("2980.00")
    assert len({(each.source, each.number) for _, each in billed}) == len(billed)
    assert {each.hold for _, each in found if each.state == "held"} == {"cap"}
    assert Money.total((paper.net for paper in house.erp.posted_invoices), "USD") == money(
        "2000.00"
    )
    async with house.database.reading() as tx:
        assert await commitments.consumed(tx, house.contract, "cap", "USD") == money("2000.00")
        assert await billing.waiting(tx) == []


async def test_a_crossing_is_billed_without_anybody_asking(house: House) -> None:
    await house.activates(billing_threshold=money("1199.99"))
    await house.posts(house.worked())

    assert await ended(house.billing) == "idle"
    assert [str(paper.net) for paper in house.erp.posted_invoices] == ["1200.00 USD"]


async def test_exactly_at_the_threshold_nobody_is_billed(house: House) -> None:
    await house.activates(billing_threshold=money("1200.00"))
    await house.posts(house.worked())
    await house.collects()

    async with house.database.reading() as tx:
        assert await billing.waiting(tx) == []
    assert house.erp.papers == {}


async def test_four_identical_billings_at_once_make_one_invoice(house: House) -> None:
    await house.activates()
    await house.posts(house.worked(1), house.worked(2))
    await asyncio.gather(*(house.bills() for _ in range(4)))

    assert await ended(house.billing) == "idle"
    assert len(house.erp.papers) == 1
    async with house.database.reading() as tx:
        assert len(await invoices.of_contract(tx, house.contract)) == 1
