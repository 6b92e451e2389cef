"""Amendments: what an active contract takes over when its deal changes in the CRM.

Cap, billing threshold and purchase order decide only what is not billed yet, so they can change;
prices and terms are as they were at activation. What the CRM shows no longer is kept: a field
that a right was lost to looks like one that is empty.
"""

from activities import drafting, unasked
from canonical.contracts import Contract, ContractId
from canonical.landscape import Landscape
from canonical.opportunities import Opportunity
from policies import commitment_check
from store import commitments, contracts, slices, trail
from store.database import Transaction
from store.tables.work import HoldKind


async def take_over(
    tx: Transaction, landscape: Landscape, contract: ContractId, deal: Opportunity
) -> None:
    """Take over what a won deal promises now; what a lower cap held is ready again."""
    await commitments.lock(tx, contract)
    before = await contracts.find(tx, contract)
    if before is None or not deal.is_won or any(commitment_check.defects(deal)):
        return
    after = _amended(before, deal)
    if after == before:
        return
    await contracts.save(tx, after)
    trail.audit(tx, "contract.amended", contract, detail=_told(before, after))
    if after.cap != before.cap:
        await slices.release(tx, await slices.held_by(tx, contract, HoldKind.CAP))
        await drafting.look_at_cap(tx, after)
    await unasked.look(tx, landscape, contract)


def _amended(contract: Contract, deal: Opportunity) -> Contract:
    if deal.currency != contract.currency:
        return contract
    now = {
        "cap": commitment_check.cap(deal),
        "billing_threshold": deal.billing_threshold,
        "purchase_order": deal.purchase_order,
    }
    return contract.model_copy(update={name: new for name, new in now.items() if new is not None})


def _told(before: Contract, after: Contract) -> str:
    pairs = {
        "cap": (
            before.cap and f"{before.cap.amount} {before.cap.policy}",
            after.cap and f"{after.cap.amount} {after.cap.policy}",
        ),
        "billing threshold": (before.billing_threshold, after.billing_threshold),
        "purchase order": (before.purchase_order, after.purchase_order),
    }
    return "; ".join(f"{name} {was} -> {now}" for name, (was, now) in pairs.items() if was != now)
