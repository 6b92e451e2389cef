"""The report of one play: what every system ended with, read back, and whether the laws hold."""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Literal

from pydantic import Field

from world.stage.facts import Fact
from world.stage.laws import Verdict
from world.stage.platform import BelievedCase, BelievedSlice
from world.stage.readings import (
    CrmClient,
    CrmDeal,
    CrmInvoice,
    ErpCustomer,
    ErpInvoice,
    ErpInvoiceLine,
    ErpProject,
    HourPosting,
    LedgerEntry,
    PsaInvoice,
    PsaMilestone,
    PsaProject,
    TimeEntry,
)


class ClientReport(Fact):
    """A client in every system that has it."""

    key: str = Field(description="as the scenario calls it")
    crm: CrmClient
    erp: tuple[ErpCustomer, ...]


class LineReport(ErpInvoiceLine):
    """A line of an invoice, and the slices of work and milestones that it bills."""

    slices: tuple[BelievedSlice, ...]


class InvoiceReport(Fact):
    """An invoice in the ledger, and its mirrors. Without a number it is not posted."""

    entity: str
    document: str
    reference: str
    number: str | None
    voucher: str | None
    day: date
    due: date
    customer: str
    purchase_order: str
    currency: str
    net: Decimal
    tax: Decimal
    gross: Decimal
    balance: Decimal | None
    owed_in_books: Decimal | None = Field(description="gross, in the currency of the books")
    lines: tuple[LineReport, ...]
    crm: tuple[CrmInvoice, ...]
    psa: tuple[PsaInvoice, ...]


class GivenUp(Fact):
    """What is left of a project of an earlier win of the same deal."""

    code: str
    psa_projects: tuple[PsaProject, ...]
    erp_projects: tuple[ErpProject, ...]


class DealReport(Fact):
    """A deal and its project in every system."""

    key: str = Field(description="as the scenario calls it")
    crm: CrmDeal
    engagement: str | None = Field(description="how far the platform says that it has come")
    psa_projects: tuple[PsaProject, ...]
    erp_projects: tuple[ErpProject, ...]
    time: tuple[TimeEntry, ...]
    milestones: tuple[PsaMilestone, ...]
    postings: tuple[HourPosting, ...]
    invoices: tuple[InvoiceReport, ...]
    ledger: tuple[LedgerEntry, ...]
    given_up: tuple[GivenUp, ...] = Field(
        default=(), description="projects of earlier wins that were taken back"
    )


class Report(Fact):
    """One play. Amounts are exact decimals, written as texts."""

    report: Literal[1] = Field(default=1, description="version of this format")
    scenario: str
    title: str
    play: int = Field(description="how often it has been played on this stack")
    clients: tuple[ClientReport, ...]
    deals: tuple[DealReport, ...]
    cases: tuple[BelievedCase, ...] = Field(description="what stopped and waited for a person")
    verdicts: tuple[Verdict, ...]

    @property
    def holds(self) -> bool:
        """Say whether every law holds."""
        return all(verdict.holds for verdict in self.verdicts)


def invoice(
    there: ErpInvoice,
    slices: Iterable[BelievedSlice],
    crm: Iterable[CrmInvoice],
    psa: Iterable[PsaInvoice],
) -> InvoiceReport:
    """Return an invoice of the ledger beside its slices and mirrors."""
    on_line: dict[int, list[BelievedSlice]] = {}
    for part in slices:
        if part.invoice == there.reference and part.line is not None:
            on_line.setdefault(part.line, []).append(part)
    net = sum((line.net for line in there.lines), Decimal(0))
    tax = sum((line.tax for line in there.lines), Decimal(0))
    return InvoiceReport(
        **there.model_dump(exclude={"lines", "owed"}),
        net=net,
        tax=tax,
        gross=net + tax,
        owed_in_books=there.owed,
        lines=tuple(_line(line, on_line) for line in there.lines),
        crm=tuple(one for one in crm if one.reference == there.reference),
        psa=tuple(one for one in psa if one.reference == there.reference),
    )


def _line(line: ErpInvoiceLine, slices: Mapping[int, list[BelievedSlice]]) -> LineReport:
    return LineReport(**line.model_dump(), slices=tuple(slices.get(line.number, ())))
