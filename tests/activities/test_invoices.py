"""Preparing: ready slices become one invoice a cycle, and a person may have to say yes."""

from datetime import date
from decimal import Decimal

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.invoices import Approval, ApproveInvoice, InvoiceRecords, Prepared
from canonical.contracts import ContractId
from canonical.invoices import Invoice, InvoiceId
from canonical.landscape import Landscape
from canonical.processes import InvoiceRequest
from store import billing, contracts, invoices, slices
from store.database import Database
from tests.activities import house
from tests.fakes import contract, hours, milestones, money, part

CONTRACT = ContractId("CT-00001")
ID = InvoiceId("CT-00001/1")
JUNE_WORK = part("psa-main:101")
JULY_WORK = part(
    "psa-main:102",
    work_date=date(2026, 7, 1),
    amount=money("1280.00"),
    unit_price=Decimal(160),
)


async def _prepare(
    database: Database, landscape: Landscape, request: InvoiceRequest | None = None
) -> Prepared:
    steps = InvoiceRecords(database, landscape)
    return await ActivityEnvironment().run(steps.prepare, request or house.cycle())


async def _kept(database: Database, invoice: InvoiceId = ID) -> Invoice:
    async with database.reading() as tx:
        return (await invoices.get(tx, invoice, 1)).invoice


def _above(landscape: Landscape, limit: str) -> Landscape:
    routes = landscape.routes[house.ROUTES.entity].model_copy(
        update={"approval_above": Decimal(limit)}
    )
    return landscape.model_copy(update={"routes": {house.ROUTES.entity: routes}})


async def test_puts_what_is_ready_on_lines_and_marks_it_billed(
    database: Database, landscape: Landscape
) -> None:
    await house.active(database)
    await house.ready(database, JUNE_WORK, JULY_WORK)

    prepared = await _prepare(database, landscape)

    assert (prepared.invoice, prepared.net) == (ID, money("2480.00"))
    assert (prepared.needed, prepared.missing) == (0, 0)
    lines = (await _kept(database)).lines
    assert [(line.net, line.worked) for line in lines] == [
        (money("1200.00"), hours("8")),
        (money("1280.00"), hours("8")),
    ]
    async with database.reading() as tx:
        on_invoice = await slices.on_invoice(tx, "CT-00001/1/1")
        assert await slices.open_count(tx, CONTRACT) == 0
        assert await contracts.billed_until(tx, CONTRACT) == house.TODAY
    assert [(line, each.source) for line, each in on_invoice] == [
        (1, "psa-main:101"),
        (2, "psa-main:102"),
    ]


async def test_a_cycle_is_prepared_once(database: Database, landscape: Landscape) -> None:
    await house.active(database)
    await house.ready(database, JUNE_WORK)
    first = await _prepare(database, landscape)
    async with database.transaction() as tx:
        await slices.add(tx, [(CONTRACT, JULY_WORK)])

    assert await _prepare(database, landscape) == first
    assert (await _kept(database)).net == money("1200.00")


async def test_work_after_the_cut_off_waits(database: Database, landscape: Landscape) -> None:
    await house.active(database)
    await house.ready(database, JUNE_WORK, JULY_WORK, cut_off=date(2026, 6, 30))

    assert (await _prepare(database, landscape)).net == money("1200.00")
    async with database.reading() as tx:
        assert await slices.open_count(tx, CONTRACT) == 1


async def test_nothing_ready_is_nothing_to_bill(database: Database, landscape: Landscape) -> None:
    await house.active(database)
    await house.ready(database, part("psa-main:101", state="held"))

    assert await _prepare(database, landscape) == Prepared(invoice=None, ending="nothing_to_bill")
    async with database.reading() as tx:
        assert await invoices.find(tx, ID, 1) is None
        assert await slices.open_count(tx, CONTRACT) == 1


async def test_a_milestone_is_billed_alone(database: Database, landscape: Landscape) -> None:
    await house.active(database, contract(lines=(milestones("36000.00", "84000.00"),)))
    first = part("CT-00001/M1", amount=money("36000.00"), worked=hours("0"))
    second = part("CT-00001/M2", amount=money("84000.00"), worked=hours("0"))
    async with database.transaction() as tx:
        await slices.add(tx, [(CONTRACT, first), (CONTRACT, second)])
        await billing.request(
            tx, CONTRACT, kind=billing.MILESTONE, key="CT-00001/M2", cut_off=house.TODAY
        )

    assert (await _prepare(database, landscape)).net == money("84000.00")
    [line] = (await _kept(database)).lines
    assert line.worked is None


async def test_one_limit_decides_who_needs_a_second_pair_of_eyes(
    database: Database, landscape: Landscape
) -> None:
    await house.active(database)
    await house.ready(database, JUNE_WORK)

    assert (await _prepare(database, _above(landscape, "1200.00"))).needed == 0
    assert (await _prepare(database, _above(landscape, "1199.99"))).missing == 1


async def test_an_approval_of_what_was_seen_is_kept(
    database: Database, landscape: Landscape
) -> None:
    await house.active(database)
    await house.ready(database, JUNE_WORK)
    seen = (await _prepare(database, landscape)).content_hash
    approval = ApproveInvoice(request=house.cycle(), approval=Approval(by="pat", content_hash=seen))

    for _ in range(2):
        await ActivityEnvironment().run(InvoiceRecords(database, landscape).approve, approval)

    assert "invoice.approved" in await house.trail(database, "CT-00001/1/1")


async def test_an_approval_of_other_content_is_refused(
    database: Database, landscape: Landscape
) -> None:
    await house.active(database)
    await house.ready(database, JUNE_WORK)
    await _prepare(database, landscape)
    stale = Approval(by="pat", content_hash="0" * 64)

    with pytest.raises(ApplicationError) as caught:
        await ActivityEnvironment().run(
            InvoiceRecords(database, landscape).approve,
            ApproveInvoice(request=house.cycle(), approval=stale),
        )
    assert (caught.value.type, caught.value.non_retryable) == ("ApprovalStaleError", True)
    assert "invoice.approved" not in await house.trail(database, "CT-00001/1/1")


async def test_a_finished_cycle_waits_no_more(database: Database, landscape: Landscape) -> None:
    await house.active(database)
    await house.ready(database, JUNE_WORK)

    await ActivityEnvironment().run(InvoiceRecords(database, landscape).finish, house.cycle())

    async with database.reading() as tx:
        assert await billing.waiting(tx) == []
