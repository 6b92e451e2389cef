"""Two transactions at once: neither loses what the other wrote, and no number is given out twice.

The second begins on a connection of its own while the first has done its work and not committed.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import date
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import ColumnElement
from sqlmodel import col, func, select

from canonical.cases import Case, CaseId
from canonical.contracts import ContractId
from canonical.engagements import Stage
from canonical.notices import Notice
from canonical.systems import ForeignId
from store import (
    billing,
    cases,
    clients,
    clock,
    contracts,
    counters,
    crosswalk,
    engagements,
    entries,
    inbox,
    intents,
    mappings,
    slices,
    trail,
)
from store.database import ContendedError, Database, Transaction
from store.entries import Arrival, Decision, Filed
from store.intents import Intent
from store.slices import NotReadyError
from store.tables.effects import AuditRow, State
from store.tables.traffic import OutboxRow, Outcome
from store.tables.work import Progress
from tests.fakes import CRM, ERP, PSA, contract, entry, foreign, mapping, part, project

_DEAL = ForeignId(system=CRM, value="006A")
_ACCOUNT = ForeignId(system=CRM, value="001A")
_LANE = "erp-main/USMF/0"
_JULY = date(2026, 7, 31)
_MEANWHILE_SECONDS = 0.3
Work = Callable[[Transaction], Awaitable[Any]]


@pytest_asyncio.fixture
async def other(database: Database) -> AsyncIterator[Database]:
    """Return another process's way to the same store."""
    other = Database(database.engine.url.render_as_string(hide_password=False))
    yield other
    await other.close()


async def _alone(database: Database, work: Work) -> Any:  # noqa: ANN401 - whatever it returns
    async with database.transaction() as tx:
        return await work(tx)


async def _overlapping(database: Database, other: Database, first: Work, second: Work) -> list[Any]:
    """Return what both returned; the second waits for the first, or fails."""
    async with database.transaction() as tx:
        found = await first(tx)
        await tx.flush()
        later = asyncio.create_task(_alone(other, second))
        await asyncio.sleep(_MEANWHILE_SECONDS)
    return [found, await later]


async def _count(
    database: Database, table: type[Any], *conditions: ColumnElement[bool] | bool
) -> int:
    async with database.reading() as tx:
        return (await tx.exec(select(func.count()).select_from(table).where(*conditions))).one()


def _filed(worked: str = "8") -> Arrival:
    filed = Filed(entry(101, worked=worked), project().code, contract().id)
    return Arrival(filed, _LANE, foreign(PSA, "T1"))


async def _linked(tx: Transaction) -> None:
    await crosswalk.link(tx, "client", "CL-00001", foreign(ERP, "C1"))


async def _case(tx: Transaction) -> None:
    fields = {"error_class": "E05", "step": "s", "workflow": "w", "subject": "x", "text": "t"}
    more = {"root_cause": "r", "owner": "finance", "certainty": "not_sent"}
    await cases.open_case(tx, Case.model_validate({"id": CaseId("c"), **fields, **more}))


_INTENT = Intent(key="client/CL-00001", kind="client.erp", system=ERP, content_hash="h")
_NOTICE = Notice(id="m1", kind="opportunity", subject=_DEAL)
TWICE: dict[str, Work] = {  # what done by two at once is as if it were done once
    "claim": lambda tx: engagements.claim(tx, _DEAL),
    "identify": lambda tx: clients.identify(tx, _ACCOUNT),
    "onboarding": lambda tx: clients.onboarding_number(tx, _ACCOUNT, ERP, "contract:CT-00001"),
    "request": lambda tx: billing.cut_off(tx, ContractId("CT-00001"), _JULY),
    "plan": lambda tx: intents.plan(tx, _INTENT),
    "link": _linked,
    "case": _case,
    "today": lambda tx: clock.set_today(tx, _JULY),
    "cursor": lambda tx: inbox.move_cursor(tx, PSA, "7"),
    "contract": lambda tx: contracts.save(tx, contract()),
    "project": lambda tx: contracts.save_project(tx, project()),
}


@pytest.mark.parametrize("work", TWICE.values(), ids=TWICE)
async def test_the_same_at_once_is_the_same_once(
    database: Database, other: Database, work: Work
) -> None:
    first, second = await _overlapping(database, other, work, work)

    assert first == second


