"""What an ERP says of invoices becomes a look at each of ours that it can mean."""

from collections.abc import Sequence

from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy

from canonical import processes
from canonical.notices import Notice
from canonical.processes import PROCESSES, TrackRequest
from gateway import running
from store import tracking
from store.database import Database
from store.invoices import Kept


async def look(client: Client, database: Database, notice: Notice) -> bool:
    """Let every invoice that a notice can mean be read again; False if it means none of ours.

    A number that we do not know may be that of a draft of ours which somebody posted there:
    whatever still waits to be posted looks again.
    """
    drafts: Sequence[Kept] = ()
    async with database.reading() as tx:
        if notice.kind == "payment":
            issued = await tracking.unpaid(tx, notice.subject)
        else:
            issued = await tracking.numbered(tx, notice.subject)
            drafts = await tracking.unnumbered(tx, notice.subject)
    for kept in issued:
        await _track(client, kept)
    return bool(issued) or await _resume(client, drafts)


async def _track(client: Client, kept: Kept) -> None:
    request = TrackRequest(invoice=kept.invoice.id, revision=kept.invoice.revision)
    await client.start_workflow(
        "TrackInvoice",
        request,
        id=processes.tracking_id(request),
        task_queue=PROCESSES,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        start_signal="changed",
        static_summary=f"What became of invoice {kept.invoice.reference}",
    )


async def _resume(client: Client, drafts: Sequence[Kept]) -> bool:
    runs = [processes.issue_id(kept.invoice.reference) for kept in drafts]
    told = [await running.tell(client, run, "resume") for run in runs]
    return any(told)
