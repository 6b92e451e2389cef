"""The dispatcher on a real server: a message becomes a run, or a word to one, exactly once."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
import pytest_asyncio
from sqlmodel import col, select
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowHandle
from temporalio.service import RPCError
from typing_extensions import override

from canonical import processes
from canonical.engagements import Stage
from canonical.notices import Notice
from canonical.processes import PROCESSES, KeepClient
from canonical.systems import ForeignId
from gateway import app
from gateway.dispatcher import Dispatcher
from store import engagements, inbox
from store.database import Database
from store.tables.traffic import InboxRow
from tests.fakes import CRM, foreign
from tests.gateway.messages import doors

Handle = WorkflowHandle[object, object]
_SIGNALED = EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED


@pytest_asyncio.fixture
async def deal(client: Client) -> AsyncIterator[ForeignId]:
    """Return an opportunity of the test's own; no worker of other tests may meet its runs."""
    opportunity = foreign(CRM, f"006-{uuid.uuid4()}")
    yield opportunity
    started = [processes.engagement_id(opportunity, number) for number in (1, 2)]
    for run in (*started, processes.client_id(opportunity)):
        with suppress(RPCError):
            await client.get_workflow_handle(run).terminate()


class _Failing(Dispatcher):
    """Fails whenever it looks."""

    def __init__(self, client: Client, database: Database) -> None:
        super().__init__(client, database)
        self.tried = asyncio.Event()

    @override
    async def dispatch(self) -> int:
        self.tried.set()
        raise ConnectionError


class _Telling(Dispatcher):
    """Says when it has handed something on."""

    def __init__(self, client: Client, database: Database) -> None:
        super().__init__(client, database)
        self.handed_on = asyncio.Event()

    @override
    async def dispatch(self) -> int:
        found = await super().dispatch()
        if found:
            self.handed_on.set()
        return found


async def _receive(
    database: Database, subject: ForeignId, number: int = 1, kind: str = "opportunity"
) -> None:
    """Keep a message as the door does."""
    notice = Notice.model_validate({"id": f"04l-{number}", "kind": kind, "subject": subject})
    async with database.transaction() as tx:
        claimed = await engagements.claim(tx, subject) if kind == "opportunity" else None
        generation = claimed.generation if claimed else None
        await inbox.receive(tx, CRM, notice, generation=generation)


async def _outcomes(database: Database) -> list[tuple[str, str | None]]:
    async with database.reading() as tx:
        rows = (await tx.exec(select(InboxRow).order_by(col(InboxRow.id)))).all()
    return [(row.outcome.value, row.reason) for row in rows]


async def _move(database: Database, subject: ForeignId, stage: Stage) -> None:
    async with database.transaction() as tx:
        running = await engagements.running(tx, subject)
        assert running is not None
        await engagements.move(tx, running.contract, stage)


def _run(client: Client, subject: ForeignId, generation: int = 1) -> Handle:
    return client.get_workflow_handle(processes.engagement_id(subject, generation))


async def _signals(run: Handle) -> list[str]:
    """Return what a run was told, in order."""
    return [
        event.workflow_execution_signaled_event_attributes.signal_name
        async for event in run.fetch_history_events()
        if event.event_type == _SIGNALED
    ]


async def test_a_win_starts_its_engagement(
    client: Client, database: Database, deal: ForeignId
) -> None:
    await _receive(database, deal)

    assert await Dispatcher(client, database).dispatch() == 1

    described = await _run(client, deal).describe()
    assert (described.workflow_type, described.task_queue) == ("Engagement", PROCESSES)
    assert await described.static_summary() == f"Engagement of {deal}: CT-00001"
    assert await _outcomes(database) == [("applied", None)]


async def test_what_is_handed_on_is_handed_on_once(
    client: Client, database: Database, deal: ForeignId
) -> None:
    await _receive(database, deal)
    dispatcher = Dispatcher(client, database)

    assert [await dispatcher.dispatch(), await dispatcher.dispatch()] == [1, 0]
    assert await _signals(_run(client, deal)) == ["changed"]


async def test_three_messages_of_one_win_are_one_engagement(
    client: Client, database: Database, deal: ForeignId
) -> None:
    for number in (1, 2, 3):
        await _receive(database, deal, number)

    await Dispatcher(client, database).dispatch()

    async with database.reading() as tx:
        assert len(await engagements.everything(tx)) == 1
    assert await _signals(_run(client, deal)) == ["changed"] * 3
    assert await _outcomes(database) == [("applied", None)] * 3


