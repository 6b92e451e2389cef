from datetime import date

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.engagements import EngagementRecords, MoveEngagement
from activities.invoices import InvoiceRecords
from canonical.contracts import ContractId
from canonical.engagements import Stage
from canonical.landscape import Landscape
from store import contracts, invoices, slices, trail
from store.database import Database
from tests.activities import house
from tests.fakes import contract, entry, invoice_status, milestones, part

CONTRACT = ContractId("CT-00001")
SERVICE_ENDS = date(2026, 7, 31)


async def _move(database: Database, stage: Stage) -> None:
    question = MoveEngagement(contract=CONTRACT, stage=stage)
    await ActivityEnvironment().run(EngagementRecords(database).move, question)


async def _is_fulfilled(database: Database) -> bool:
    return await ActivityEnvironment().run(EngagementRecords(database).is_fulfilled, CONTRACT)


async def _billed_until(database: Database, day: date) -> None:
    async with database.transaction() as tx:
        await contracts.mark_billed(tx, CONTRACT, day)


async def test_publishes_each_stage_once(database: Database) -> None:
    await house.won(database)

    for stage in (Stage.ACTIVE, Stage.ACTIVE, Stage.FULFILLED):
        await _move(database, stage)

    async with database.reading() as tx:
        events = [event.type for event in await trail.events(tx)]
    assert events == ["engagement.active", "engagement.fulfilled"]


async def test_an_engagement_that_was_never_opened_does_not_move(database: Database) -> None:
    with pytest.raises(ApplicationError) as caught:
        await _move(database, Stage.ACTIVE)
    assert (caught.value.type, caught.value.non_retryable) == ("UnknownContractError", True)


async def test_a_deal_that_is_no_contract_yet_is_not_fulfilled(database: Database) -> None:
    await house.won(database)

    assert not await _is_fulfilled(database)


@pytest.mark.parametrize(("until", "fulfilled"), [(date(2026, 7, 30), False), (SERVICE_ENDS, True)])
async def test_time_is_fulfilled_once_it_is_billed_to_the_last_day(
    database: Database, until: date, *, fulfilled: bool
) -> None:
    await house.active(database)
    assert not await _is_fulfilled(database)

    await _billed_until(database, until)

    assert await _is_fulfilled(database) is fulfilled


@pytest.mark.parametrize("state", ["ready", "held"])
async def test_what_is_still_to_be_billed_keeps_it_open(database: Database, state: str) -> None:
    await house.active(database)
    await _billed_until(database, SERVICE_ENDS)
    async with database.transaction() as tx:
        await slices.add(tx, [(CONTRACT, part(state=state))])

    assert not await _is_fulfilled(database)


async def test_time_on_its_way_into_the_erp_keeps_it_open(database: Database) -> None:
    await house.active(database)
    await _billed_until(database, SERVICE_ENDS)
    await house.approved(database, entry(101))

    assert not await _is_fulfilled(database)


async def test_milestones_are_fulfilled_once_all_are_billed(database: Database) -> None:
    await house.active(database, contract(lines=(milestones("36000.00", "84000.00"),)))
    for number in (1, 2):
        assert not await _is_fulfilled(database)
        reached = part(f"CT-00001/M{number}")
        async with database.transaction() as tx:
            await slices.add(tx, [(CONTRACT, reached)])
            await slices.bill(tx, f"CT-00001/{number}/1", 1, [(reached.source, 1)])

    assert await _is_fulfilled(database)


async def test_an_invoice_that_is_only_a_draft_keeps_it_open(
    database: Database, landscape: Landscape
) -> None:
    await house.active(database)
    await house.ready(database, part("psa-main:101"))
    steps = InvoiceRecords(database, landscape)
    await ActivityEnvironment().run(steps.prepare, house.cycle())
    drafted = await _is_fulfilled(database)
    async with database.transaction() as tx:
        kept = await invoices.get(tx, house.cycle().invoice, 1)
        await invoices.record_status(tx, kept.invoice, invoice_status())
    told_nobody = await _is_fulfilled(database)

    await ActivityEnvironment().run(steps.finish, house.cycle())

    assert (drafted, told_nobody) == (False, False)
    assert await _is_fulfilled(database)
