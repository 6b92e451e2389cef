"""Builders of our records: each defaults whatever does not matter to the case."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal

from canonical.cases import Case
from canonical.clients import Account, Client
from canonical.contracts import (
    Contract,
    ContractLine,
    MilestoneId,
    Milestones,
    MilestoneTerm,
    TimeAndMaterials,
)
from canonical.entries import TimeEntry
from canonical.invoices import Invoice, InvoiceLine, InvoiceStatus
from canonical.mappings import Mapping, Mappings
from canonical.money import Money, Rate
from canonical.opportunities import Opportunity, PriceLine, ScheduleLine
from canonical.organization import EntityId
from canonical.postings import HourBatch, HourLine
from canonical.projects import FinancialDimensions, Project, ProjectCode
from canonical.slices import Slice
from canonical.systems import ForeignId, SystemId
from canonical.tax import TaxDecision
from canonical.worktime import WorkTime

CRM = SystemId("crm-main")
PSA = SystemId("psa-main")
ERP = SystemId("erp-main")
USMF = EntityId("USMF")
DEMF = EntityId("DEMF")
JUNE = date(2026, 6, 1)
JULY = date(2026, 7, 1)
DIMENSIONS = FinancialDimensions(business_unit="040", project=ProjectCode("PR-00001"))


def money(amount: str, currency: str = "USD") -> Money:
    return Money(currency=currency, amount=Decimal(amount))


def rate(per_hour: str, currency: str = "USD") -> Rate:
    return Rate(currency=currency, per_hour=Decimal(per_hour))


def hours(worked: str) -> WorkTime:
    return WorkTime.of_hours(Decimal(worked))


def foreign(system: SystemId, value: str) -> ForeignId:
    return ForeignId(system=system, value=value)


def account(**changes: object) -> Account:
    complete: dict[str, object] = {
        "id": foreign(CRM, "001A"),
        "name": "Northwind Traders",
        "street": "1 Harbor Way",
        "city": "Boston",
        "postal_code": "02110",
        "country": "US",
        "tax_status": "business",
        "payment_terms": "NET30",
        "currency": "USD",
    }
    return Account.model_validate(complete | changes)


def client(**changes: object) -> Client:
    complete: dict[str, object] = {
        "id": "CL-00001",
        "account": foreign(CRM, "001A"),
        "name": "Northwind Traders",
        "address": {"street": "1 Harbor Way", "city": "Boston", "country": "US"},
        "tax_profile": {"country": "US", "status": "business"},
        "payment_terms": "NET30",
        "currency": "USD",
    }
    return Client.model_validate(complete | changes)


def price(
    per_hour: str,
    valid_from: date = JUNE,
    *,
    role: str = "CONSULTANT",
    currency: str = "USD",
) -> PriceLine:
    return PriceLine(role=role, rate=rate(per_hour, currency), valid_from=valid_from)


def schedule(*amounts: str, currency: str = "USD") -> tuple[ScheduleLine, ...]:
    return tuple(
        ScheduleLine(
            id=foreign(CRM, f"a0{number}"),
            sequence=number,
            name=f"Phase {number}",
            amount=money(amount, currency),
        )
        for number, amount in enumerate(amounts, start=1)
    )


def opportunity(**changes: object) -> Opportunity:
    """Time and materials, complete."""
    complete: dict[str, object] = {
        "id": foreign(CRM, "006A"),
        "name": "ERP rollout",
        "account": foreign(CRM, "001A"),
        "is_won": True,
        "closed_on": date(2026, 5, 20),
        "currency": "USD",
        "amount": money("2480.00"),
        "entity": USMF,
        "billing_model": "time_and_materials",
        "billing_frequency": "monthly",
        "practice": "ERP",
        "service_from": JUNE,
        "service_until": date(2026, 7, 31),
        "prices": (price("150"), price("160", JULY)),
    }
    return Opportunity.model_validate(complete | changes)


def milestone_deal(*amounts: str, **changes: object) -> Opportunity:
    """Milestones, complete; the deal is worth their sum unless told otherwise."""
    lines = schedule(*amounts)
    model: dict[str, object] = {
        "billing_model": "milestones",
        "billing_frequency": None,
        "prices": (),
        "schedule": lines,
        "amount": Money.total((line.amount for line in lines), "USD"),
    }
    return opportunity(**(model | changes))


def time_and_materials(*prices: PriceLine) -> ContractLine:
    lines = prices or (price("150"), price("160", JULY))
    return ContractLine(number=1, terms=TimeAndMaterials(prices=lines, frequency="monthly"))


def milestones(*amounts: str) -> ContractLine:
    terms = tuple(
        MilestoneTerm(
            id=MilestoneId(f"CT-00001/M{number}"), name=f"Phase {number}", amount=money(amount)
        )
        for number, amount in enumerate(amounts, start=1)
    )
    return ContractLine(number=1, terms=Milestones(milestones=terms))


def contract(**changes: object) -> Contract:
    complete: dict[str, object] = {
        "id": "CT-00001",
        "opportunity": foreign(CRM, "006A"),
        "client": "CL-00001",
        "entity": USMF,
        "name": "ERP rollout",
        "currency": "USD",
        "price": money("2480.00"),
        "practice": "ERP",
        "service_from": JUNE,
        "service_until": date(2026, 7, 31),
        "lines": (time_and_materials(),),
    }
    return Contract.model_validate(complete | changes)


def project(code: str = "PR-00001", **changes: object) -> Project:
    complete: dict[str, object] = {
        "code": code,
        "contract": "CT-00001",
        "client": "CL-00001",
        "entity": USMF,
        "name": "ERP rollout",
        "currency": "USD",
        "starts_on": JUNE,
        "ends_on": date(2026, 7, 31),
        "dimensions": DIMENSIONS.model_copy(update={"project": code}),
    }
    return Project.model_validate(complete | changes)


def entry(number: int = 101, *, worked: str = "8", **changes: object) -> TimeEntry:
    complete: dict[str, object] = {
        "id": foreign(PSA, str(number)),
        "project": foreign(PSA, "500"),
        "employee": "000123",
        "role": "Consultant",
        "work_date": date(2026, 6, 30),
        "worked": hours(worked),
        "is_billable": True,
        "cost": rate("70"),
        "approved_by": "psa-main:9",
        "approved_at": datetime(2026, 7, 1, 8, 30, tzinfo=UTC),
    }
    return TimeEntry.model_validate(complete | changes)


def part(source: str = "psa-main:101", **changes: object) -> Slice:
    complete: dict[str, object] = {
        "source": source,
        "number": 1,
        "project": "PR-00001",
        "state": "ready",
        "work_date": date(2026, 6, 30),
        "worked": hours("8"),
        "amount": money("1200.00"),
        "unit_price": Decimal(150),
        "text": "Hours: Consultant",
    }
    return Slice.model_validate(complete | changes)


def mapping(kind: str, ours: str, theirs: str, **changes: object) -> Mapping:
    complete: dict[str, object] = {
        "kind": kind,
        "system": ERP,
        "ours": ours,
        "theirs": theirs,
        "valid_from": date(2026, 1, 1),
        "version": 1,
        "owner": "finance",
    }
    return Mapping.model_validate(complete | changes)


def erp_codes(*more: Mapping, without: Iterable[str] = ()) -> Mappings:
    """Return the ERP's codes that a deal in practice ERP needs, less the kinds left out."""
    rows = (
        mapping("business_unit", "ERP", "040"),
        mapping("project_group", "time_and_materials", "TM"),
        mapping("project_group", "milestones", "FP"),
        mapping("revenue_account", "time_and_materials", "401100"),
        mapping("revenue_account", "milestones", "401200"),
        mapping("category", "CONSULTANT", "CONS"),
    )
    kept = tuple(row for row in rows if row.kind not in set(without))
    return Mappings(system=ERP, rows=(*kept, *more))


