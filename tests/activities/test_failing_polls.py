"""Polls of a PSA in which something fails: what keeps the rest out, and what a person hears."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from sqlmodel import update
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment
from typing_extensions import override

from activities.approvals import Collected, PsaApprovals
from activities.pace import Pace
from canonical.cases import Case
from canonical.landscape import Landscape
from canonical.processes import CollectRequest
from canonical.systems import ForeignId
from connectors import errors
from connectors.ports import TimePage
from store import cases, entries, inbox
from store.database import Database
from store.tables.traffic import InboxRow
from tests.activities import house
from tests.fakes import PSA, entry, foreign
from tests.ports import FakePsa


async def _collect(psa: FakePsa, database: Database, landscape: Landscape) -> Collected:
    steps = PsaApprovals(psa, database, landscape, Pace(1000))
    return await ActivityEnvironment().run(steps.collect, CollectRequest(psa=PSA))


async def _waiting(database: Database) -> list[str]:
    async with database.reading() as tx:
        filed = await entries.received(tx, house.LANE.key, limit=100)
    return [item.entry.key for item in filed]


async def _cases(database: Database) -> Sequence[Case]:
    async with database.reading() as tx:
        return await cases.open_cases(tx)


class _Silent(FakePsa):
    """Answers 5xx for some timesheets, each time."""

    def __init__(self, *silent: str) -> None:
        super().__init__()
        self.silent = {foreign(PSA, sheet) for sheet in silent}

    @override
    async def approved_time(self, timesheet: ForeignId, page: int) -> TimePage:
        if timesheet in self.silent:
            raise errors.Transient(PSA, f"{timesheet} answered 500")
        return await super().approved_time(timesheet, page)


def _opened(psa: FakePsa) -> FakePsa:
    psa.projects |= house.psa().projects
    return psa


async def test_one_timesheet_that_is_never_answered_for_keeps_no_other_out(
    database: Database, landscape: Landscape
) -> None:
    await house.active(database)
    psa = _opened(_Silent("T1"))
    psa.approves("T1", entry(101))
    psa.approves("T2", entry(102))

    assert await _collect(psa, database, landscape) == Collected(received=2, settled=1)
    assert await _waiting(database) == ["psa-main:102"]
    assert await _cases(database) == []
    for _ in range(4):
        await _due(database)
        await _collect(psa, database, landscape)

    (case,) = await _cases(database)
    assert (case.error_class, case.subject) == ("E01", "psa-main:T1")


async def test_a_psa_that_answers_for_nothing_is_not_the_fault_of_any_message(
    database: Database, landscape: Landscape
) -> None:
    await house.active(database)
    sheets = [f"T{number}" for number in range(1, 5)]
    psa = _opened(_Silent(*sheets))
    for number, sheet in enumerate(sheets):
        psa.approves(sheet, entry(101 + number))

    with pytest.raises(ApplicationError) as caught:
        await _collect(psa, database, landscape)

    assert not caught.value.non_retryable
    async with database.reading() as tx:
        assert [each.tries for each in await inbox.waiting(tx, PSA)] == [0] * 4


async def test_a_hundred_messages_that_cannot_be_read_keep_no_other_out(
    database: Database, landscape: Landscape
) -> None:
    await house.active(database)
    psa = house.psa()
    for number in range(100):
        psa.approves(f"B{number:03}", entry(500 + number))
        psa.drifts.add(foreign(PSA, f"B{number:03}"))
    await _collect(psa, database, landscape)
    psa.approves("T1", entry(101))

    await _collect(psa, database, landscape)

    assert await _waiting(database) == ["psa-main:101"]


@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        (errors.Unauthorized("fake", "the token is refused"), "E04"),
        (errors.Drifted("fake", "an event does not fit"), "E20"),
    ],
    ids=["unauthorized", "drifted"],
)
async def test_a_poll_that_fails_is_a_case_until_one_succeeds(
    database: Database, landscape: Landscape, failure: errors.ConnectorError, kind: str
) -> None:
    psa = house.psa()
    for _ in range(2):
        psa.fails("changes", failure)
        with pytest.raises(ApplicationError):
            await _collect(psa, database, landscape)

    (case,) = await _cases(database)
    assert (case.error_class, case.subject) == (kind, PSA)
    await _collect(psa, database, landscape)
    assert await _cases(database) == []


@pytest.mark.parametrize(("attempt", "is_told"), [(9, False), (10, True)])
async def test_a_system_that_does_not_answer_is_a_case_once_that_has_lasted(
    database: Database, landscape: Landscape, attempt: int, *, is_told: bool
) -> None:
    psa = house.psa()
    psa.fails("changes", errors.Transient("fake", "ConnectError"))
    environment = ActivityEnvironment()
    environment.info = replace(environment.info, attempt=attempt)
    steps = PsaApprovals(psa, database, landscape, Pace(1000))

    with pytest.raises(ApplicationError):
        await environment.run(steps.collect, CollectRequest(psa=PSA))

    assert bool(await _cases(database)) is is_told


async def _due(database: Database) -> None:
    """Let whatever was put off be due."""
    async with database.transaction() as tx:
        await tx.exec(update(InboxRow).values(due_at=None))
