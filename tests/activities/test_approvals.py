from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlmodel import col, select
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment
from typing_extensions import override

from activities.approvals import Collected, PsaApprovals
from activities.pace import Pace
from canonical.cases import Case
from canonical.contracts import ContractId
from canonical.entries import EntryKey, MilestoneReached
from canonical.landscape import Landscape
from canonical.processes import CollectRequest, PostLane
from canonical.systems import ForeignId
from connectors import errors
from connectors.ports import TimePage
from store import billing, cases, entries, slices
from store.database import Database
from store.entries import Decision
from store.tables.traffic import InboxRow
from store.tables.work import Progress
from tests.activities import house
from tests.fakes import PSA, contract, entry, foreign, milestones, money, project
from tests.ports import FakePsa

CONTRACT = ContractId("CT-00001")
ELSEWHERE = foreign(PSA, "999")
FIRST = MilestoneReached.model_validate(
    {
        "id": foreign(PSA, "7"),
        "milestone": "CT-00001/M1",
        "project": "PR-00001",
        "reached_on": date(2026, 6, 15),
    }
)


async def _collect(psa: FakePsa, database: Database, landscape: Landscape) -> Collected:
    steps = PsaApprovals(psa, database, landscape, Pace(1000))
    return await ActivityEnvironment().run(steps.collect, CollectRequest(psa=PSA))


async def _outcomes(database: Database) -> list[tuple[str, str | None]]:
    async with database.reading() as tx:
        rows = await tx.exec(select(InboxRow).order_by(col(InboxRow.id)))
        return [(row.outcome.value, row.reason) for row in rows.all()]


async def _waiting(database: Database) -> list[str]:
    async with database.reading() as tx:
        filed = await entries.received(tx, house.LANE.key, limit=100)
    return [item.entry.key for item in filed]


async def _sold_milestones(database: Database) -> None:
    sold = milestones("36000.00", "84000.00")
    assert sold.terms.model == "milestones"
    plan = project(milestones=sold.terms.milestones)
    await house.active(database, contract(lines=(sold,)), plan)


async def test_keeps_every_page_of_what_was_approved(
    database: Database, landscape: Landscape
) -> None:
    await house.active(database)
    psa = house.psa()
    psa.approves("T1", *(entry(number) for number in range(101, 106)))

    assert await _collect(psa, database, landscape) == Collected(received=1, settled=1)
    assert psa.calls.count("approved_time") == 3
    assert await _waiting(database) == [f"psa-main:{number}" for number in range(101, 106)]
    assert await _outcomes(database) == [("applied", None)]


async def test_an_entry_comes_in_once_however_often_it_is_told(
    database: Database, landscape: Landscape
) -> None:
    await house.active(database)
    psa = house.psa()
    psa.approves("T1", entry(101), entry(102))
    await _collect(psa, database, landscape)
    psa.approves("T1", entry(101), entry(102), entry(103))
    psa.approves("T1", entry(101), entry(102), entry(103))

    await _collect(psa, database, landscape)

    assert await _waiting(database) == ["psa-main:101", "psa-main:102", "psa-main:103"]
    assert [outcome for outcome, _ in await _outcomes(database)] == [
        "applied",
        "applied",
        "superseded",
    ]


async def test_an_entry_that_a_page_repeats_is_one(
    database: Database, landscape: Landscape
) -> None:
    await house.active(database)
    psa = house.psa()
    psa.approves("T1", entry(101), entry(101), entry(102))

    await _collect(psa, database, landscape)

    assert await _waiting(database) == ["psa-main:101", "psa-main:102"]


async def test_the_same_message_is_read_once(database: Database, landscape: Landscape) -> None:
    await house.active(database)
    psa = house.psa()
    psa.approves("T1", entry(101))
    psa.notices.append(psa.notices[0])

    assert await _collect(psa, database, landscape) == Collected(received=1, settled=1)
    assert await _collect(psa, database, landscape) == Collected(received=0, settled=0)


async def test_time_of_a_project_of_others_is_refused_by_name(
    database: Database, landscape: Landscape
) -> None:
    await house.active(database)
    psa = house.psa()
    psa.approves("T1", entry(101, project=ELSEWHERE))

    await _collect(psa, database, landscape)

    assert await _waiting(database) == []
    assert await _outcomes(database) == [("rejected", "project psa-main:999 is not one of ours")]


