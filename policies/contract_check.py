"""Is a won deal complete enough to become a contract, and can every system take it?

The rule (R-035, R-062): entity, practice, dates in their order and a billing model with its
billing schedule must be there; time and materials needs prices above zero (E13) and a
frequency, milestones need amounts in the deal's currency that add up to the price (L-6); and
every value must have its mapping (E06).
"""

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from canonical.base import Record, Rule, RuleError
from canonical.cases import Defect, ErrorClass, Owner
from canonical.commitments import Cap
from canonical.contracts import ContractId, ContractLine
from canonical.mappings import MappingKind, MappingMissingError, Mappings
from canonical.money import Money
from canonical.opportunities import Opportunity
from canonical.organization import EntityId
from policies import commitment_check, contract_lines, workstream_check

RULE = Rule(id="contract-check", version=1)


class IncompleteError(RuleError):
    """A deal was to be activated although something is missing."""


class Complete(Record):
    """The deal can become a contract with these lines."""

    verdict: Literal["complete"] = "complete"
    rule: Rule = RULE
    entity: EntityId
    practice: str
    price: Money
    service_from: date
    service_until: date
    lines: tuple[ContractLine, ...]
    cap: Cap | None = None


class Incomplete(Record):
    """Somebody must fill in, or map, what the defects name."""

    verdict: Literal["incomplete"] = "incomplete"
    rule: Rule = RULE
    defects: tuple[Defect, ...]


Verdict = Annotated[Complete | Incomplete, Field(discriminator="verdict")]


def decide(deal: Opportunity, contract: ContractId, *, erp: Mappings, psa: Mappings) -> Verdict:
    """Compare the deal with what a contract needs."""
    lines = contract_lines.decide(deal, contract)
    defects = (
        *_missing_fields(deal),
        *_schedule_defects(deal),
        *workstream_check.defects(deal),
        *commitment_check.defects(deal),
        *_mapping_defects(deal, lines, erp=erp, psa=psa),
    )
    if (
        defects
        or not lines
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
        lines=lines,
        cap=commitment_check.cap(deal),
    )


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
    seen: set[tuple[str | None, str, date]] = set()
    for price in deal.prices:
        if not price.rate.per_hour:
            since = f"the price of role {price.role!r} from {price.valid_from}"
            text = f"{since} is zero: put it right in the CRM"
            yield _defect(deal, "price list", text, error_class="E13")
        if (price.workstream, price.role, price.valid_from) in seen:
            of_it = f" in {price.workstream}" if price.workstream else ""
            two = f"role {price.role!r} has two prices from {price.valid_from}{of_it}"
            yield _defect(deal, "price list", f"{two}: remove one in the CRM", error_class="E13")
        seen.add((price.workstream, price.role, price.valid_from))


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
    deal: Opportunity, lines: Sequence[ContractLine], *, erp: Mappings, psa: Mappings
) -> Iterator[Defect]:
    if deal.entity is None or deal.service_from is None:
        return
    roles = _roles(deal)
    for kind, ours in _needed_codes(deal, lines, roles):
        try:
            erp.value(kind, ours, entity=deal.entity, on=deal.service_from)
        except MappingMissingError as exc:
            yield _unmapped(deal, kind, str(exc))
    if lines and roles:
        captured = {
            row.theirs
            for row in psa.rows
            if row.kind == "role"
            and row.entity in (deal.entity, None)
            and row.valid_from <= deal.service_from
        }
        for role in sorted(roles - captured):
            text = f"{psa.system} has no role for {role!r}: add the mapping"
            yield _unmapped(deal, "role", text)


def _needed_codes(
    deal: Opportunity, lines: Sequence[ContractLine], roles: AbstractSet[str]
) -> Iterator[tuple[MappingKind, str]]:
    if deal.practice:
        yield "business_unit", deal.practice
    if lines and deal.billing_model:
        yield "project_group", deal.billing_model
        yield "revenue_account", deal.billing_model
        for role in sorted(roles):
            yield "category", role


def _roles(deal: Opportunity) -> AbstractSet[str]:
    is_by_the_hour = deal.billing_model == "time_and_materials"
    return {price.role for price in deal.prices} if is_by_the_hour else set()


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
