"""Thresholds: approved value strictly above one asks for an invoice, once each time."""

from datetime import date, timedelta
from decimal import Decimal

from temporalio.testing import ActivityEnvironment

from activities import triggers
from activities.invoices import InvoiceRecords, Prepared
from activities.postings import Cut, CutRequest, PostingRecords
from canonical.landscape import Landscape
from canonical.money import Money
from store import billing, clock, contracts, slices
from store.database import Database
from tests.activities import house
from tests.fakes import PSA, contract, entry, money, part

_JUNE = date(2026, 6, 1)


async def _cut(database: Database, landscape: Landscape, *numbers: int, worked: str = "8") -> Cut:
    """Price entries, each of a day of its own and, at 150 an hour, worth 1,200.00."""
    found = [
        entry(number, worked=worked, work_date=_JUNE + timedelta(days=number % 25))
        for number in numbers
    ]
    await house.approved(database, *found)
    steps = PostingRecords(database, landscape)
    return await ActivityEnvironment().run(steps.cut, CutRequest(lane=house.LANE, psa=PSA))


async def _prepare(database: Database, landscape: Landscape, cycle: int) -> Prepared:
    steps = InvoiceRecords(database, landscape)
    return await ActivityEnvironment().run(steps.prepare, house.cycle(cycle))


async def _with_threshold(database: Database, amount: str | None) -> None:
    limit: Money | None = None if amount is None else money(amount)
    await house.active(database, contract(billing_threshold=limit))


async def _keys(database: Database) -> list[str]:
    async with database.reading() as tx:
        return [asked.key for asked in await billing.waiting(tx)]


def _of_entity(landscape: Landscape, threshold: str) -> Landscape:
    routes = landscape.routes[house.ROUTES.entity]
    changed = routes.model_copy(update={"billing_threshold": Decimal(threshold)})
    return landscape.model_copy(update={"routes": {house.ROUTES.entity: changed}})


async def test_exactly_at_the_threshold_nothing_is_asked_for(
    database: Database, landscape: Landscape
) -> None:
    """R-060."""
    await _with_threshold(database, "2400.00")

    cut = await _cut(database, landscape, 1, 2)

    assert not cut.asks_to_bill
    assert await _keys(database) == []


async def test_above_the_threshold_a_cycle_is_asked_for(
    database: Database, landscape: Landscape
) -> None:
    await _with_threshold(database, "2399.99")

    cut = await _cut(database, landscape, 1, 2)

    assert cut.asks_to_bill
    assert await _keys(database) == ["threshold/1"]


async def test_while_the_crossing_waits_more_work_does_not_cross_again(
    database: Database, landscape: Landscape
) -> None:
    await _with_threshold(database, "1000.00")
    await _cut(database, landscape, 1)

    again = await _cut(database, landscape, 2)

    assert not again.asks_to_bill
    assert await _keys(database) == ["threshold/1"]
    assert (await _prepare(database, landscape, 1)).net == money("2400.00")


async def test_crossed_again_after_it_was_billed_it_is_another_cycle(
    database: Database, landscape: Landscape
) -> None:
    """R-060: repeated crossing."""
    await _with_threshold(database, "1000.00")
    await _cut(database, landscape, 1)
    await _prepare(database, landscape, 1)
    below = await _cut(database, landscape, 2, worked="4")

    crossed = await _cut(database, landscape, 3, worked="4")

    assert (below.asks_to_bill, crossed.asks_to_bill) == (False, True)
    assert await _keys(database) == ["threshold/1", "threshold/2"]
    assert (await _prepare(database, landscape, 2)).net == money("1200.00")


async def test_the_entitys_threshold_counts_where_the_contract_has_none(
    database: Database, landscape: Landscape
) -> None:
    await _with_threshold(database, None)

    assert not (await _cut(database, landscape, 1)).asks_to_bill
    assert (await _cut(database, _of_entity(landscape, "2000"), 2)).asks_to_bill


async def test_work_that_is_not_billable_crosses_nothing(
    database: Database, landscape: Landscape
) -> None:
    await _with_threshold(database, "0.00")
    await house.approved(database, entry(1, is_billable=False))
    steps = PostingRecords(database, landscape)

    cut = await ActivityEnvironment().run(steps.cut, CutRequest(lane=house.LANE, psa=PSA))

    assert not cut.asks_to_bill


async def test_a_crossing_whose_work_another_cycle_took_has_nothing_to_bill(
    database: Database, landscape: Landscape
) -> None:
    await _with_threshold(database, "1000.00")
    await _cut(database, landscape, 1)
    async with database.transaction() as tx:
        await billing.cut_off(tx, contract().id, house.TODAY)

    taken = await _prepare(database, landscape, 2)
    late = await _prepare(database, landscape, 1)

    assert taken.net == money("1200.00")
    assert (late.invoice, late.ending) == (None, "nothing_to_bill")


async def test_a_threshold_does_not_say_that_a_month_is_billed(
    database: Database, landscape: Landscape
) -> None:
    await _with_threshold(database, "1000.00")
    await _cut(database, landscape, 1)
    await _prepare(database, landscape, 1)

    async with database.reading() as tx:
        assert await contracts.billed_until(tx, contract().id) is None


async def test_a_crossing_that_waits_bills_up_to_the_newest_day(
    database: Database, landscape: Landscape
) -> None:
    """R-060: work that comes after the day of the crossing would cross nothing any more."""
    await _with_threshold(database, "1000.00")
    terms = contract(billing_threshold=money("1000.00"))
    for number, day in ((101, date(2026, 7, 1)), (102, date(2026, 7, 3))):
        async with database.transaction() as tx:
            await clock.set_today(tx, day)
            await slices.add(tx, [(terms.id, part(f"psa-main:{number}", work_date=day))])
            await triggers.cross(tx, landscape, terms)

    assert (await _prepare(database, landscape, 1)).net == money("2400.00")


async def test_what_is_above_the_threshold_when_a_cycle_is_through_is_asked_for(
    database: Database, landscape: Landscape
) -> None:
    await _with_threshold(database, "1000.00")
    await _cut(database, landscape, 1)
    await _prepare(database, landscape, 1)
    async with database.transaction() as tx:
        await slices.add(tx, [(contract().id, part("psa-main:9"))])

    steps = InvoiceRecords(database, landscape)
    await ActivityEnvironment().run(steps.finish, house.cycle(1))

    assert await _keys(database) == ["threshold/2"]
