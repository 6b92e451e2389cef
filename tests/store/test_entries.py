from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import pytest

from canonical.contracts import ContractId
from canonical.entries import TimeEntry
from canonical.projects import ProjectCode
from store import entries
from store.database import Database
from store.entries import Arrival, Decision, Filed, Story
from store.tables.work import Progress
from tests.fakes import JULY, PSA, entry, foreign, rate

_LANE = "erp-main/USMF/0"
_TIMESHEET = foreign(PSA, "9001")


def _filed(*worked: TimeEntry, contract: str = "CT-00001") -> list[Filed]:
    return [Filed(each, ProjectCode("PR-00001"), ContractId(contract)) for each in worked]


async def _add(database: Database, filed: Sequence[Filed], *, lane: str = _LANE) -> int:
    async with database.transaction() as tx:
        return len((await entries.add(tx, [Arrival(one, lane, _TIMESHEET) for one in filed])).taken)


async def _decide(
    database: Database, worked: TimeEntry, progress: Progress, batch: str | None = None
) -> None:
    line = 1 if batch else None
    made = Decision(key=worked.key, progress=progress, verdict="{}", batch=batch, line=line)
    async with database.transaction() as tx:
        await entries.decide(tx, [made])


async def _received(database: Database, lane: str = _LANE, limit: int = 100) -> list[str]:
    async with database.reading() as tx:
        return [item.entry.key for item in await entries.received(tx, lane, limit=limit)]


async def _story(database: Database, key: str) -> Story:
    async with database.reading() as tx:
        found = await entries.find(tx, key)
    assert found is not None
    return found


@pytest.mark.parametrize(
    "worked",
    [
        entry(),
        entry(worked="0.1667"),
        entry(worked="-8", note="reversal; 10 % \N{EM DASH} ok"),
        entry(employee=None, cost=None, is_billable=False),
        entry(cost=rate("70.1234", "BHD")),
    ],
    ids=["plain", "decimal-hours", "negative", "incomplete", "fine-cost"],
)
async def test_an_entry_comes_back_as_it_was_approved(
    database: Database, worked: TimeEntry
) -> None:
    """R-057: approval identity and time are kept."""
    await _add(database, _filed(worked))

    async with database.reading() as tx:
        (found,) = await entries.received(tx, _LANE, limit=10)
    unchanged = {"project": worked.project}  # our code of it is all that is kept
    assert found.entry.model_copy(update=unchanged) == worked
    assert (found.project, found.contract) == ("PR-00001", "CT-00001")


async def test_an_entry_is_kept_once(database: Database) -> None:
    """R-099: approved again, or fetched again, it is no second entry."""
    assert await _add(database, _filed(entry(1), entry(2))) == 2
    assert await _add(database, _filed(entry(2), entry(3))) == 1
    assert await _add(database, []) == 0

    assert await _received(database) == ["psa-main:1", "psa-main:2", "psa-main:3"]
    assert (await _story(database, "psa-main:2")).filed.entry.worked.seconds == 8 * 3600


async def test_entries_are_taken_by_work_date_and_key(database: Database) -> None:
    july, june = entry(1, work_date=JULY), entry(9, work_date=date(2026, 6, 30))
    await _add(database, _filed(july, june, entry(8, work_date=date(2026, 6, 30))))

    assert await _received(database) == ["psa-main:8", "psa-main:9", "psa-main:1"]
    assert await _received(database, limit=2) == ["psa-main:8", "psa-main:9"]


async def test_a_lane_takes_only_its_own(database: Database) -> None:
    other = "erp-main/USMF/1"
    await _add(database, _filed(entry(1)))
    await _add(database, _filed(entry(2)), lane=other)

    assert await _received(database, other) == ["psa-main:2"]
    async with database.reading() as tx:
        assert sorted(await entries.waiting_lanes(tx)) == [_LANE, other]


async def test_a_decided_entry_waits_no_longer(database: Database) -> None:
    await _add(database, _filed(entry(1)))
    await _decide(database, entry(1), Progress.BATCHED, f"{_LANE}/1")

    assert await _received(database) == []
    async with database.reading() as tx:
        assert await entries.waiting_lanes(tx) == []
    story = await _story(database, "psa-main:1")
    assert (story.progress, story.verdict) == (Progress.BATCHED, "{}")
    assert (story.batch, story.line) == (f"{_LANE}/1", 1)


async def test_an_unknown_entry_has_no_story(database: Database) -> None:
    async with database.reading() as tx:
        assert await entries.find(tx, "psa-main:404") is None


