"""What asks for an invoice by itself, decided in the transaction that makes work ready."""

from canonical.contracts import Contract
from canonical.landscape import Landscape
from policies.billing import threshold
from store import billing, clock, commitments, slices
from store.database import Transaction


async def cross(tx: Transaction, landscape: Landscape, contract: Contract) -> bool:
    """Open a cycle if what is ready is above the contract's threshold; say whether it did."""
    of_entity = landscape.routes[contract.entity].billing_threshold
    limit = threshold.of_contract(contract.billing_threshold, of_entity)
    if limit is None:
        return False
    await commitments.lock(tx, contract.id)
    today = await clock.today(tx)
    unbilled = await slices.unbilled(tx, contract.id, contract.currency, today)
    if not threshold.is_crossed(unbilled, limit):
        return False
    return await billing.crossed(tx, contract.id, today) is not None
