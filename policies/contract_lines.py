"""Which lines does a contract have?

The rule: one for each workstream that the deal names, in the order in which they stand there,
with its own prices or milestones; one for all where it names none. None while it has no terms.
"""

from collections.abc import Iterable, Sequence

from canonical.contracts import (
    BillingTerms,
    ContractId,
    ContractLine,
    MilestoneId,
    Milestones,
    MilestoneTerm,
    TimeAndMaterials,
)
from canonical.opportunities import Opportunity, PriceLine, ScheduleLine


def decide(deal: Opportunity, contract: ContractId) -> tuple[ContractLine, ...]:
    """Return the lines, each with the terms of one project."""
    return tuple(
        ContractLine(number=number, terms=terms, workstream=workstream)
        for number, workstream in enumerate(workstreams(deal), start=1)
        if (terms := _terms(deal, contract, workstream)) is not None
    )


def workstreams(deal: Opportunity) -> tuple[str | None, ...]:
    """Return what the deal's lines name, each once; None stands for no name."""
    return tuple(dict.fromkeys(line.workstream for line in billed_lines(deal)))


def billed_lines(deal: Opportunity) -> Sequence[PriceLine] | Sequence[ScheduleLine]:
    """Return the lines that make the deal's terms, in order."""
    if deal.billing_model == "milestones":
        return sorted(deal.schedule, key=lambda line: line.sequence)
    return deal.prices if deal.billing_model == "time_and_materials" else ()


def _terms(deal: Opportunity, contract: ContractId, workstream: str | None) -> BillingTerms | None:
    if deal.billing_model == "milestones":
        of_it = (line for line in deal.schedule if line.workstream == workstream)
        return Milestones(milestones=_milestones(of_it, contract))
    if deal.billing_frequency is None:
        return None
    prices = tuple(line for line in deal.prices if line.workstream == workstream)
    return TimeAndMaterials(prices=prices, frequency=deal.billing_frequency)


def _milestones(lines: Iterable[ScheduleLine], contract: ContractId) -> tuple[MilestoneTerm, ...]:
    return tuple(
        MilestoneTerm(
            id=MilestoneId(f"{contract}/M{line.sequence}"),
            name=line.name,
            amount=line.amount,
            due_on=line.due_on,
        )
        for line in sorted(lines, key=lambda line: line.sequence)
    )
