"""Time that is approved after its deal was closed comes into no book, and is told."""

from sqlmodel import select
from temporalio.testing import ActivityEnvironment

from activities.approvals import PsaApprovals
from activities.pace import Pace
from canonical.cases import Case
from canonical.contracts import ContractId
from canonical.engagements import Stage
from canonical.landscape import Landscape
from canonical.processes import CollectRequest
from store import cases, engagements, entries
from store.database import Database
from store.tables.traffic import InboxRow
from store.tables.work import Progress
from tests.activities import house
from tests.fakes import PSA, entry
from tests.ports import FakePsa


async def _collect(psa: FakePsa, database: Database, landscape: Landscape) -> None:
    steps = PsaApprovals(psa, database, landscape, Pace(1000))
    await ActivityEnvironment().run(steps.collect, CollectRequest(psa=PSA))


async def _close(database: Database) -> None:
    async with database.transaction() as tx:
        await engagements.move(tx, ContractId("CT-00001"), Stage.CANCELLED)


async def _open_cases(database: Database) -> list[Case]:
    async with database.reading() as tx:
        return list(await cases.open_cases(tx))


async def _outcomes(database: Database) -> list[tuple[str, str | None]]:
    async with database.reading() as tx:
        rows = (await tx.exec(select(InboxRow))).all()
    return [(row.outcome.value, row.reason) for row in rows]


async def test_late_time_is_rejected_and_waits_for_a_person(
    database: Database, landscape: Landscape
) -> None:
    await house.active(database)
    await _close(database)
    psa = house.psa()
    psa.approves("T1", entry(101), entry(102))

    await _collect(psa, database, landscape)

    async with database.reading() as tx:
        assert await entries.count(tx, Progress.RECEIVED) == 0
    ((outcome, reason),) = await _outcomes(database)
    (case,) = await _open_cases(database)
    assert outcome == "rejected"
    assert "psa-main:101 was approved after its deal was closed" in (reason or "")
    assert (case.error_class, case.owner) == ("E17", "delivery")
    assert case.text.startswith("2 entries on PR-00001 were approved after the deal was closed")


async def test_time_from_before_that_is_told_again_is_not_late(
    database: Database, landscape: Landscape
) -> None:
    await house.active(database)
    psa = house.psa()
    psa.approves("T1", entry(101))
    await _collect(psa, database, landscape)
    await _close(database)
    psa.approves("T1", entry(101))

    await _collect(psa, database, landscape)

    assert await _open_cases(database) == []
    assert [outcome for outcome, _ in await _outcomes(database)] == ["applied", "superseded"]


async def test_the_case_ends_when_the_approval_is_taken_back(
    database: Database, landscape: Landscape
) -> None:
    await house.active(database)
    await _close(database)
    psa = house.psa()
    psa.approves("T1", entry(101))
    await _collect(psa, database, landscape)
    psa.approves("T1")

    await _collect(psa, database, landscape)

    assert await _open_cases(database) == []
