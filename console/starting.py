"""Starting processes by hand, through the same doors that webhooks and polls use."""

from datetime import date

from temporalio.client import Client, WorkflowUpdateFailedError
from temporalio.service import RPCError, RPCStatusCode

from activities.lanes import Lanes
from activities.unwinding import Disposition
from canonical import processes
from canonical.contracts import ContractId
from canonical.landscape import Landscape
from canonical.notices import Notice
from canonical.systems import ForeignId, SystemId
from gateway.dispatcher import Dispatcher
from store import billing, clock, contracts, engagements, inbox
from store.database import Database


class NotStartedError(Exception):
    """A process cannot be started like that; the text says what to do."""


def refuse_unknown_crm(landscape: Landscape, crm: SystemId) -> None:
    """Refuse a system that is no CRM, of which nobody would ever read the deal.

    Raises:
        NotStartedError: it is none.
    """
    known = [each.id for each in landscape.systems if each.role == "crm"]
    if crm not in known:
        msg = f"{crm} is no CRM of the landscape: {', '.join(known)} is"
        raise NotStartedError(msg)


async def engagement(
    client: Client, database: Database, opportunity: ForeignId, request: str
) -> str:
    """Take an opportunity in as a webhook would, and return its process's id.

    Raises:
        NotStartedError: the opportunity was carried through to its end before.
    """
    notice = Notice(id=request, kind="opportunity", subject=opportunity)
    async with database.transaction() as tx:
        claimed = await engagements.claim(tx, opportunity)
        if claimed is None:
            msg = f"{opportunity} is fulfilled: a change to it is an amendment, not a new deal"
            raise NotStartedError(msg)
        await inbox.receive(tx, SystemId("cli"), notice, generation=claimed.generation)
    await Dispatcher(client, database).dispatch()
    return processes.engagement_id(opportunity, claimed.generation)


async def bill(
    client: Client, database: Database, landscape: Landscape, contract: ContractId, cut_off: date
) -> str:
    """Bill a contract's work up to a day, and return the lane's id.

    Raises:
        NotStartedError: there is no such contract, or it is not active yet.
    """
    async with database.transaction() as tx:
        known = await contracts.find(tx, contract)
        if known is None:
            msg = f"there is no active contract {contract!r}: `tiebeam status` lists them"
            raise NotStartedError(msg)
        today = await clock.today(tx)
        if not known.service_from <= cut_off <= today:
            msg = f"a cut-off is a day from {known.service_from} (service start) to {today} (today)"
            raise NotStartedError(msg)
        asked = await billing.cut_off(tx, contract, cut_off)
        if asked.is_done:
            msg = f"{contract} is billed up to {cut_off}: nothing new is ready"
            raise NotStartedError(msg)
    await Lanes(client, database, landscape).bill(asked)
    return processes.billing_id(contract)


async def dispose(
    client: Client, database: Database, contract: ContractId, disposition: Disposition
) -> str:
    """Say what becomes of the open work of an un-won deal, and return its process's id.

    Raises:
        NotStartedError: there is no such contract, or no work of it waits for a decision.
    """
    try:
        async with database.reading() as tx:
            engagement = await engagements.of_contract(tx, contract)
    except engagements.UnknownContractError:
        msg = f"there is no contract {contract!r}: `tiebeam status` lists them"
        raise NotStartedError(msg) from None
    run = processes.unwind_id(engagement.opportunity, engagement.generation)
    try:
        await client.get_workflow_handle(run).execute_update("decide", disposition)
    except WorkflowUpdateFailedError as exc:
        raise NotStartedError(str(exc.cause)) from None
    except RPCError as exc:
        if exc.status is not RPCStatusCode.NOT_FOUND:
            raise
        msg = f"contract {contract} is not being unwound: nothing of it waits for a decision"
        raise NotStartedError(msg) from None
    return run


async def resume(client: Client, run: str) -> str:
    """Let the parked steps of a process look again, and return its id.

    Raises:
        NotStartedError: no such process runs.
    """
    try:
        await client.get_workflow_handle(run).signal("resume")
    except RPCError as exc:
        if exc.status is not RPCStatusCode.NOT_FOUND:
            raise
        msg = f"no process {run!r} runs: `tiebeam status` names those that wait"
        raise NotStartedError(msg) from None
    return run
