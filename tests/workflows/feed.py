"""What a house hears of its CRM's feed of changes."""

from canonical import processes
from canonical.processes import PROCESSES, FollowRequest
from tests.fakes import CRM
from tests.workflows.house import House
from tests.workflows.waiting import Handle, ended


def following(house: House) -> Handle:
    """Return the latest poll of the feed."""
    return house.run(f"{processes.collect_id(CRM)}:{house.number}")


async def follows(house: House) -> str:
    """Fetch what the CRM says has changed; return how that ended."""
    run = following(house)
    await house.client.start_workflow(
        "CollectDeals",
        FollowRequest(crm=CRM),
        id=run.id,
        task_queue=PROCESSES,
        static_summary=f"Collect changes from {CRM}",
    )
    return str(await ended(run))