async def test_a_message_delivered_twice_at_once_is_kept_once(
    database: Database, other: Database
) -> None:
    def receive(tx: Transaction) -> Awaitable[bool]:
        return inbox.receive(tx, CRM, _NOTICE)

    assert await _overlapping(database, other, receive, receive) == [True, False]


async def test_mappings_loaded_twice_at_once_are_there_once(
    database: Database, other: Database
) -> None:
    def load(tx: Transaction) -> Awaitable[int]:
        return mappings.add(tx, [mapping("category", "MANAGER", "MGR")])

    assert await _overlapping(database, other, load, load) == [1, 0]


NUMBERS: dict[str, Callable[[str], Work]] = {  # what gives each asker a number of its own
    "counter": lambda _: lambda tx: counters.following(tx, "client"),
    "client": lambda who: lambda tx: clients.identify(tx, ForeignId(system=CRM, value=who)),
    "deal": lambda who: lambda tx: engagements.claim(tx, ForeignId(system=CRM, value=who)),
    "onboarding": lambda who: lambda tx: clients.onboarding_number(tx, _ACCOUNT, ERP, who),
    "cycle": lambda who: (
        lambda tx: billing.request(
            tx, ContractId("CT-00001"), kind=billing.MILESTONE, key=who, cut_off=_JULY
        )
    ),
}


@pytest.mark.parametrize("asked", NUMBERS.values(), ids=NUMBERS)
async def test_no_number_is_given_out_twice(
    database: Database, other: Database, asked: Callable[[str], Work]
) -> None:
    both = (database, other)

    found = await asyncio.gather(*(_alone(both[n % 2], asked(f"asker{n}")) for n in range(20)))

    assert len({str(each) for each in found}) == 20


async def test_numbers_of_two_at_once_follow_each_other(
    database: Database, other: Database
) -> None:
    first, second = (NUMBERS["cycle"](who) for who in ("CT-00001/M1", "CT-00001/M2"))

    found = await _overlapping(database, other, first, second)

    assert [request.cycle for request in found] == [1, 2]


async def test_an_entry_that_is_cut_meanwhile_is_not_taken_again(
    database: Database, other: Database
) -> None:
    """A poll with new facts comes while a lane freezes its batch: it comes too late."""
    await _alone(database, lambda tx: entries.add(tx, [_filed()]))

    async def cut(tx: Transaction) -> None:
        (filed,) = await entries.received(tx, _LANE, limit=10)
        key = filed.entry.key
        decision = Decision(key=key, progress=Progress.BATCHED, verdict="{}", batch="b", line=1)
        await entries.decide(tx, [decision])

    _, added = await _overlapping(
        database, other, cut, lambda tx: entries.add(tx, [_filed(worked="4")])
    )

    assert (added.taken, added.too_late) == (set(), {"psa-main:101"})
    story = await _alone(database, lambda tx: entries.find(tx, "psa-main:101"))
    assert (story.progress, story.batch, story.filed.entry.worked.seconds) == (
        Progress.BATCHED,
        "b",
        8 * 3600,
    )


async def test_a_lane_that_cuts_sees_what_a_poll_has_just_changed(
    database: Database, other: Database
) -> None:
    await _alone(database, lambda tx: entries.add(tx, [_filed()]))

    _, received = await _overlapping(
        database,
        other,
        lambda tx: entries.add(tx, [_filed(worked="4")]),
        lambda tx: entries.received(tx, _LANE, limit=10),
    )

    assert [filed.entry.worked.seconds for filed in received] == [4 * 3600]


async def test_new_entries_of_two_polls_at_once_are_taken_once(
    database: Database, other: Database
) -> None:
    def poll(tx: Transaction) -> Awaitable[entries.Added]:
        return entries.add(tx, [_filed()])

    first, second = await _overlapping(database, other, poll, poll)

    assert (first.taken, second.taken) == ({"psa-main:101"}, set())


async def test_a_slice_is_billed_by_one_of_two_invoices(
    database: Database, other: Database
) -> None:
    await _alone(database, lambda tx: slices.add(tx, [(ContractId("CT-00001"), part())]))
    billed = [("psa-main:101", 1)]

    with pytest.raises(NotReadyError):
        await _overlapping(
            database,
            other,
            lambda tx: slices.bill(tx, "CT-00001/1/1", 1, billed),
            lambda tx: slices.bill(tx, "CT-00001/2/1", 1, billed),
        )

    found = await _alone(database, lambda tx: slices.of_source(tx, "psa-main:101"))
    assert [invoice for invoice, _, _ in found] == ["CT-00001/1/1"]


