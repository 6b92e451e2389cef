"""Cutting: approved entries are priced and frozen into batches, or held with what is missing."""

from datetime import date
from decimal import Decimal

from temporalio.testing import ActivityEnvironment

from activities.postings import Cut, CutRequest, PostingRecords
from canonical.contracts import ContractId
from canonical.postings import BatchId, HourBatch
from canonical.slices import Slice
from store import batches, entries, mappings, slices
from store.database import Database
from store.tables.work import Progress
from tests.activities import house
from tests.fakes import ERP, PSA, entry, mapping, money, rate

FIRST = BatchId("erp-main/USMF/0/1")
NOTHING = Cut(batch=None, size=0, held=0, defects=())


async def _cut(database: Database, size: int = 1000) -> Cut:
    request = CutRequest(lane=house.LANE, psa=PSA, size=size)
    return await ActivityEnvironment().run(house.postings(database).cut, request)


async def _frozen(database: Database, batch: BatchId = FIRST) -> HourBatch:
    async with database.reading() as tx:
        return await batches.get(tx, batch)


async def _slices(database: Database) -> list[Slice]:
    async with database.reading() as tx:
        return [part for _, _, part in await slices.all_slices(tx)]


async def _progress(database: Database, key: str) -> Progress:
    async with database.reading() as tx:
        story = await entries.find(tx, key)
    assert story is not None
    return story.progress


async def test_prices_by_work_date_and_freezes_in_its_order(database: Database) -> None:
    await house.active(database)
    late = entry(101, work_date=date(2026, 7, 1))
    await house.approved(database, late, entry(102, work_date=date(2026, 6, 30)))

    cut = await _cut(database)

    assert cut == Cut(batch=FIRST, size=2, held=0, defects=())
    lines = [(line.number, line.entry, line.cost) for line in (await _frozen(database)).lines]
    assert lines == [(1, "psa-main:102", rate("70")), (2, "psa-main:101", rate("70"))]
    assert [(part.source, part.state, part.amount) for part in await _slices(database)] == [
        ("psa-main:101", "ready", money("1280.00")),
        ("psa-main:102", "ready", money("1200.00")),
    ]


async def test_what_is_cut_is_not_cut_again(database: Database) -> None:
    await house.active(database)
    await house.approved(database, entry(101))

    await _cut(database)

    assert await _cut(database) == NOTHING
    assert await _progress(database, "psa-main:101") is Progress.BATCHED


async def test_a_journal_with_one_date_gets_the_hours_of_one_month(database: Database) -> None:
    await house.active(database)
    late = entry(101, work_date=date(2026, 7, 1))
    await house.approved(database, late, entry(102, work_date=date(2026, 6, 30)))
    erp = house.LANDSCAPE.system(ERP).model_copy(update={"line_dates": False})
    records = PostingRecords(database, house.LANDSCAPE.model_copy(update={"systems": (erp,)}))
    request = CutRequest(lane=house.LANE, psa=PSA)

    cuts = [await ActivityEnvironment().run(records.cut, request) for _ in range(3)]

    assert [cut.size for cut in cuts] == [1, 1, 0]
    assert [line.entry for line in (await _frozen(database)).lines] == ["psa-main:102"]


async def test_cuts_in_portions(database: Database) -> None:
    await house.active(database)
    await house.approved(database, *(entry(number) for number in range(101, 106)))

    cuts = [await _cut(database, size=2) for _ in range(4)]

    assert [(cut.batch, cut.size) for cut in cuts] == [
        ("erp-main/USMF/0/1", 2),
        ("erp-main/USMF/0/2", 2),
        ("erp-main/USMF/0/3", 1),
        (None, 0),
    ]


async def test_plans_every_write_of_a_batch_with_its_freezing(database: Database) -> None:
    await house.active(database)
    await house.approved(database, entry(101))

    await _cut(database)

    assert await house.states(database) == {
        f"batch/{FIRST}/journal.draft": "planned",
        f"batch/{FIRST}/journal.lines": "planned",
        f"batch/{FIRST}/journal.post": "planned",
    }


async def test_holds_what_lacks_something_and_lets_the_rest_go_on(database: Database) -> None:
    await house.active(database)
    await house.approved(database, entry(101, employee=None), entry(102), entry(103, cost=None))

    cut = await _cut(database)

    assert (cut.batch, cut.size, cut.held) == (FIRST, 1, 2)
    assert [(defect.error_class, defect.field) for defect in cut.defects] == [
        ("E06", "employee"),
        ("E13", "cost rate"),
    ]
    assert [line.entry for line in (await _frozen(database)).lines] == ["psa-main:102"]
    assert [part.state for part in await _slices(database)] == ["held", "ready", "held"]
    assert await _progress(database, "psa-main:101") is Progress.HELD


async def test_a_lane_of_held_entries_alone_has_no_batch(database: Database) -> None:
    await house.active(database)
    await house.approved(database, entry(101, employee=None))

    cut = await _cut(database)

    assert (cut.batch, cut.size, cut.held) == (None, 0, 1)
    assert await house.states(database) == {}


async def test_a_held_entry_is_decided_again_once_the_mapping_is_there(database: Database) -> None:
    await house.active(database)
    await house.approved(database, entry(101, role="Architect"))
    assert (await _cut(database)).held == 1
    role = mapping("role", "Architect", "CONSULTANT", system=PSA, owner="delivery")
    async with database.transaction() as tx:
        await mappings.add(tx, [role])

    released = await house.released(database, entry(101, role="Architect"))
    cut = await _cut(database)

    assert (released, cut.size, cut.held) == (1, 1, 0)
    assert [(part.state, part.amount) for part in await _slices(database)] == [
        ("ready", money("1200.00"))
    ]


async def test_tells_a_cause_once_and_at_most_twenty(database: Database) -> None:
    await house.active(database)
    roles = [f"Role {number % 25:02}" for number in range(50)]
    await house.approved(database, *(entry(101 + n, role=role) for n, role in enumerate(roles)))

    cut = await _cut(database)

    assert (cut.held, len(cut.defects)) == (50, 20)
    assert len({defect.text for defect in cut.defects}) == 20


async def test_work_that_is_not_billable_is_cost_all_the_same(database: Database) -> None:
    await house.active(database)
    await house.approved(database, entry(101, is_billable=False))

    cut = await _cut(database)

    assert cut.size == 1
    part = (await _slices(database))[0]
    assert (part.state, part.worked.hours) == ("non_billable", Decimal(8))


async def test_finds_the_batches_that_were_not_posted(database: Database) -> None:
    await house.active(database)
    await house.approved(database, entry(101), entry(102))
    first, second = await _cut(database, size=1), await _cut(database, size=1)
    assert first.batch is not None
    async with database.transaction() as tx:
        await batches.mark_posted(tx, first.batch, "VOU-1")

    found = await ActivityEnvironment().run(house.postings(database).unposted, house.LANE)

    assert found == (second,)


async def test_the_contract_of_the_slices_is_the_projects(database: Database) -> None:
    await house.active(database)
    await house.approved(database, entry(101))
    await _cut(database)

    async with database.reading() as tx:
        ready = await slices.ready(tx, ContractId("CT-00001"), until=date(2026, 6, 30))
    assert [part.source for part in ready] == ["psa-main:101"]
