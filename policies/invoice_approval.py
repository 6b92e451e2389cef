"""Does an invoice need a person before it goes out?

The rule: above the entity's limit a person approves what Tiebeam made, bound to its content.
The limit is in the invoice's own currency; no limit, no approval.
"""

from canonical.base import Rule
from canonical.money import Exact, Money

RULE = Rule(id="invoice-approval", version=1)


def is_needed(net: Money, limit: Exact | None) -> bool:
    """Say whether a person must approve an invoice of this net amount."""
    return limit is not None and net.amount > limit