async def test_an_engagement_moves_once(database: Database, other: Database) -> None:
    opened = await _alone(database, lambda tx: engagements.claim(tx, _DEAL))

    def move(tx: Transaction) -> Awaitable[None]:
        return engagements.move(tx, opened.contract, Stage.ACTIVE)

    await _overlapping(database, other, move, move)

    told = AuditRow.action == "engagement.active"
    assert await _count(database, AuditRow, told) == 1
    assert await _count(database, OutboxRow, OutboxRow.type == "engagement.active") == 1


async def test_a_message_comes_to_one_outcome(database: Database, other: Database) -> None:
    await _alone(database, lambda tx: inbox.receive(tx, CRM, _NOTICE))
    (delivery,) = await _alone(database, inbox.waiting_for_process)

    await _overlapping(
        database,
        other,
        lambda tx: inbox.settle(tx, delivery, Outcome.APPLIED),
        lambda tx: inbox.settle(tx, delivery, Outcome.SUPERSEDED, reason="late"),
    )

    assert await _count(database, AuditRow, col(AuditRow.action).startswith("message.a")) == 1
    assert await _count(database, AuditRow, AuditRow.action == "message.superseded") == 0


async def test_a_confirmed_write_stays_so(database: Database, other: Database) -> None:
    await _alone(database, lambda tx: intents.plan(tx, _INTENT))
    answer = foreign(ERP, "C1")

    confirmed, overtaken = await _overlapping(
        database,
        other,
        lambda tx: intents.move(tx, _INTENT.key, State.CONFIRMED, answer=answer),
        lambda tx: intents.move(tx, _INTENT.key, State.UNCERTAIN),
    )

    assert confirmed == overtaken
    assert (overtaken.state, overtaken.answer) == (State.CONFIRMED, answer)


async def test_an_event_is_published_once_and_never_before_an_earlier_number(
    database: Database, other: Database
) -> None:
    def publish(tx: Transaction) -> Awaitable[Any]:
        return trail.publish(tx, "client.onboarded", "CL-00001")

    await _overlapping(database, other, publish, publish)

    assert await _count(database, OutboxRow) == 1


async def test_of_two_in_each_others_way_one_begins_again(
    database: Database, other: Database
) -> None:
    """Each takes a number that the other wants next: PostgreSQL ends one of them."""
    began = dict.fromkeys(("client", "contract"), 0)
    holding, both = set[str](), asyncio.Event()

    def work(mine: str, theirs: str) -> Work:
        async def take(tx: Transaction) -> list[int]:
            began[mine] += 1
            numbers = [await counters.following(tx, mine)]
            holding.add(mine)
            if len(holding) == len(began):
                both.set()
            if tx.get_bind().dialect.name == "postgresql":  # SQLite lets only one begin
                await both.wait()
            return [*numbers, await counters.following(tx, theirs)]

        return take

    found = await asyncio.gather(
        database.carry_out(work("client", "contract")),
        other.carry_out(work("contract", "client")),
    )

    assert sorted(number for numbers in found for number in numbers) == [1, 1, 2, 2]
    is_postgresql = database.engine.dialect.name == "postgresql"
    assert sum(began.values()) == (3 if is_postgresql else 2)


async def test_who_is_in_the_way_for_ever_is_told(database: Database, other: Database) -> None:
    """A writer on the other connection does not end; the bound is five attempts."""
    is_sqlite = database.engine.dialect.name == "sqlite"
    setting = "PRAGMA busy_timeout = 50" if is_sqlite else "SET LOCAL lock_timeout = '50ms'"
    attempts = list[int]()

    async def take(tx: Transaction) -> int:
        attempts.append(1)
        await (await tx.connection()).exec_driver_sql(setting)
        return await counters.following(tx, "client")

    async with database.transaction() as holder:
        await counters.following(holder, "client")
        if is_sqlite:
            await _impatient(other)
        with pytest.raises(ContendedError, match="5 attempts"):
            await other.carry_out(take)

    assert len(attempts) == 5
    assert await _alone(database, lambda tx: counters.following(tx, "client")) == 2


async def _impatient(database: Database) -> None:
    """Let the connection that comes next wait for a writer no longer than a moment."""
    async with database.reading() as tx:
        await (await tx.connection()).exec_driver_sql("PRAGMA busy_timeout = 50")
