"""What becomes of an approved entry: its price, its slice and its cost line.

The rule: an entry moves on only whole. If its role, its person, its cost or its price is
missing it is held, and the defect names what to add and who adds it (R-012, E06, E13).
So is one whose cost the ERP would book a minor unit off, because it keeps hours less finely (E25).
"""

from decimal import ROUND_HALF_UP, Decimal

from canonical.base import Record
from canonical.cases import Defect, ErrorClass
from canonical.contracts import Contract
from canonical.entries import TimeEntry
from canonical.mappings import MappingMissingError, Mappings
from canonical.money import Money, Rate
from canonical.organization import EntityId
from canonical.postings import HourLine
from canonical.projects import Project
from canonical.slices import Slice
from canonical.worktime import WorkTime
from policies.billing import invoice_lines, pricing


class Codes(Record):
    """The mappings of the systems between which an entity's entries travel."""

    erp: Mappings
    psa: Mappings
    entity: EntityId
    hours_decimals: int = 4  # how finely the ERP keeps hours


class Decision(Record):
    """The verdict with its rule and inputs; `line` is None while the entry is held."""

    verdict: pricing.Verdict
    part: Slice
    line: HourLine | None
    defect: Defect | None


def decide(entry: TimeEntry, contract: Contract, project: Project, codes: Codes) -> Decision:
    """Price an entry and make its cost line, or say what is missing."""
    role, found = _role(entry, codes)
    defect = found or _cost_defect(entry, role, codes)
    verdict = (
        pricing.Unpriced(defect=defect)
        if defect
        else pricing.decide(entry, role, contract.line_of(project.workstream))
    )
    if isinstance(verdict, pricing.Unpriced):
        defect = verdict.defect
    return Decision(
        verdict=verdict,
        part=_part(entry, role, project, verdict, contract.currency),
        line=None if defect else _cost_line(entry, role, project, codes),
        defect=defect,
    )


def _role(entry: TimeEntry, codes: Codes) -> tuple[str, Defect | None]:
    try:
        role = codes.psa.value("role", entry.role, entity=codes.entity, on=entry.work_date)
    except MappingMissingError as exc:
        return entry.role, _defect(entry, "role", str(exc), "E06")
    return role, None


def _cost_defect(entry: TimeEntry, role: str, codes: Codes) -> Defect | None:
    if entry.employee is None:
        text = "the person has no employee number in the PSA: add it there"
        return _defect(entry, "employee", text, "E06")
    if entry.cost is None:
        text = f"no cost rate on {entry.work_date}: add it for the person"
        return _defect(entry, "cost rate", text, "E13")
    try:
        codes.erp.value("category", role, entity=codes.entity, on=entry.work_date)
    except MappingMissingError as exc:
        return _defect(entry, "category", str(exc), "E06")
    if not _is_bookable(entry.worked, entry.cost, codes.hours_decimals):
        text = f"its cost does not survive hours with {codes.hours_decimals} decimals"
        return _defect(entry, "hours", text, "E25")
    return None


def _is_bookable(worked: WorkTime, cost: Rate, decimals: int) -> bool:
    hours = (worked.seconds / 3600).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    return Money.rounded(hours * cost.per_hour, cost.currency) == worked.at(cost)


def _cost_line(entry: TimeEntry, role: str, project: Project, codes: Codes) -> HourLine | None:
    if entry.employee is None or entry.cost is None:
        return None
    return HourLine(
        number=1,
        entry=entry.key,
        dimensions=project.dimensions,
        resource=entry.employee,
        category=codes.erp.value("category", role, entity=codes.entity, on=entry.work_date),
        work_date=entry.work_date,
        worked=entry.worked,
        cost=entry.cost,
    )


def _part(
    entry: TimeEntry, role: str, project: Project, verdict: pricing.Verdict, currency: str
) -> Slice:
    amount, rate = pricing.value_of(verdict, currency)
    return Slice(
        source=entry.key,
        number=1,
        project=project.code,
        state=verdict.verdict,
        work_date=entry.work_date,
        worked=entry.worked,
        amount=amount,
        unit_price=rate.per_hour,
        text=invoice_lines.hours_text(role),
    )


def _defect(entry: TimeEntry, field: str, text: str, error_class: ErrorClass) -> Defect:
    return Defect(
        error_class=error_class, subject=entry.key, field=field, owner="finance", text=text
    )
