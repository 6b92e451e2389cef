"""Starting by hand: what cannot start says so, and leaves nothing that waits for ever."""

from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import date
from uuid import uuid4

import pytest
import pytest_asyncio
from sqlmodel import select
from temporalio.client import Client
from temporalio.service import RPCError

from activities.unwinding import Disposition
from canonical import processes
from canonical.contracts import ContractId
from canonical.engagements import Stage
from canonical.landscape import Landscape
from canonical.systems import ForeignId
from console import starting
from console.starting import NotStartedError
from store import billing, engagements
from store.database import Database
from store.engagements import UnknownContractError
from store.tables.traffic import InboxRow
from tests.activities import house
from tests.fakes import CRM, foreign

CUT_OFF = date(2026, 7, 31)


@pytest_asyncio.fixture
async def deal(client: Client) -> AsyncIterator[ForeignId]:
    """Return an opportunity of the test's own, whose run ends with the test."""
    opportunity = foreign(CRM, f"006-{uuid4()}")
    yield opportunity
    with suppress(RPCError):
        run = processes.engagement_id(opportunity, 1)
        await client.get_workflow_handle(run).terminate()


async def _waiting(database: Database) -> int:
    async with database.reading() as tx:
        return len(await billing.waiting(tx))


async def test_an_opportunity_comes_in_as_its_webhook_would(
    client: Client, database: Database, deal: ForeignId
) -> None:
    runs = [await starting.engagement(client, database, deal, f"cli-{n}") for n in (1, 2)]

    assert runs == [processes.engagement_id(deal, 1)] * 2
    described = await client.get_workflow_handle(runs[0]).describe()
    assert described.workflow_type == "Engagement"
    async with database.reading() as tx:
        rows = (await tx.exec(select(InboxRow))).all()
    assert [(row.source, row.outcome.value) for row in rows] == [("cli", "applied")] * 2


async def test_a_fulfilled_deal_does_not_start_again(
    client: Client, database: Database, deal: ForeignId
) -> None:
    async with database.transaction() as tx:
        claimed = await engagements.claim(tx, deal)
        assert claimed is not None
        await engagements.move(tx, claimed.contract, Stage.FULFILLED)

    with pytest.raises(NotStartedError, match="is fulfilled: a change to it is an amendment"):
        await starting.engagement(client, database, deal, "cli-1")
    async with database.reading() as tx:
        assert (await tx.exec(select(InboxRow))).all() == []


async def test_a_contract_that_nobody_opened_is_not_billed_and_leaves_no_cycle(
    client: Client, database: Database, landscape: Landscape
) -> None:
    with pytest.raises((NotStartedError, UnknownContractError), match="CT-99999"):
        await starting.bill(client, database, landscape, ContractId("CT-99999"), CUT_OFF)
    assert await _waiting(database) == 0


async def test_a_contract_that_is_not_active_is_not_billed_and_leaves_no_cycle(
    client: Client, database: Database, landscape: Landscape
) -> None:
    await house.won(database)

    with pytest.raises(NotStartedError, match="CT-00001"):
        await starting.bill(client, database, landscape, ContractId("CT-00001"), CUT_OFF)
    assert await _waiting(database) == 0


async def test_a_process_that_waits_can_be_told_to_look_again(
    client: Client, database: Database, deal: ForeignId
) -> None:
    run = await starting.engagement(client, database, deal, "cli-1")

    assert await starting.resume(client, run) == run


async def test_work_of_a_contract_that_is_not_unwound_waits_for_no_decision(
    client: Client, database: Database
) -> None:
    await house.active(database)
    decision = Disposition(by="pat", choice="bill")

    with pytest.raises(NotStartedError, match="CT-00001 is not being unwound"):
        await starting.dispose(client, database, ContractId("CT-00001"), decision)
    with pytest.raises(NotStartedError, match="there is no contract 'CT-9'"):
        await starting.dispose(client, database, ContractId("CT-9"), decision)