@pytest.mark.parametrize("stranger", [0, 1, 2, 3])
async def test_a_strangers_entry_keeps_none_of_ours_out(
    database: Database, landscape: Landscape, stranger: int
) -> None:
    await house.active(database)
    psa = house.psa()
    approved = [entry(101), entry(102), entry(103)]
    approved.insert(stranger, entry(900, project=ELSEWHERE))
    psa.approves("T1", *approved)

    await _collect(psa, database, landscape)

    assert await _waiting(database) == ["psa-main:101", "psa-main:102", "psa-main:103"]
    assert await _outcomes(database) == [("applied", "project psa-main:999 is not one of ours")]


async def test_a_timesheet_that_is_gone_holds_nothing_up(
    database: Database, landscape: Landscape
) -> None:
    await house.active(database)
    psa = house.psa()
    psa.approves("T1", entry(101))
    psa.approves("T2", entry(102))
    psa.timesheets.pop(foreign(PSA, "T1"))

    assert (await _collect(psa, database, landscape)).settled == 2
    assert await _waiting(database) == ["psa-main:102"]
    assert await _outcomes(database) == [("voided", "it is gone"), ("applied", None)]


async def test_a_poll_that_breaks_off_goes_on_where_it_was(
    database: Database, landscape: Landscape
) -> None:
    await house.active(database)
    psa = house.psa()
    psa.approves("T1", *(entry(number) for number in range(101, 105)))
    psa.approves("T2", entry(105))
    psa.fails("approved_time", errors.Transient("fake", "429", retry_after=timedelta(seconds=7)))

    with pytest.raises(ApplicationError) as caught:
        await _collect(psa, database, landscape)
    assert not caught.value.non_retryable
    assert await _outcomes(database) == [("received", None), ("received", None)]

    assert await _collect(psa, database, landscape) == Collected(received=0, settled=2)
    assert len(await _waiting(database)) == 5


async def test_what_was_read_before_a_poll_breaks_off_is_kept(
    database: Database, landscape: Landscape
) -> None:
    await house.active(database)
    psa = house.psa()
    psa.reaches("8", None)
    psa.approves("T1", entry(101))
    psa.fails("approved_time", errors.Unauthorized("fake", "the token is refused"))

    with pytest.raises(ApplicationError):
        await _collect(psa, database, landscape)

    superseded = ("superseded", "not completed, or not one of ours")
    assert await _outcomes(database) == [superseded, ("received", None)]


async def test_a_backlog_is_brought_in_by_steps_of_a_hundred_messages(
    database: Database, landscape: Landscape
) -> None:
    await house.active(database)
    psa = house.psa()
    for number in range(101, 252):
        psa.approves(f"T{number}", entry(number))

    first = await _collect(psa, database, landscape)
    second = await _collect(psa, database, landscape)

    assert first == Collected(received=151, settled=100, is_all=False)
    assert second == Collected(received=0, settled=51, is_all=True)
    assert set(await _outcomes(database)) == {("applied", None)}


async def test_a_milestone_reached_becomes_its_amount_and_a_cycle(
    database: Database, landscape: Landscape
) -> None:
    await _sold_milestones(database)
    psa = house.psa()
    psa.reaches("7", FIRST)

    await _collect(psa, database, landscape)

    async with database.reading() as tx:
        ready = await slices.ready(tx, CONTRACT, until=date(2026, 6, 15))
        asked = await billing.waiting(tx)
    assert [(part.source, part.amount, part.worked.seconds) for part in ready] == [
        ("CT-00001/M1", money("36000.00"), Decimal(0))
    ]
    assert [(cycle.key, cycle.cycle, cycle.kind) for cycle in asked] == [
        ("CT-00001/M1", 1, "milestone")
    ]
    assert await _outcomes(database) == [("applied", None)]


async def test_a_milestone_is_reached_once(database: Database, landscape: Landscape) -> None:
    await _sold_milestones(database)
    psa = house.psa()
    psa.reaches("7", FIRST)
    psa.reaches("7", FIRST)

    await _collect(psa, database, landscape)

    async with database.reading() as tx:
        assert len(await billing.waiting(tx)) == 1
    assert await _outcomes(database) == [("applied", None), ("superseded", "reached before")]


