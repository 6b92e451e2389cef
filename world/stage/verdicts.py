"""Every law that is checked after a play."""

from world.stage import costing, laws, tie_out
from world.stage.evidence import Evidence
from world.stage.firm import Firm
from world.stage.laws import Verdict
from world.stage.platform import Belief


def verdicts(evidence: Evidence, belief: Belief, firm: Firm) -> tuple[Verdict, ...]:
    """Return the verdict of each over what the systems say and what the platform believes."""
    return (
        laws.l1(evidence, belief),
        laws.l4(evidence),
        tie_out.tie_out(evidence, belief, firm),
        costing.verdict(evidence, belief, firm),
        laws.l7(evidence, belief),
    )
