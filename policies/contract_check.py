"""Is a won deal complete enough to become a contract, and can every system take it?

The rule (R-035, R-062): entity, practice, dates in their order and a billing model with its
billing schedule must be there; time and materials needs prices above zero (E13) and a
frequency, milestones need amounts in the deal's currency that add up to the price (L-6); and
every value must have its mapping (E06).
"""

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from canonical.base import Record, Rule, RuleError
from canonical.cases import Defect, ErrorClass, Owner
from canonical.commitments import Cap
from canonical.contracts import (
    BillingTerms,
    ContractId,
    MilestoneId,
    Milestones,
    MilestoneTerm,
    TimeAndMaterials,
)
from canonical.mappings import MappingKind, MappingMissingError, Mappings
from canonical.money import Money
from canonical.opportunities import Opportunity
from canonical.organization import EntityId
from policies import commitment_check

RULE = Rule(id="contract-check", version=1)


class IncompleteError(RuleError):
    """A deal was to be activated although something is missing."""


class Complete(Record):
    """The deal can become a contract with these terms."""

    verdict: Literal["complete"] = "complete"
    rule: Rule = RULE
    entity: EntityId
    practice: str
    price: Money
    service_from: date
    service_until: date
    terms: BillingTerms
    cap: Cap | None = None


class Incomplete(Record):
    """Somebody must fill in, or map, what the defects name."""

    verdict: Literal["incomplete"] = "incomplete"
    rule: Rule = RULE
    defects: tuple[Defect, ...]


Verdict = Annotated[Complete | Incomplete, Field(discriminator="verdict")]


def decide(deal: Opportunity, contract: ContractId, *, erp: Mappings, psa: Mappings) -> Verdict:
    """Compare the deal with what a contract needs."""
    terms = _terms(deal, contract)
    defects = (
        *_missing_fields(deal),
        *_schedule_defects(deal),
        *commitment_check.defects(deal),
        *_mapping_defects(deal, terms, erp=erp, psa=psa),
    )
    if (
        defects
        or terms is None
        or deal.entity is None
        or deal.practice is None
        or deal.amount is None
        or deal.service_from is None
        or deal.service_until is None
    ):
        return Incomplete(defects=defects)
    return Complete(
        entity=deal.entity,
        practice=deal.practice,
        price=deal.amount,
        service_from=deal.service_from,
        service_until=deal.service_until,
        terms=terms,
        cap=commitment_check.cap(deal),
    )


def _terms(deal: Opportunity, contract: ContractId) -> BillingTerms | None:
    if deal.billing_model == "time_and_materials" and deal.prices and deal.billing_frequency:
        return TimeAndMaterials(prices=deal.prices, frequency=deal.billing_frequency)
    if deal.billing_model == "milestones" and deal.schedule:
        return Milestones(
            milestones=tuple(
                MilestoneTerm(
                    id=MilestoneId(f"{contract}/M{line.sequence}"),
                    name=line.name,
                    amount=line.amount,
                    due_on=line.due_on,
                )
                for line in sorted(deal.schedule, key=lambda line: line.sequence)
            )
        )
    return None


def _missing_fields(deal: Opportunity) -> Iterator[Defect]:
    needed = {
        "legal entity": deal.entity,
        "practice": deal.practice,
        "amount": deal.amount,
        "service start": deal.service_from,
        "service end": deal.service_until,
        "billing model": deal.billing_model,
    }
    for field, value in needed.items():
        if value is None:
            yield _defect(deal, field, f"opportunity has no {field}: fill it in the CRM")
    starts, ends = deal.service_from, deal.service_until
    if starts and ends and ends < starts:
        text = f"service ends on {ends}, before it starts on {starts}"
        yield _defect(deal, "service end", text)


def _schedule_defects(deal: Opportunity) -> Iterator[Defect]:
    if deal.billing_model == "time_and_materials":
        if deal.billing_frequency is None:
            text = "billing schedule is missing: choose a billing frequency in the CRM"
            yield _defect(deal, "billing schedule", text)
        if not deal.prices:
            text = "price list is missing: add a product line per role with its hourly price"
            yield _defect(deal, "price list", text, error_class="E13")
        yield from _price_defects(deal)
    if deal.billing_model == "milestones":
        yield from _milestone_defects(deal)


def _price_defects(deal: Opportunity) -> Iterator[Defect]:
    seen: set[tuple[str, date]] = set()
    for price in deal.prices:
        if not price.rate.per_hour:
            since = f"the price of role {price.role!r} from {price.valid_from}"
            text = f"{since} is zero: put it right in the CRM"
            yield _defect(deal, "price list", text, error_class="E13")
        if (price.role, price.valid_from) in seen:
            two = f"role {price.role!r} has two prices from {price.valid_from}"
            yield _defect(deal, "price list", f"{two}: remove one in the CRM", error_class="E13")
        seen.add((price.role, price.valid_from))


def _milestone_defects(deal: Opportunity) -> Iterator[Defect]:
    if not deal.schedule:
        text = "billing schedule is missing: add a schedule line per milestone in the CRM"
        yield _defect(deal, "billing schedule", text)
        return
    if len({line.sequence for line in deal.schedule}) < len(deal.schedule):
        text = "two lines of the billing schedule have the same sequence number"
        yield _defect(deal, "billing schedule", text)
    if {line.amount.currency for line in deal.schedule} != {deal.currency}:
        text = f"billing schedule is not in {deal.currency}, the currency of the deal"
        yield _defect(deal, "billing schedule", text)
        return
    total = Money.total((line.amount for line in deal.schedule), deal.currency)
    if deal.amount is not None and total != deal.amount:
        text = f"billing schedule adds up to {total}, the deal to {deal.amount}"
        yield _defect(deal, "billing schedule", text)


def _mapping_defects(
    deal: Opportunity, terms: BillingTerms | None, *, erp: Mappings, psa: Mappings
) -> Iterator[Defect]:
    if deal.entity is None or deal.service_from is None:
        return
    for kind, ours in _needed_codes(deal, terms):
        try:
            erp.value(kind, ours, entity=deal.entity, on=deal.service_from)
        except MappingMissingError as exc:
            yield _unmapped(deal, kind, str(exc))
    if isinstance(terms, TimeAndMaterials):
        captured = {
            row.theirs
            for row in psa.rows
            if row.kind == "role"
            and row.entity in (deal.entity, None)
            and row.valid_from <= deal.service_from
        }
        for role in sorted({price.role for price in terms.prices} - captured):
            text = f"{psa.system} has no role for {role!r}: add the mapping"
            yield _unmapped(deal, "role", text)


def _needed_codes(
    deal: Opportunity, terms: BillingTerms | None
) -> Iterator[tuple[MappingKind, str]]:
    if deal.practice:
        yield "business_unit", deal.practice
    if terms:
        yield "project_group", terms.model
        yield "revenue_account", terms.model
    if isinstance(terms, TimeAndMaterials):
        for role in sorted({price.role for price in terms.prices}):
            yield "category", role


def _unmapped(deal: Opportunity, kind: str, text: str) -> Defect:
    return _defect(deal, kind, text, error_class="E06", owner="finance")


def _defect(
    deal: Opportunity,
    field: str,
    text: str,
    *,
    error_class: ErrorClass = "E05",
    owner: Owner = "sales_ops",
) -> Defect:
    return Defect(
        error_class=error_class, subject=str(deal.id), field=field, owner=owner, text=text
    )