async def test_a_milestone_of_others_or_not_completed_changes_nothing(
    database: Database, landscape: Landscape
) -> None:
    await _sold_milestones(database)
    psa = house.psa()
    psa.reaches("8", None)

    await _collect(psa, database, landscape)

    assert await _outcomes(database) == [("superseded", "not completed, or not one of ours")]


async def test_a_milestone_that_is_gone_holds_nothing_up(
    database: Database, landscape: Landscape
) -> None:
    await _sold_milestones(database)
    psa = house.psa()
    psa.reaches("6", None)
    psa.reached.clear()
    psa.reaches("7", FIRST)

    await _collect(psa, database, landscape)

    assert await _outcomes(database) == [("voided", "it is gone"), ("applied", None)]


async def test_held_entries_take_what_their_source_now_says_or_are_void(
    database: Database, landscape: Landscape
) -> None:
    await house.active(database)
    psa = house.psa()
    psa.approves("T1", entry(101, employee=None), entry(102))
    psa.approves("T2", entry(103, employee=None))
    await _collect(psa, database, landscape)
    for key in ("psa-main:101", "psa-main:103"):
        await _hold(database, key)
    psa.timesheets[foreign(PSA, "T1")] = [entry(101), entry(102, employee="000999")]
    del psa.timesheets[foreign(PSA, "T2")]

    steps = PsaApprovals(psa, database, landscape, Pace(1000))
    request = PostLane(lane=house.LANE, psa=PSA)
    assert await ActivityEnvironment().run(steps.reread_held, request) == 1

    assert await _employee(database, "psa-main:101") == "000123"
    assert await _employee(database, "psa-main:102") == "000123"
    assert await _waiting(database) == ["psa-main:101", "psa-main:102"]


async def test_a_message_that_cannot_be_read_is_a_case_and_stops_no_other(
    database: Database, landscape: Landscape
) -> None:
    """R-100: it is read again at the next poll, and its case is closed once it can be."""
    await house.active(database)
    psa = house.psa()
    psa.approves("T1", entry(101))
    psa.approves("T2", entry(102))
    drifted = psa.timesheets.pop(foreign(PSA, "T1"))
    psa.drifts.add(foreign(PSA, "T1"))

    await _collect(psa, database, landscape)
    (case,) = await _cases(database)
    waiting = await _waiting(database)
    psa.drifts.clear()
    psa.timesheets[foreign(PSA, "T1")] = drifted
    await _collect(psa, database, landscape)

    assert (case.error_class, case.subject) == ("E20", "psa-main:T1")
    assert waiting == ["psa-main:102"]
    assert await _waiting(database) == ["psa-main:101", "psa-main:102"]
    assert await _cases(database) == []


async def _cases(database: Database) -> list[Case]:
    async with database.reading() as tx:
        return list(await cases.open_cases(tx))


async def _hold(database: Database, key: str) -> None:
    held = Decision(key=EntryKey(key), progress=Progress.HELD, verdict="{}")
    async with database.transaction() as tx:
        await entries.decide(tx, [held])


async def _employee(database: Database, key: str) -> str | None:
    async with database.reading() as tx:
        story = await entries.find(tx, key)
    assert story is not None
    return story.filed.entry.employee


async def test_what_is_held_while_held_time_is_read_again_is_not_lost(
    database: Database, landscape: Landscape
) -> None:
    """L-1: the lane cuts on meanwhile; what nobody read is not void."""
    await house.active(database)
    psa = house.psa()
    psa.approves("T1", entry(101))
    psa.approves("T2", entry(102))
    await _collect(psa, database, landscape)
    await _hold(database, "psa-main:101")

    class CutsMeanwhile(FakePsa):
        @override
        async def approved_time(self, timesheet: ForeignId, page: int) -> TimePage:
            await _hold(database, "psa-main:102")
            return await psa.approved_time(timesheet, page)

    steps = PsaApprovals(CutsMeanwhile(), database, landscape, Pace(1000))
    request = PostLane(lane=house.LANE, psa=PSA)

    assert await ActivityEnvironment().run(steps.reread_held, request) == 1
    async with database.reading() as tx:
        story = await entries.find(tx, "psa-main:102")
    assert story is not None
    assert story.progress is Progress.HELD
