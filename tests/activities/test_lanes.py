"""Lanes on a real server: who shares a process is told, and what nobody runs yet is started."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from temporalio import workflow
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.service import RPCError
from temporalio.testing import ActivityEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from activities.lanes import Lanes
from canonical import processes
from canonical.contracts import ContractId
from canonical.landscape import Landscape
from canonical.processes import (
    PROCESSES,
    BillingCycle,
    BillingLane,
    CollectRequest,
    KeepClient,
    OnboardingRequest,
    PostLane,
)
from store import billing, cases, contracts, engagements
from store.database import Database
from store.engagements import UnknownContractError
from tests.activities import house
from tests.fakes import CRM, PSA, contract, entry, foreign

CONTRACT = ContractId("CT-00001")
REQUEST = CollectRequest(psa=PSA)


@workflow.defn(name="Billing", sandboxed=False)
class _Billing:
    """Remembers the cycles it is told of."""

    @workflow.init
    def __init__(self, lane: BillingLane) -> None:
        self.lane = lane
        self.cycles: list[int] = []

    @workflow.run
    async def run(self, _lane: BillingLane) -> None:
        await asyncio.Event().wait()

    @workflow.update(name="bill")
    def bill(self, cycle: BillingCycle) -> int:
        self.cycles.append(cycle.cycle)
        return cycle.cycle

    @workflow.query(name="told")
    def told(self) -> tuple[BillingLane, list[int]]:
        return self.lane, self.cycles


@workflow.defn(name="PostTime", sandboxed=False)
class _PostTime:
    """Counts how often it is told that there is more."""

    def __init__(self) -> None:
        self.heard = 0

    @workflow.run
    async def run(self, _lane: PostLane) -> None:
        await asyncio.Event().wait()

    @workflow.signal(name="more")
    def more(self) -> None:
        self.heard += 1

    @workflow.query(name="told")
    def told(self) -> int:
        return self.heard


@workflow.defn(name="ClientMaster", sandboxed=False)
class _ClientMaster:
    """Remembers who asked for the client."""

    def __init__(self) -> None:
        self.asked: list[OnboardingRequest] = []

    @workflow.run
    async def run(self, _client: KeepClient) -> None:
        await asyncio.Event().wait()

    @workflow.update(name="onboard")
    def onboard(self, request: OnboardingRequest) -> None:
        self.asked.append(request)

    @workflow.query(name="told")
    def told(self) -> list[OnboardingRequest]:
        return self.asked


@pytest_asyncio.fixture
async def lanes(client: Client, database: Database, landscape: Landscape) -> AsyncIterator[Lanes]:
    """Return the steps, with processes that only listen; these end with the test."""
    listening = Worker(
        client,
        task_queue=PROCESSES,
        workflows=[_Billing, _PostTime, _ClientMaster],
        workflow_runner=UnsandboxedWorkflowRunner(),
    )
    async with listening:
        yield Lanes(client, database, landscape)
        for run in (processes.billing_id(CONTRACT), processes.posting_id(house.LANE)):
            with suppress(RPCError):
                await client.get_workflow_handle(run).terminate()


async def _told(client: Client, run: str, as_type: Any) -> Any:  # noqa: ANN401 - any answer
    return await client.get_workflow_handle(run).query("told", result_type=as_type)


async def _asked(database: Database, contract: str, key: str) -> None:
    async with database.transaction() as tx:
        await billing.request(
            tx, ContractId(contract), kind=billing.CUT_OFF, key=key, cut_off=house.TODAY
        )


async def test_wakes_the_lane_that_has_time_to_post(
    client: Client, lanes: Lanes, database: Database
) -> None:
    await house.active(database)
    await house.approved(database, entry(101), entry(102))

    assert [await ActivityEnvironment().run(lanes.wake, REQUEST) for _ in range(2)] == [1, 1]
    assert await _told(client, processes.posting_id(house.LANE), int) == 2


async def test_tells_a_contract_of_each_cycle_once(
    client: Client, lanes: Lanes, database: Database
) -> None:
    await house.active(database)
    await _asked(database, CONTRACT, "cut-off/2026-06-30")
    await _asked(database, CONTRACT, "cut-off/2026-07-31")

    for _ in range(2):
        assert await ActivityEnvironment().run(lanes.wake, REQUEST) == 2

    lane, cycles = await _told(
        client, processes.billing_id(CONTRACT), tuple[BillingLane, list[int]]
    )
    assert cycles == [1, 2]
    assert lane == BillingLane(
        contract=CONTRACT, opportunity=house.DEAL, generation=1, routes=house.ROUTES
    )


async def test_a_lane_that_was_ended_takes_its_cycle_up_again(
    client: Client, lanes: Lanes, database: Database
) -> None:
    await house.active(database)
    await _asked(database, CONTRACT, "cut-off/2026-06-30")
    await ActivityEnvironment().run(lanes.wake, REQUEST)
    ended = client.get_workflow_handle(processes.billing_id(CONTRACT))
    await ended.terminate()

    await ActivityEnvironment().run(lanes.wake, REQUEST)

    assert (await ended.describe()).status is WorkflowExecutionStatus.RUNNING
    _, cycles = await _told(client, ended.id, tuple[BillingLane, list[int]])
    assert cycles == [1]


async def test_a_cycle_that_is_through_wakes_nobody(lanes: Lanes, database: Database) -> None:
    await house.active(database)
    await _asked(database, CONTRACT, "cut-off/2026-06-30")
    async with database.transaction() as tx:
        await billing.finish(tx, CONTRACT, 1)

    assert await ActivityEnvironment().run(lanes.wake, REQUEST) == 0


async def test_a_contract_that_is_not_active_holds_nobody_up(
    client: Client, lanes: Lanes, database: Database
) -> None:
    await house.active(database)
    await _asked(database, "CT-00000", "cut-off/2026-06-30")
    await _asked(database, CONTRACT, "cut-off/2026-06-30")

    assert await ActivityEnvironment().run(lanes.wake, REQUEST) == 1
    _, cycles = await _told(client, processes.billing_id(CONTRACT), tuple[BillingLane, list[int]])
    assert cycles == [1]


async def _second_contract(database: Database) -> ContractId:
    other = ContractId("CT-00002")
    async with database.transaction() as tx:
        await engagements.claim(tx, foreign(CRM, "006B"))
        await contracts.save(tx, contract(id=other, opportunity=foreign(CRM, "006B")))
    return other


async def _silent(database: Database) -> list[tuple[str, str]]:
    async with database.reading() as tx:
        return [(case.workflow, case.error_class) for case in await cases.open_cases(tx)]


@pytest.mark.usefixtures("lanes")
async def test_a_contract_whose_billing_does_not_answer_keeps_no_other_unbilled(
    client: Client, database: Database, landscape: Landscape
) -> None:
    """Its run is on a queue that nobody polls, as one is that is pinned to a build that is gone."""
    await house.active(database)
    other = processes.billing_id(await _second_contract(database))
    for billed in (CONTRACT, "CT-00002"):
        await _asked(database, billed, "cut-off/2026-06-30")
    silent = await client.start_workflow(
        "Billing", id=processes.billing_id(CONTRACT), task_queue="a-build-that-is-gone"
    )
    hurried = Lanes(client, database, landscape, patience=timedelta(seconds=1))

    for _ in range(2):
        assert await ActivityEnvironment().run(hurried.wake, REQUEST) == 2

    _, cycles = await _told(client, other, tuple[BillingLane, list[int]])
    assert cycles == [1]
    assert await _silent(database) == [(silent.id, "E26")]
    await silent.terminate()
    await ActivityEnvironment().run(hurried.wake_billing, house.LANE)
    await client.get_workflow_handle(other).terminate()
    assert await _silent(database) == []


async def test_a_contract_that_cannot_be_told_keeps_no_other_unbilled(
    client: Client, lanes: Lanes, database: Database
) -> None:
    """It was kept without the engagement that leads to it."""
    await house.active(database)
    async with database.transaction() as tx:
        await contracts.save(tx, contract(id="CT-99999", opportunity=foreign(CRM, "006Z")))
    for billed in ("CT-99999", CONTRACT):
        await _asked(database, billed, "cut-off/2026-06-30")

    await ActivityEnvironment().run(lanes.wake, REQUEST)

    run = processes.billing_id(CONTRACT)
    _, cycles = await _told(client, run, tuple[BillingLane, list[int]])
    assert cycles == [1]
    assert await _silent(database) == [("billing:CT-99999", "E07")]


async def test_a_contract_that_nobody_opened_is_not_billed(
    lanes: Lanes, database: Database
) -> None:
    await house.active(database)
    await _asked(database, "CT-99999", "cut-off/2026-06-30")
    async with database.reading() as tx:
        [asked] = await billing.waiting(tx)

    with pytest.raises(UnknownContractError):
        await lanes.bill(asked)


async def test_the_same_asker_asks_once(client: Client, lanes: Lanes) -> None:
    account = foreign(CRM, f"001-{uuid4()}")
    asks = [
        OnboardingRequest(account=account, routes=house.ROUTES, number=0, asked_by=by)
        for by in ("contract:CT-00001", "contract:CT-00001", "contract:CT-00002")
    ]

    for ask in asks:
        await ActivityEnvironment().run(lanes.request_client, ask)

    run = processes.client_id(account)
    told = await _told(client, run, list[OnboardingRequest])
    await client.get_workflow_handle(run).terminate()
    assert [(ask.asked_by, ask.number) for ask in told] == [
        ("contract:CT-00001", 1),
        ("contract:CT-00002", 2),
    ]
