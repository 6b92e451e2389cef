import asyncio

import pytest
from temporalio.client import WorkflowFailureError

from tests.fakes import milestone_deal
from tests.workflows.house import House, card, ended, until


async def test_carries_a_won_deal_through_to_its_last_invoice(house: House) -> None:
    await house.activates()
    await house.approves(house.worked(1), house.worked(2))
    await house.bills()

    assert await ended(house.engagement) == "fulfilled"


async def test_waits_for_work_that_is_posted_after_the_last_invoice(house: House) -> None:
    await house.activates(milestone_deal("1000.00"))
    house.erp.refuses("post_journal")
    await house.approves(house.worked())
    await house.parked()
    await house.reaches(1)
    assert await ended(house.billing) == "idle"
    await house.posting.signal("resume")
    assert await ended(house.posting) == "idle"

    assert await ended(house.engagement) == "fulfilled"


async def test_a_deal_won_again_while_its_activation_is_cancelled(house: House) -> None:
    gate = house.psa.holds("archive_project")
    house.erp.refuses("create_project")
    await house.wins()
    await house.parked()
    house.sells(is_won=False)
    await house.hears()
    async def archiving() -> bool:
        return "archive_project" in house.psa.calls
    await until(archiving)
    house.sells(is_won=True)
    await house.hears()
    async def read() -> bool:
        return house.crm.calls.count("opportunity") >= 3
    await until(read)
    gate.set()

    assert await ended(house.engagement) == "cancelled"
