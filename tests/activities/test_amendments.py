"""A deal that changes after its contract is active: what of it still counts."""

from temporalio.testing import ActivityEnvironment

from activities.deals import CrmDeals, ReadDeal
from activities.invoices import InvoiceRecords
from canonical.commitments import Cap
from canonical.contracts import Contract, ContractId
from canonical.landscape import Landscape
from store import billing, cases, contracts, slices
from store.database import Database
from tests.activities import house
from tests.fakes import contract, hours, money, opportunity, part
from tests.ports import FakeCrm

CONTRACT = ContractId("CT-00001")


async def _read(database: Database, landscape: Landscape, **changes: object) -> Contract:
    steps = CrmDeals(FakeCrm(opportunity(**changes)), database, landscape)
    question = ReadDeal(contract=CONTRACT, opportunity=house.DEAL)
    await ActivityEnvironment().run(steps.read, question)
    async with database.reading() as tx:
        return await contracts.get(tx, CONTRACT)


async def _capped(database: Database, landscape: Landscape) -> None:
    """Leave 800.00 of 1,500.00 on a draft, and the rest above the cap."""
    cap = Cap.model_validate({"amount": money("800.00"), "policy": "split"})
    await house.active(database, contract(cap=cap))
    large = part("psa-main:101", amount=money("1500.00"), worked=hours("10"))
    await house.ready(database, large)
    await InvoiceRecords(database, landscape).prepare(house.cycle())
    await InvoiceRecords(database, landscape).finish(house.cycle())


async def _open(database: Database) -> list[str]:
    async with database.reading() as tx:
        return [case.error_class for case in await cases.open_cases(tx)]


async def test_a_higher_cap_lets_go_what_was_above_it(
    database: Database, landscape: Landscape
) -> None:
    await _capped(database, landscape)
    held = await _open(database)

    await _read(database, landscape, not_to_exceed=money("2000.00"), cap_policy="split")
    seen = await _open(database)
    async with database.transaction() as tx:
        await billing.cut_off(tx, CONTRACT, house.TODAY)
    billed = await InvoiceRecords(database, landscape).prepare(house.cycle(2))

    assert (held, seen) == (["E11"], ["E26"])
    assert billed.net == money("700.00")
    assert "contract.amended" in await house.trail(database, CONTRACT)


async def test_a_cap_that_the_crm_does_not_show_any_more_is_kept(
    database: Database, landscape: Landscape
) -> None:
    await _capped(database, landscape)

    amended = await _read(database, landscape, not_to_exceed=None, cap_policy=None)

    assert amended.cap is not None
    assert await _open(database) == ["E11"]


async def test_threshold_and_purchase_order_count_from_then_on(
    database: Database, landscape: Landscape
) -> None:
    await house.active(database)
    async with database.transaction() as tx:
        await slices.add(tx, [(CONTRACT, part("psa-main:101"))])

    threshold = money("1000.00")
    amended = await _read(database, landscape, billing_threshold=threshold, purchase_order="PO-8")

    async with database.reading() as tx:
        asked = [each.key for each in await billing.waiting(tx)]
    assert (amended.billing_threshold, amended.purchase_order) == (threshold, "PO-8")
    assert asked == ["threshold/1"]


async def test_prices_and_dates_stay_as_they_were(database: Database, landscape: Landscape) -> None:
    await house.active(database)
    async with database.reading() as tx:
        before = await contracts.get(tx, CONTRACT)

    after = await _read(database, landscape, name="Another name", purchase_order="PO-8")

    assert after == before.model_copy(update={"purchase_order": "PO-8"})