def psa_codes(*rows: Mapping) -> Mappings:
    """Return the PSA's names of roles: those given, or the consultant's."""
    consultant = mapping("role", "Consultant", "CONSULTANT", system=PSA, owner="delivery")
    return Mappings(system=PSA, rows=rows or (consultant,))


def hour_line(number: int = 1, **changes: object) -> HourLine:
    complete: dict[str, object] = {
        "number": number,
        "entry": f"psa-main:{100 + number}",
        "dimensions": DIMENSIONS,
        "resource": "000123",
        "category": "CONS",
        "work_date": date(2026, 6, 30),
        "worked": hours("8"),
        "cost": rate("70"),
    }
    return HourLine.model_validate(complete | changes)


def batch(sequence: int = 1, *, size: int = 1) -> HourBatch:
    return HourBatch.model_validate(
        {
            "id": f"erp-main/USMF/0/{sequence}",
            "entity": USMF,
            "lines": tuple(hour_line(number) for number in range(1, size + 1)),
        }
    )


def invoice_line(net: str = "1200.00", **changes: object) -> InvoiceLine:
    complete: dict[str, object] = {
        "number": 1,
        "text": "Hours: Consultant",
        "worked": hours("8"),
        "unit_price": Decimal(150),
        "net": money(net),
        "dimensions": DIMENSIONS,
    }
    return InvoiceLine.model_validate(complete | changes)


def tax_decision() -> TaxDecision:
    return TaxDecision.model_validate(
        {
            "treatment": "domestic",
            "rule": {"id": "tax-treatment", "version": 1},
            "supplier_country": "US",
            "client": {"country": "US", "status": "business"},
        }
    )


def invoice(cycle: int = 1, **changes: object) -> Invoice:
    complete: dict[str, object] = {
        "id": f"CT-00001/{cycle}",
        "contract": "CT-00001",
        "client": "CL-00001",
        "entity": USMF,
        "currency": "USD",
        "issued_on": date(2026, 7, 31),
        "tax": tax_decision(),
        "lines": (invoice_line("1200.00"), invoice_line("1280.00", number=2)),
    }
    return Invoice.model_validate(complete | changes)


def invoice_status(**changes: object) -> InvoiceStatus:
    posted: dict[str, object] = {
        "state": "posted",
        "number": "FTI-00000001",
        "net": money("2480.00"),
        "tax": money("0.00"),
        "balance": money("2480.00"),
        "line_count": 2,
    }
    return InvoiceStatus.model_validate(posted | changes)


def case(name: str = "case-1", **changes: object) -> Case:
    complete: dict[str, object] = {
        "id": name,
        "error_class": "E05",
        "step": "clients.check",
        "workflow": "onboard:crm-main:001A:erp-main:1",
        "subject": "crm-main:001A",
        "text": "account has no payment terms: fill it in the CRM",
        "root_cause": "E05/crm-main:001A/payment terms",
        "owner": "sales_ops",
        "certainty": "not_sent",
    }
    return Case.model_validate(complete | changes)
