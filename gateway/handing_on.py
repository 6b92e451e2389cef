"""Handing on: what one message starts, or whom it tells, and what has thereby become of it."""

from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError

from canonical import processes
from canonical.processes import PROCESSES, Engage
from gateway import invoices, running
from store import engagements
from store.database import Database
from store.inbox import Delivery
from store.tables.traffic import Outcome

Settled = tuple[Outcome, str]


class JustEndedError(Exception):
    """The engagement that a message is about ended on the way; looked at again, it is known."""


async def hand_on(client: Client, database: Database, delivery: Delivery) -> Settled:
    """Return what becomes of a message, having told whom it concerns.

    Raises:
        JustEndedError: it met the end of its engagement; nobody was told.
        RPCError: the engine refuses it, or is not there.
        RuntimeError: the engine cannot be reached.
    """
    if delivery.notice.kind == "account":
        return await _tell_client(client, delivery)
    if delivery.notice.kind in ("invoice", "payment"):
        return await _look_at_invoices(client, database, delivery)
    return await _engage(client, database, delivery)


async def _engage(client: Client, database: Database, delivery: Delivery) -> Settled:
    opportunity = delivery.notice.subject
    async with database.transaction() as tx:
        # The engagement may have ended since the message came: a win then opens the next.
        look = engagements.claim if delivery.notice.kind == "opportunity" else engagements.running
        engagement = await look(tx, opportunity)
    if engagement is None:
        return Outcome.SUPERSEDED, "no engagement of it is running"
    request = Engage(
        opportunity=opportunity, generation=engagement.generation, contract=engagement.contract
    )
    try:
        await client.start_workflow(
            "Engagement",
            request,
            id=processes.engagement_id(opportunity, engagement.generation),
            task_queue=PROCESSES,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            # The id carries the generation, so what ended well is never run again.
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
            start_signal="changed",
            static_summary=f"Engagement of {opportunity}: {engagement.contract}",
        )
    except WorkflowAlreadyStartedError:
        raise JustEndedError from None
    return Outcome.APPLIED, ""


async def _look_at_invoices(client: Client, database: Database, delivery: Delivery) -> Settled:
    if await invoices.look(client, database, delivery.notice):
        return Outcome.APPLIED, ""
    return Outcome.SUPERSEDED, "it is about no invoice of ours"


async def _tell_client(client: Client, delivery: Delivery) -> Settled:
    if await running.tell(client, processes.client_id(delivery.notice.subject), "changed"):
        return Outcome.APPLIED, ""
    return Outcome.SUPERSEDED, "nothing of this client is under way"
