"""Milestones that delivery has reached: each becomes a slice, and asks for its invoice."""

from canonical.contracts import Contract, ContractId
from canonical.entries import MilestoneReached
from canonical.slices import Slice
from canonical.worktime import WorkTime
from store import billing, contracts, slices
from store.database import Transaction
from store.tables.traffic import Outcome

_NO_TIME = WorkTime.of_minutes(0)


async def reach(tx: Transaction, reached: MilestoneReached | None) -> tuple[Outcome, str]:
    """Make a milestone billable, once, and return what became of the message about it."""
    if reached is None:
        return Outcome.SUPERSEDED, "not completed, or not one of ours"
    if await slices.exists(tx, reached.milestone):
        return Outcome.SUPERSEDED, "reached before"
    contract = await contracts.get(tx, _contract_of(reached))
    await slices.add(tx, [(contract.id, await _slice(tx, contract, reached))])
    await billing.request(
        tx,
        contract.id,
        kind=billing.MILESTONE,
        key=reached.milestone,
        cut_off=reached.reached_on,
    )
    return Outcome.APPLIED, ""


def _contract_of(reached: MilestoneReached) -> ContractId:
    return ContractId(reached.milestone.rpartition("/")[0])


async def _slice(tx: Transaction, contract: Contract, reached: MilestoneReached) -> Slice:
    line, sold = contract.milestone(reached.milestone)  # its id was given out with them
    return Slice(
        source=sold.id,
        number=1,
        project=await contracts.project_code(tx, contract.id, line.workstream),
        state="ready",
        work_date=reached.reached_on,
        worked=_NO_TIME,
        amount=sold.amount,
        unit_price=sold.amount.amount,
        text=sold.name,
    )
