"""Does approved value that is not billed yet ask for an invoice by itself?

The rule (R-060): strictly above the contract's threshold or, where it names none, its entity's.
At the threshold itself it does not. Neither is no threshold.
"""

from canonical.base import Rule
from canonical.money import Exact, Money

RULE = Rule(id="billing-threshold", version=1)


def of_contract(own: Money | None, of_entity: Exact | None) -> Exact | None:
    """Return the threshold that counts, in the contract's currency."""
    return of_entity if own is None else own.amount


def is_crossed(unbilled: Money, threshold: Exact) -> bool:
    """Say whether the value is above the threshold."""
    return unbilled.amount > threshold
