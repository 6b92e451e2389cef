from temporalio.client import Client

from canonical.landscape import Landscape
from tests.fakes import milestone_deal
from tests.workflows.house import housed
from tests.workflows.slow_store import SlowStore
from tests.workflows.waiting import ended


async def test_a_deal_goes_through_a_worker_that_remembers_no_workflow(
    client: Client, database: SlowStore, landscape: Landscape
) -> None:
    async with housed(client, database, landscape, cached_workflows=0) as house:
        house.erp.refuses("create_project")
        house.erp.refuses("post_journal")
        house.erp.refuses("post_invoice")
        await house.wins(milestone_deal("400.00", "600.00"))
        await house.parked()
        await house.opening.signal("resume")
        await ended(house.activation)
        await house.approves(house.worked(1), house.worked(2))
        await house.parked()
        await house.posting.signal("resume")
        await house.reaches(1)
        await house.parked()
        await house.issue().signal("resume")
        await house.reaches(2)

        assert await ended(house.engagement) == "fulfilled"
    assert [str(paper.net) for paper in house.erp.posted_invoices] == ["400.00 USD", "600.00 USD"]
    assert len(house.erp.posted_journals) == 1
    assert len(house.psa.projects) == 1