async def test_a_posted_batch_posts_its_entries_and_no_others(database: Database) -> None:
    await _add(database, _filed(entry(1), entry(2), entry(3)))
    await _decide(database, entry(1), Progress.BATCHED, f"{_LANE}/1")
    await _decide(database, entry(2), Progress.BATCHED, f"{_LANE}/2")

    async with database.transaction() as tx:
        await entries.mark_posted(tx, f"{_LANE}/1")

    async with database.reading() as tx:
        assert await entries.count(tx, Progress.POSTED) == 1
        assert await entries.count(tx, Progress.BATCHED) == 1
        assert await entries.count(tx, Progress.RECEIVED) == 1
    assert (await _story(database, "psa-main:1")).progress is Progress.POSTED


async def test_held_entries_of_a_lane_that_are_approved_still_are_decided_again(
    database: Database,
) -> None:
    await _add(database, _filed(entry(1), entry(2), entry(4)))
    await _add(database, _filed(entry(3)), lane="erp-main/USMF/1")
    for number in (1, 3, 4):
        await _decide(database, entry(number), Progress.HELD)
    approved = [Arrival(one, _LANE, _TIMESHEET) for one in _filed(entry(1), entry(2))]

    async with database.transaction() as tx:
        assert await entries.reconsider_held(tx, _LANE, [_TIMESHEET], approved) == (
            1,
            ["psa-main:4"],
        )
        assert await entries.reconsider_held(tx, _LANE, [_TIMESHEET], approved) == (0, [])

    assert await _received(database) == ["psa-main:1", "psa-main:2"]
    assert (await _story(database, "psa-main:3")).progress is Progress.HELD
    assert (await _story(database, "psa-main:4")).progress is Progress.VOIDED


async def _void(database: Database, worked: TimeEntry) -> None:
    await _add(database, _filed(worked))
    await _decide(database, worked, Progress.HELD)
    async with database.transaction() as tx:
        await entries.reconsider_held(tx, _LANE, [_TIMESHEET], [])


async def test_a_void_entry_keeps_no_contract_waiting(database: Database) -> None:
    await _void(database, entry(1))

    async with database.reading() as tx:
        assert not await entries.has_unposted(tx, ContractId("CT-00001"))


@pytest.mark.parametrize("again", [entry(1), entry(1, worked="1")], ids=["as-it-was", "edited"])
async def test_a_void_entry_that_is_approved_again_is_taken(
    database: Database, again: TimeEntry
) -> None:
    """L-1: an approval that was taken back and given once more is billed like any other."""
    await _void(database, entry(1))

    assert await _add(database, _filed(again)) == 1

    assert await _received(database) == ["psa-main:1"]
    story = await _story(database, "psa-main:1")
    assert story.filed.entry.worked == again.worked


async def test_an_edited_entry_counts_as_edited_until_something_is_made_of_it(
    database: Database,
) -> None:
    """The same key with other content is taken, or said out loud; never passed over."""
    await _add(database, _filed(entry(1), entry(2)))
    await _decide(database, entry(2), Progress.BATCHED, f"{_LANE}/1")
    edited = _filed(entry(1, worked="1"), entry(2, worked="1"))

    async with database.transaction() as tx:
        added = await entries.add(tx, [Arrival(one, _LANE, _TIMESHEET) for one in edited])

    assert (added.taken, added.too_late) == ({"psa-main:1"}, {"psa-main:2"})
    assert (await _story(database, "psa-main:1")).filed.entry.worked == entry(worked="1").worked
    assert (await _story(database, "psa-main:2")).filed.entry.worked == entry().worked


async def test_time_is_unposted_until_the_erp_has_it(database: Database) -> None:
    async def unposted(contract: str) -> bool:
        async with database.reading() as tx:
            return await entries.has_unposted(tx, ContractId(contract))

    await _add(database, _filed(entry(1)))
    await _add(database, _filed(entry(2), contract="CT-00002"))
    assert await unposted("CT-00001")

    await _decide(database, entry(1), Progress.BATCHED, f"{_LANE}/1")
    assert await unposted("CT-00001")

    await _decide(database, entry(1), Progress.POSTED, f"{_LANE}/1")
    assert not await unposted("CT-00001")
    assert await unposted("CT-00002")
    assert not await unposted("CT-00009")


async def test_a_batch_of_a_thousand_is_kept_and_decided_at_once(database: Database) -> None:
    filed = _filed(*(entry(number, worked="7.5") for number in range(1000)))
    assert await _add(database, filed) == 1000

    async with database.transaction() as tx:
        await entries.decide(
            tx,
            [
                Decision(
                    key=item.entry.key,
                    progress=Progress.BATCHED,
                    verdict="{}",
                    batch=f"{_LANE}/1",
                    line=line,
                )
                for line, item in enumerate(filed, start=1)
            ],
        )
        await entries.mark_posted(tx, f"{_LANE}/1")

    async with database.reading() as tx:
        assert await entries.count(tx, Progress.POSTED) == 1000
    last = await _story(database, "psa-main:999")
    assert (last.line, last.filed.entry.worked.hours) == (1000, Decimal("7.5"))
