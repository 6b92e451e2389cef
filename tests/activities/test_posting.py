"""Posting: whatever breaks at whichever step, a batch is one posted journal."""

from datetime import timedelta

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.effects import Effects, Kind, Point
from activities.postings import CutRequest, ErpPostings, PostRequest
from canonical.postings import BatchId
from canonical.systems import ForeignId
from store import entries, trail
from store.database import Database
from store.tables.work import Progress
from tests.activities import house
from tests.erp_port import LOOSE, FakeErp, Journal
from tests.fakes import ERP, PSA, USMF, entry, foreign

BATCH = BatchId("erp-main/USMF/0/1")
POST = PostRequest(batch=BATCH, entity=USMF)
STEPS = ("create_journal", "fill_journal", "post_journal")
WRITES = (Kind.JOURNAL_DRAFT, Kind.JOURNAL_LINES, Kind.JOURNAL_POST)


class _Death(BaseException):
    """The worker is gone, as far as an attempt can tell."""


async def _frozen(database: Database) -> None:
    await house.active(database)
    await house.approved(database, entry(101), entry(102))
    request = CutRequest(lane=house.LANE, psa=PSA)
    cut = await ActivityEnvironment().run(house.postings(database).cut, request)
    assert cut.batch == BATCH


async def _post(erp: FakeErp, database: Database, performed: Effects | None = None) -> ForeignId:
    performed = performed or Effects(database)
    steps = ErpPostings(erp, database, performed, settle=house.AT_ONCE)
    return await ActivityEnvironment().run(steps.post, POST)


def _dying(database: Database, at: tuple[Kind, Point]) -> Effects:
    def boundary(kind: Kind, point: Point) -> None:
        if (kind, point) == at:
            raise _Death

    return Effects(database, boundary)


async def _posted_entries(database: Database) -> int:
    async with database.reading() as tx:
        return await entries.count(tx, Progress.POSTED)


def _assert_one_posted(erp: FakeErp, voucher: ForeignId) -> None:
    [journal] = erp.journals.values()
    assert journal.voucher == voucher
    assert [line.entry for line in journal.lines] == ["psa-main:101", "psa-main:102"]


async def test_posts_a_batch_with_its_entries(database: Database) -> None:
    await _frozen(database)
    erp = FakeErp()

    voucher = await _post(erp, database)

    _assert_one_posted(erp, voucher)
    assert await _posted_entries(database) == 2
    async with database.reading() as tx:
        events = [(event.type, event.subject) for event in await trail.events(tx)]
    assert events == [("time.posted", BATCH)]


async def test_a_posted_batch_is_left_alone(database: Database) -> None:
    await _frozen(database)
    erp = FakeErp()
    voucher = await _post(erp, database)
    erp.calls.clear()

    assert await _post(erp, database) == voucher
    assert erp.calls == []


@pytest.mark.parametrize("step", STEPS)
async def test_a_lost_answer_leaves_one_posted_journal(database: Database, step: str) -> None:
    await _frozen(database)
    erp = FakeErp()
    erp.loses(step)

    with pytest.raises(ApplicationError, match="lost") as caught:
        await _post(erp, database)
    voucher = await _post(erp, database)

    assert not caught.value.non_retryable
    _assert_one_posted(erp, voucher)


@pytest.mark.parametrize("point", list(Point))
@pytest.mark.parametrize("kind", WRITES)
async def test_a_death_at_any_boundary_leaves_one_posted_journal(
    database: Database, kind: Kind, point: Point
) -> None:
    await _frozen(database)
    erp = FakeErp()

    with pytest.raises(_Death):
        await _post(erp, database, _dying(database, (kind, point)))
    voucher = await _post(erp, database)

    _assert_one_posted(erp, voucher)
    assert await _posted_entries(database) == 2
    assert set((await house.states(database)).values()) == {"confirmed"}


@pytest.mark.parametrize("step", STEPS)
async def test_a_throttled_step_waits_as_long_as_it_is_told(database: Database, step: str) -> None:
    await _frozen(database)
    erp = FakeErp()
    erp.throttles(step, timedelta(seconds=3))

    with pytest.raises(ApplicationError) as caught:
        await _post(erp, database)
    assert (caught.value.type, caught.value.next_retry_delay) == ("Transient", timedelta(seconds=3))
    _assert_one_posted(erp, await _post(erp, database))


async def test_a_closed_period_posts_nothing_until_it_is_open(database: Database) -> None:
    await _frozen(database)
    erp = FakeErp()
    erp.refuses("post_journal", "No open fiscal period was found for 30.06.2026")

    with pytest.raises(ApplicationError) as caught:
        await _post(erp, database)
    assert (caught.value.type, caught.value.non_retryable) == ("Rejected", True)
    assert list(caught.value.details) == [f"batch/{BATCH}/journal.post"]
    assert (erp.posted_journals, await _posted_entries(database)) == ([], 0)

    _assert_one_posted(erp, await _post(erp, database))
    assert erp.calls.count("create_journal") == 1


async def test_a_double_of_the_draft_is_discarded(database: Database) -> None:
    await _frozen(database)
    erp = FakeErp()
    erp.loses("create_journal")
    with pytest.raises(ApplicationError):
        await _post(erp, database)
    erp.journals[erp.fresh()] = Journal(BATCH)

    _assert_one_posted(erp, await _post(erp, database))


async def test_of_two_journals_the_posted_one_stays(database: Database) -> None:
    await _frozen(database)
    erp = FakeErp()
    erp.loses("create_journal")
    with pytest.raises(ApplicationError):
        await _post(erp, database)
    draft = next(iter(erp.journals))
    posted = erp.fresh()
    erp.journals[posted] = Journal(BATCH, voucher=foreign(ERP, "VOU-9"))

    with pytest.raises(ApplicationError, match="posted") as caught:  # its lines are not ours
        await _post(erp, database)

    assert caught.value.type == "Rejected"
    assert draft not in erp.journals
    assert list(erp.journals) == [posted]


async def test_lines_that_no_key_guards_are_looked_for_before_they_are_sent_again(
    database: Database,
) -> None:
    await _frozen(database)
    erp = FakeErp(delivers=LOOSE)
    erp.loses("fill_journal")
    with pytest.raises(ApplicationError):
        await _post(erp, database)

    voucher = await _post(erp, database)

    _assert_one_posted(erp, voucher)
    assert erp.calls.count("fill_journal") == 1
    assert erp.calls.count("holds_journal_lines") == 1
