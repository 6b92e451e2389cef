from store import entries, inbox
from store.tables.traffic import Outcome
from store.tables.work import Progress
from tests.fakes import PSA, milestone_deal
from tests.workflows.house import LAST_DAY, House
from tests.workflows.waiting import card, ended


async def test_files_approved_time_and_wakes_the_lane_that_posts_it(house: House) -> None:
    await house.activates()
    await house.approves(house.worked(1), house.worked(2), house.worked(3))

    assert await ended(house.posting) == "idle"
    assert await card(house.collecting) == "1 messages settled, 1 lanes woken."
    async with house.database.reading() as tx:
        assert await entries.count(tx, Progress.POSTED) == 3


async def test_files_a_reached_milestone_and_wakes_its_billing(house: House) -> None:
    await house.activates(milestone_deal("1000.00"))
    await house.reaches(1)

    assert await ended(house.billing) == "idle"
    assert [str(paper.net) for paper in house.erp.posted_invoices] == ["1000.00 USD"]


async def test_goes_on_from_where_it_was(house: House) -> None:
    await house.activates()
    await house.posts(house.worked())
    await house.collects()

    assert await card(house.collecting) == "0 messages settled, 0 lanes woken."
    assert house.psa.calls.count("approved_time") == 1


async def test_wakes_a_cycle_that_nobody_told_its_lane_about(house: House) -> None:
    await house.activates()
    await house.posts(house.worked())
    await house.requests(LAST_DAY)
    await house.collects()

    assert await ended(house.billing) == "idle"
    assert len(house.erp.posted_invoices) == 1


async def test_a_request_for_a_contract_that_is_not_active_waits_for_it(house: House) -> None:
    await house.wins(billing_frequency=None)
    await house.parked()
    await house.requests(LAST_DAY)
    await house.collects()
    woken = await card(house.collecting)
    house.sells(billing_frequency="monthly")
    await house.hears()
    await ended(house.activation)
    await house.collects()

    assert woken == "0 messages settled, 0 lanes woken."
    assert await ended(house.billing) == "idle"


async def test_an_unreachable_psa_is_tried_again_and_loses_nothing(house: House) -> None:
    await house.activates()
    house.psa.throttles("approved_time")
    await house.posts(house.worked())

    assert house.psa.calls.count("approved_time") == 2
    assert len(house.erp.posted_journals) == 1


async def test_every_message_comes_to_one_outcome(house: House) -> None:
    await house.activates()
    await house.posts(house.worked(1))
    await house.approves(house.worked(1))

    assert len(await house.audited(f"message.{Outcome.APPLIED}")) == 2
    assert len(await house.audited(f"message.{Outcome.SUPERSEDED}")) == 1
    async with house.database.reading() as tx:
        assert await inbox.waiting(tx, PSA) == []


async def test_goes_on_until_nothing_is_left_of_a_backlog(house: House) -> None:
    """And wakes the lane in between, so that it posts while the rest is fetched."""
    await house.activates()
    for number in range(1, 151):
        house.psa.approves(f"T{number}", house.worked(number))
    await house.collects()

    assert await card(house.collecting) == "150 messages settled, 2 lanes woken."
    assert await ended(house.posting) == "idle"
    async with house.database.reading() as tx:
        assert await entries.count(tx, Progress.POSTED) == 150
