"""What the systems' own records prove: the evidence that the laws are checked against.

What an approved hour is worth follows from the CRM's prices, not from what the platform made
of them: the latest price of the role in the entry's project on or before the day, times the
time, rounded once.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import NamedTuple

from world.stage import kantata_api, money
from world.stage.evidence import (
    Approved,
    BilledLine,
    Booking,
    CostLine,
    Evidence,
    InvoicedLine,
    PostedInvoice,
    Sent,
    Worked,
)
from world.stage.readings import Books, CrmDeal, LedgerEntry, TimeEntry, Work

_COMPLETED = "completed"
_BY_THE_HOUR = "Time and materials"
_SECONDS = 60
_HOUR = 3600


class DealReadings(NamedTuple):
    """A deal as each system has it."""

    crm: CrmDeal
    psa: Work
    erp: Books


def evidence(
    deals: Iterable[DealReadings], sent: Iterable[Sent], roles: Mapping[str, str]
) -> Evidence:
    """Return what the records prove; `roles` are codes by their names where time is captured."""
    found = list(deals)
    return Evidence(
        approved=tuple([one for deal in found for one in _approved(deal, roles)]),
        billed=tuple([line for deal in found for line in _billed(deal.erp)]),
        invoices=tuple([invoice for deal in found for invoice in _posted(deal.erp)]),
        worked=tuple([entry for deal in found for entry in _worked(deal)]),
        costs=tuple([line for deal in found for line in _costs(deal.erp)]),
        bookings=tuple(_bookings(deal.erp for deal in found)),
        sent=tuple(sent),
    )


def _approved(deal: DealReadings, roles: Mapping[str, str]) -> Iterable[Approved]:
    for entry in deal.psa.entries:
        if entry.is_approved:
            seconds = Decimal(entry.minutes * _SECONDS)
            yield Approved(
                source=f"{kantata_api.SYSTEM}:{entry.id}",
                seconds=seconds,
                amount=_worth(entry, seconds, deal, roles),
                currency=deal.crm.currency,
            )
    amounts = {line.name: line.amount for line in deal.crm.schedule}
    for milestone in deal.psa.milestones:
        if milestone.state == _COMPLETED:
            yield Approved(
                source=f"{kantata_api.SYSTEM}:{milestone.id}",
                alias=milestone.reference or "",
                seconds=Decimal(0),
                amount=amounts.get(milestone.name),
                currency=deal.crm.currency,
            )


def _worth(
    entry: TimeEntry, seconds: Decimal, deal: DealReadings, roles: Mapping[str, str]
) -> Decimal | None:
    if not entry.is_billable or deal.crm.billing_model != _BY_THE_HOUR:
        return Decimal(0)
    role = roles.get(entry.role or "")
    homes = [project for project in deal.psa.projects if project.id == entry.project]
    valid = [
        price
        for price in deal.crm.prices
        if price.role == role
        and price.since <= entry.day
        and (price.project is None or any(home.is_of(price.project) for home in homes))
    ]
    if not valid:
        return None
    price = max(valid, key=lambda price: price.since)
    return money.rounded(price.per_hour * seconds / _HOUR, deal.crm.currency)


def _billed(books: Books) -> Iterable[BilledLine]:
    for invoice in books.invoices:
        for line in invoice.lines if invoice.number else ():
            yield BilledLine(
                reference=invoice.reference,
                document=f"{invoice.number} ({invoice.document})",
                line=line.number,
                quantity=line.quantity,
                net=line.net,
                currency=invoice.currency,
            )


def _posted(books: Books) -> Iterable[PostedInvoice]:
    for invoice in books.invoices:
        if invoice.number:
            yield PostedInvoice(
                entity=invoice.entity,
                document=invoice.document,
                reference=invoice.reference,
                number=invoice.number,
                voucher=invoice.voucher or "",
                client=invoice.customer,
                day=invoice.day,
                currency=invoice.currency,
                lines=tuple(
                    InvoicedLine(account=line.account, net=line.net, tax=line.tax)
                    for line in invoice.lines
                ),
                owed=invoice.owed,
            )


def _worked(deal: DealReadings) -> Iterable[Worked]:
    for entry in deal.psa.entries:
        if entry.is_approved:
            yield Worked(
                entry=f"{kantata_api.SYSTEM}:{entry.id}",
                entity=deal.crm.entity or "",
                day=entry.day,
                seconds=Decimal(entry.minutes * _SECONDS),
                per_hour=entry.cost,
                currency=entry.currency,
            )


def _costs(books: Books) -> Iterable[CostLine]:
    for posting in books.postings:
        yield CostLine(
            entry=posting.entry,
            entity=posting.entity,
            voucher=posting.voucher or "",
            hours=posting.hours,
            cost=posting.cost,
            currency=posting.currency,
        )


def _ledger(found: Iterable[Books]) -> Iterable[LedgerEntry]:
    """Yield each deal's entries, without those that are another deal's too and were there."""
    known: set[LedgerEntry] = set()
    for books in found:
        yield from (entry for entry in books.ledger if entry not in known)
        known |= set(books.ledger)


def _bookings(found: Iterable[Books]) -> Iterable[Booking]:
    for entry in _ledger(found):
        for line in entry.lines:
            yield Booking(
                entity=entry.entity,
                journal=f"{entry.voucher} {entry.journal}",
                voucher=entry.voucher,
                account=line.account,
                entry=line.text.partition(" ")[0],
                currency=line.currency,
                amount=line.amount,
                accounting_currency=entry.accounting_currency,
                accounting_amount=line.accounting_amount,
            )
