"""Messages that cannot be handed on: they keep no other, are tried again, and a person hears."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any, cast
from uuid import uuid4

import httpx
import pytest_asyncio
from sqlmodel import col, select, update
from temporalio import workflow
from temporalio.client import Client
from temporalio.service import RPCError
from temporalio.worker import UnsandboxedWorkflowRunner, Worker
from typing_extensions import override

from canonical import processes
from canonical.engagements import Stage
from canonical.notices import Notice
from canonical.processes import PROCESSES, Engage
from canonical.systems import ForeignId
from gateway import app
from gateway.dispatcher import Dispatcher
from store import cases, engagements, inbox
from store.database import Database
from store.tables.traffic import InboxRow
from tests.fakes import CRM, foreign
from tests.gateway.messages import doors

REFUSED = foreign(CRM, "x" * 1200)  # the engine takes no id so long


@workflow.defn(name="Engagement", sandboxed=False)
class _Ending:
    """Ends as soon as it runs."""

    @workflow.run
    async def run(self, _request: Engage) -> str:
        return "cancelled"

    @workflow.signal(name="changed")
    def changed(self) -> None:
        pass


class _Failing(Dispatcher):
    """Says when it has failed as a whole."""

    def __init__(self, client: Client, database: Database) -> None:
        super().__init__(client, database)
        self.failed = asyncio.Event()

    @override
    async def dispatch(self) -> int:
        try:
            return await super().dispatch()
        finally:
            self.failed.set()


class _MeetingTheEnd:
    """The client, on whose first way to the engine the engagement of a deal ends."""

    def __init__(self, client: Client, database: Database, deal: ForeignId) -> None:
        self._client = client
        self._database = database
        self._deal = deal
        self._is_first = True

    async def start_workflow(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        if self._is_first:
            self._is_first = False
            await _cancel(self._database, self._deal)
            await _ended(self._client, kwargs["id"])
        return await self._client.start_workflow(*args, **kwargs)


async def _cancel(database: Database, deal: ForeignId) -> None:
    async with database.transaction() as tx:
        running = await engagements.running(tx, deal)
        assert running is not None
        await engagements.move(tx, running.contract, Stage.CANCELLED)


async def _ended(client: Client, run: str) -> None:
    listening = Worker(
        client,
        task_queue=PROCESSES,
        workflows=[_Ending],
        workflow_runner=UnsandboxedWorkflowRunner(),
    )
    async with listening:
        await client.get_workflow_handle(run).result()


@pytest_asyncio.fixture
async def deal(client: Client) -> AsyncIterator[ForeignId]:
    """Return an opportunity of the test's own, whose runs end with it."""
    opportunity = foreign(CRM, f"006-{uuid4()}")
    yield opportunity
    for number in (1, 2):
        with suppress(RPCError):
            run = processes.engagement_id(opportunity, number)
            await client.get_workflow_handle(run).terminate()


async def _receive(database: Database, subject: ForeignId, number: int) -> None:
    notice = Notice(id=f"04l-{number}", kind="opportunity", subject=subject)
    async with database.transaction() as tx:
        claimed = await engagements.claim(tx, subject)
        generation = claimed.generation if claimed else None
        await inbox.receive(tx, CRM, notice, generation=generation)


async def _outcomes(database: Database) -> list[str]:
    async with database.reading() as tx:
        rows = (await tx.exec(select(InboxRow).order_by(col(InboxRow.id)))).all()
    return [row.outcome.value for row in rows]


async def _time_passes(database: Database) -> None:
    """Let whatever was put off be due."""
    async with database.transaction() as tx:
        await tx.exec(update(InboxRow).values(due_at=None))


async def _tries(database: Database, dispatcher: Dispatcher, number: int) -> None:
    for _ in range(number):
        await dispatcher.dispatch()
        await _time_passes(database)


async def _cases(database: Database) -> list[str]:
    async with database.reading() as tx:
        return [case.id for case in await cases.open_cases(tx)]


async def _ready(database: Database, dispatcher: Dispatcher) -> tuple[int, dict[str, str]]:
    application = app.build(database, doors(), dispatcher)
    transport = httpx.ASGITransport(application)
    async with (
        application.router.lifespan_context(application),
        httpx.AsyncClient(transport=transport, base_url="http://gateway") as reader,
    ):
        answer = await reader.get("/ready")
    return answer.status_code, answer.json()