async def test_a_win_after_a_loss_is_an_engagement_of_its_own(
    client: Client, database: Database, deal: ForeignId
) -> None:
    dispatcher = Dispatcher(client, database)
    await _receive(database, deal, 1)
    await dispatcher.dispatch()
    await _move(database, deal, Stage.CANCELLED)
    await _receive(database, deal, 2)

    await dispatcher.dispatch()

    described = await _run(client, deal, 2).describe()
    assert await described.static_summary() == f"Engagement of {deal}: CT-00002"


async def test_a_message_about_a_fulfilled_engagement_is_superseded(
    client: Client, database: Database, deal: ForeignId
) -> None:
    await _receive(database, deal)
    await _move(database, deal, Stage.FULFILLED)

    await Dispatcher(client, database).dispatch()

    assert await _outcomes(database) == [("superseded", "no engagement of it is running")]
    with pytest.raises(RPCError, match="not found"):
        await _run(client, deal).describe()


@pytest.mark.parametrize("kind", ["opportunity_change", "billing_schedule"])
async def test_what_is_no_win_opens_nothing(
    client: Client, database: Database, deal: ForeignId, kind: str
) -> None:
    await _receive(database, deal, kind=kind)

    await Dispatcher(client, database).dispatch()

    assert await _outcomes(database) == [("superseded", "no engagement of it is running")]
    async with database.reading() as tx:
        assert await engagements.everything(tx) == []


@pytest.mark.parametrize("kind", ["opportunity_change", "billing_schedule"])
async def test_what_is_no_win_is_told_to_the_engagement_that_runs(
    client: Client, database: Database, deal: ForeignId, kind: str
) -> None:
    await _receive(database, deal, 1)
    await _receive(database, deal, 2, kind=kind)

    await Dispatcher(client, database).dispatch()

    assert await _signals(_run(client, deal)) == ["changed"] * 2


async def test_a_win_whose_engagement_was_cancelled_meanwhile_is_not_lost(
    client: Client, database: Database, deal: ForeignId
) -> None:
    await _receive(database, deal)
    await _move(database, deal, Stage.CANCELLED)

    await Dispatcher(client, database).dispatch()

    assert await _outcomes(database) == [("applied", None)]
    again = client.get_workflow_handle(processes.engagement_id(deal, 2))
    assert await (await again.describe()).static_summary() == f"Engagement of {deal}: CT-00002"
    await again.terminate()


async def test_a_client_of_whom_nothing_is_under_way_is_nobody(
    client: Client, database: Database, deal: ForeignId
) -> None:
    await _receive(database, deal, kind="account")

    await Dispatcher(client, database).dispatch()

    assert await _outcomes(database) == [("superseded", "nothing of this client is under way")]


async def test_a_client_under_way_hears_of_a_change(
    client: Client, database: Database, deal: ForeignId
) -> None:
    run = await client.start_workflow(
        "ClientMaster",
        KeepClient(account=deal),
        id=processes.client_id(deal),
        task_queue=PROCESSES,
    )
    await _receive(database, deal, kind="account")

    await Dispatcher(client, database).dispatch()

    assert await _signals(run) == ["changed"]
    assert await _outcomes(database) == [("applied", None)]


async def test_a_server_that_is_gone_loses_nothing(
    client: Client, nobody: Client, database: Database, deal: ForeignId
) -> None:
    await _receive(database, deal, 1)
    await _receive(database, deal, 2)
    with pytest.raises(RuntimeError):
        await Dispatcher(nobody, database).dispatch()
    assert await _outcomes(database) == [("received", None)] * 2

    await Dispatcher(client, database).dispatch()

    assert await _signals(_run(client, deal)) == ["changed"] * 2
    assert await _outcomes(database) == [("applied", None)] * 2


async def test_goes_on_after_a_failure(nobody: Client, database: Database) -> None:
    dispatcher = _Failing(nobody, database)

    async with dispatcher.running():
        await dispatcher.tried.wait()
        await asyncio.sleep(0)  # let the failure through
        assert dispatcher.is_running
    assert not dispatcher.is_running


async def test_hands_on_by_itself_while_the_gateway_runs(
    client: Client, database: Database, deal: ForeignId
) -> None:
    await _receive(database, deal)
    dispatcher = _Telling(client, database)
    application = app.build(database, doors(), dispatcher)

    async with application.router.lifespan_context(application):
        await asyncio.wait_for(dispatcher.handed_on.wait(), timeout=5)

    assert await _signals(_run(client, deal)) == ["changed"]
    assert await _outcomes(database) == [("applied", None)]
