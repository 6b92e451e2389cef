import asyncio

from temporalio.api.enums.v1 import EventType
from temporalio.client import Client

from canonical.landscape import Landscape
from canonical.postings import BatchId
from store import entries
from store.tables.work import Progress
from tests import servers
from tests.workflows.house import House, housed
from tests.workflows.slow_store import SlowStore
from tests.workflows.systems import ClosedErp
from tests.workflows.waiting import called, card, ended, has_event, held, until


async def _count(house: House, progress: Progress) -> int:
    async with house.database.reading() as tx:
        return await entries.count(tx, progress)


def _posted_entries(house: House) -> list[str]:
    return sorted(line.entry for journal in house.erp.posted_journals for line in journal.lines)


async def test_posts_approved_time_and_ends_idle(house: House) -> None:
    await house.activates()
    await house.approves(house.worked(1), house.worked(2), house.worked(3))

    assert await ended(house.posting) == "idle"
    assert _posted_entries(house) == ["psa-main:1001", "psa-main:1002", "psa-main:1003"]
    assert await card(house.posting) == "**Idle.** 3 entries posted."


async def _under_way_at_once(house: House, left: int, most: int) -> int:
    """Post batches that are left, and one more; return how many the ERP had before an answer."""
    gate = house.erp.holds("create_journal")
    await house.leaves_batches(left)
    await house.activates()
    await house.approves(house.worked())
    await called(house.erp, "create_journal", most)
    await asyncio.sleep(0.1)
    at_once = house.erp.calls.count("create_journal")
    gate.set()
    return at_once


async def test_posts_at_most_four_batches_at_once(house: House) -> None:
    assert await _under_way_at_once(house, left=6, most=4) == 4
    assert await ended(house.posting) == "idle"
    assert len(house.erp.posted_journals) == 7


async def test_posts_batches_one_by_one_where_the_erp_takes_only_one(
    client: Client, database: SlowStore, landscape: Landscape
) -> None:
    single = {"batches_at_once": 1}
    systems = tuple(each.model_copy(update=single) for each in landscape.systems)
    narrow = landscape.model_copy(update={"systems": systems})
    async with housed(client, database, narrow) as house:
        assert await _under_way_at_once(house, left=2, most=1) == 1
        assert await ended(house.posting) == "idle"
        assert len(house.erp.posted_journals) == 3


async def test_takes_up_batches_that_an_earlier_run_froze(house: House) -> None:
    await house.leaves_batches(2)
    await house.activates()
    await house.approves(house.worked())

    assert await ended(house.posting) == "idle"
    assert {journal.batch for journal in house.erp.posted_journals} == {
        BatchId(f"{house.lane.key}/{sequence}") for sequence in (1, 2, 3)
    }


async def test_a_refused_batch_is_parked_and_the_lane_goes_on(house: House) -> None:
    await house.activates()
    house.erp.refuses("post_journal", "the period is closed")
    await house.approves(house.worked(1))
    (case,) = await house.parked()
    await house.approves(house.worked(2))
    await until(lambda: house.audited("batch.posted"))
    shown = await card(house.posting)
    before = _posted_entries(house)
    await house.posting.signal("resume")

    assert await ended(house.posting) == "idle"
    assert case.text == "the period is closed"
    assert shown.startswith("**Waiting for a person: Post batch erp-main/USMF/0/1.**")
    assert before == ["psa-main:1002"]
    assert _posted_entries(house) == ["psa-main:1001", "psa-main:1002"]
    assert len(house.erp.journals) == 2


async def test_the_lane_goes_on_however_many_batches_are_parked(house: House) -> None:
    for _ in range(5):
        house.erp.refuses("post_journal")
    await house.leaves_batches(5)
    await house.activates()
    await house.approves(house.worked())
    await house.parked(cases_open=5)
    await until(lambda: house.audited("batch.posted"))
    await house.posting.signal("resume")

    assert await ended(house.posting) == "idle"
    assert len(house.erp.posted_journals) == 6


async def test_held_entries_wait_for_a_mapping_and_resume(house: House) -> None:
    await house.activates()
    await house.approves(house.worked(1), house.worked(2, role="Guru"))
    (case,) = await house.parked()
    was_held = await _count(house, Progress.HELD)
    await house.maps("Guru")
    await house.posting.signal("resume")

    assert await ended(house.posting) == "idle"
    assert (case.error_class, case.step) == ("E06", "Price the entries")
    assert "Guru" in case.text
    assert was_held == 1
    assert _posted_entries(house) == ["psa-main:1001", "psa-main:1002"]


async def test_held_entries_are_read_again_once_their_person_has_a_number(house: House) -> None:
    """R-012: what was missing is added where it belongs, and the entry goes on."""
    await house.activates()
    await house.approves(house.worked(1, employee=None))
    (case,) = await house.parked()
    (timesheet,) = house.psa.timesheets
    house.psa.timesheets[timesheet] = [house.worked(1)]
    await house.posting.signal("resume")

    assert await ended(house.posting) == "idle"
    assert "employee number" in case.text
    assert _posted_entries(house) == ["psa-main:1001"]


async def test_hears_a_resume_that_comes_while_it_still_prices(house: House) -> None:
    await house.activates()
    gate = house.database.holds("postings.cut")
    await house.approves(house.worked(1, role="Guru"))
    await held(house.database, "postings.cut")
    await house.maps("Guru")
    await house.posting.signal("resume")
    await has_event(house.posting, EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED, 2)
    gate.set()

    assert await ended(house.posting) == "idle"
    assert _posted_entries(house) == ["psa-main:1001"]


async def test_work_that_comes_while_it_posts_is_posted_by_the_same_run(house: House) -> None:
    gate = house.erp.holds("post_journal")
    await house.activates()
    await house.approves(house.worked(1))
    await called(house.erp, "post_journal")
    first = (await house.posting.describe()).run_id
    await house.approves(house.worked(2))
    gate.set()

    assert await ended(house.posting) == "idle"
    assert (await house.posting.describe()).run_id == first
    assert len(_posted_entries(house)) == 2


async def test_work_that_comes_after_its_end_starts_it_again(house: House) -> None:
    await house.activates()
    await house.approves(house.worked(1))
    await ended(house.posting)
    await house.approves(house.worked(2))
    await until(lambda: _all_posted(house, 2))

    assert len(house.erp.posted_journals) == 2


async def _all_posted(house: House, count: int) -> bool:
    return await _count(house, Progress.POSTED) == count


async def test_continues_as_new_and_loses_nothing(
    database: SlowStore, landscape: Landscape
) -> None:
    early = "limit.historyCount.suggestContinueAsNew=100"
    erp = ClosedErp()
    async with (
        await servers.temporal(early) as environment,
        housed(environment.client, database, landscape, erp=erp) as house,
    ):
        await house.activates()
        await house.approves(house.worked(1), house.worked(2, role="Guru"))
        parked = await house.parked(cases_open=2)
        _, more = await house.works_until_continued(3)
        parked_again = await house.parked(cases_open=2)
        erp.is_open = True
        await house.maps("Guru")
        await house.posting.signal("resume")

        assert await ended(house.posting) == "idle"
        assert {case.id for case in parked_again} == {case.id for case in parked}
        assert len(_posted_entries(house)) == 2 + more
        assert await house.open_cases() == []
