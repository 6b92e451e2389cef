"""Can what a deal promises about its invoices be kept: its cap and its billing threshold?

The rule (R-035): a not-to-exceed is above zero, in the deal's currency, says what becomes of
work beyond it, and is no less than the price where that is fixed; a billing threshold is not
below zero.
"""

from collections.abc import Iterator

from canonical.base import Rule
from canonical.cases import Defect
from canonical.commitments import Cap
from canonical.opportunities import Opportunity

RULE = Rule(id="commitment-check", version=1)


def cap(deal: Opportunity) -> Cap | None:
    """Return the deal's cap; None if it has none, or none that can be kept."""
    if deal.not_to_exceed is None or deal.cap_policy is None:
        return None
    return Cap(amount=deal.not_to_exceed, policy=deal.cap_policy)


def defects(deal: Opportunity) -> Iterator[Defect]:
    """Say what is wrong with the deal's promises."""
    yield from _cap_defects(deal)
    if deal.billing_threshold is not None and deal.billing_threshold.amount < 0:
        text = f"the billing threshold is {deal.billing_threshold}, below zero"
        yield _defect(deal, "billing threshold", text)


def _cap_defects(deal: Opportunity) -> Iterator[Defect]:
    limit = deal.not_to_exceed
    if limit is None:
        return
    if limit.amount <= 0:
        yield _defect(deal, "not to exceed", f"the not-to-exceed is {limit}, not above zero")
    if deal.cap_policy is None:
        text = f"nothing says what becomes of work beyond {limit} (split, hold or warn)"
        yield _defect(deal, "cap policy", text)
    is_fixed = deal.billing_model == "milestones"
    if is_fixed and deal.amount is not None and limit.amount < deal.amount.amount:
        text = f"the not-to-exceed of {limit} is less than the fixed price of {deal.amount}"
        yield _defect(deal, "not to exceed", text)


def _defect(deal: Opportunity, field: str, text: str) -> Defect:
    return Defect(
        error_class="E05",
        subject=str(deal.id),
        field=field,
        owner="sales_ops",
        text=f"{text}: put it right in the CRM",
    )