async def test_a_win_that_meets_the_end_of_its_engagement_opens_the_next(
    client: Client, database: Database, deal: ForeignId
) -> None:
    """The engagement ends between the dispatcher's look into the store and its start."""
    await _receive(database, deal, 1)
    await Dispatcher(client, database).dispatch()
    await _receive(database, deal, 2)
    late = Dispatcher(cast("Client", _MeetingTheEnd(client, database, deal)), database)

    await late.dispatch()
    assert await _outcomes(database) == ["applied", "received"]
    await late.dispatch()

    again = client.get_workflow_handle(processes.engagement_id(deal, 2))
    assert (await again.describe()).workflow_type == "Engagement"
    assert await _outcomes(database) == ["applied", "applied"]


async def test_what_only_ever_meets_an_end_comes_to_an_outcome(
    client: Client, database: Database, deal: ForeignId
) -> None:
    """Its run ended well, and the store was never told so."""
    await _receive(database, deal, 1)
    dispatcher = Dispatcher(client, database)
    await dispatcher.dispatch()
    await _ended(client, processes.engagement_id(deal, 1))
    await _receive(database, deal, 2)

    await _tries(database, dispatcher, inbox.TRIES)

    assert await _outcomes(database) == ["applied", "superseded"]
    assert await _cases(database) == []


async def test_a_message_that_cannot_be_handed_on_keeps_no_other(
    client: Client, database: Database, deal: ForeignId
) -> None:
    await _receive(database, REFUSED, 1)
    await _receive(database, deal, 2)

    await Dispatcher(client, database).dispatch()

    assert await _outcomes(database) == ["received", "applied"]


async def test_a_message_is_tried_again_ever_later(client: Client, database: Database) -> None:
    await _receive(database, REFUSED, 1)
    dispatcher = Dispatcher(client, database)

    looked = [await dispatcher.dispatch() for _ in range(3)]

    assert looked == [1, 1, 0]  # the first failure may have passed at once, the second waits


async def test_after_some_tries_a_person_hears_of_a_message(
    client: Client, database: Database
) -> None:
    await _receive(database, REFUSED, 1)
    dispatcher = Dispatcher(client, database)

    await _tries(database, dispatcher, inbox.TRIES - 1)
    assert await _cases(database) == []
    await _tries(database, dispatcher, 1)

    assert await _cases(database) == [f"dispatcher/{CRM}/04l-1"]
    assert await _outcomes(database) == ["received"]
    status, told = await _ready(database, dispatcher)
    assert status == 200  # else nobody could bring the messages that are well
    assert told["messages"] == "1 messages cannot be handed on; their cases say why"


async def test_what_goes_on_in_the_end_closes_its_case(
    client: Client, database: Database, deal: ForeignId
) -> None:
    class Refusing:
        async def start_workflow(self, *_: Any, **__: Any) -> Any:  # noqa: ANN401
            raise ValueError

    await _receive(database, deal, 1)
    await _tries(database, Dispatcher(cast("Client", Refusing()), database), inbox.TRIES)
    assert await _cases(database) != []

    await Dispatcher(client, database).dispatch()

    assert await _cases(database) == []
    assert await _outcomes(database) == ["applied"]


async def test_a_server_that_is_gone_is_told_and_is_nobody_s_failure(
    nobody: Client, database: Database, deal: ForeignId
) -> None:
    await _receive(database, deal, 1)
    dispatcher = _Failing(nobody, database)

    async with dispatcher.running():
        await asyncio.wait_for(dispatcher.failed.wait(), timeout=5)
        await asyncio.sleep(0)  # let the failure through

    assert await dispatcher.trouble() == "nothing can be handed on: RuntimeError"
    async with database.reading() as tx:
        (waiting,) = await inbox.waiting_for_process(tx)
    assert waiting.tries == 0


async def test_messages_of_several_subjects_are_handed_on_side_by_side(
    database: Database,
) -> None:
    """Each start waits until the other has begun; those of one subject come in order."""
    started: list[str] = []
    both = asyncio.Event()

    class Meeting:
        async def start_workflow(self, *_: Any, **kwargs: Any) -> None:  # noqa: ANN401
            started.append(kwargs["id"])
            if len(set(started)) > 1:
                both.set()
            await asyncio.wait_for(both.wait(), timeout=5)

    await _receive(database, foreign(CRM, "006A"), 1)
    await _receive(database, foreign(CRM, "006A"), 2)
    await _receive(database, foreign(CRM, "006B"), 3)

    await Dispatcher(cast("Client", Meeting()), database).dispatch()

    assert await _outcomes(database) == ["applied"] * 3
    first, second = (processes.engagement_id(foreign(CRM, deal), 1) for deal in ("006A", "006B"))
    assert started in ([first, second, first], [second, first, first])
