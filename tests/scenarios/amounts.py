"""What a play came to in money, in words that every ERP's books have."""

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal
from typing import NamedTuple

from world.stage.report import DealReport, InvoiceReport, Report

_COST = "540100"
_SHOWN = Decimal("0.0001")  # of hours; one ERP keeps six decimals of them, one all


class Billed(NamedTuple):
    """An invoice as its ledger has it; `owed` is the gross in the currency of the books."""

    currency: str
    nets: tuple[Decimal, ...]
    tax: Decimal
    gross: Decimal
    balance: Decimal | None
    owed: Decimal | None
    due: str


class Booked(NamedTuple):
    """What an account has of a deal, debits positive."""

    amount: Decimal
    in_books: Decimal


class Costed(NamedTuple):
    """An entry of time in the ledger."""

    hours: Decimal
    cost: Decimal
    currency: str


class Amounts(NamedTuple):
    """A deal's hours with their cost by entry, its invoices in order, its accounts."""

    hours: Mapping[str, Costed]
    invoices: list[Billed]
    accounts: Mapping[tuple[str, str], Booked]


def amounts(report: Report) -> dict[str, Amounts]:
    """Return the money of a play by deal, read from move lines and ledger logs alone."""
    return {deal.key: _of_deal(deal) for deal in report.deals}


def costs(deal: DealReport) -> list[Booked]:
    """Return every line that the ledger has on the account of costs."""
    return [
        Booked(line.amount, line.accounting_amount)
        for entry in deal.ledger
        for line in entry.lines
        if _main(line.account) == _COST
    ]


def _of_deal(deal: DealReport) -> Amounts:
    places = sorted(
        Costed(posting.hours.quantize(_SHOWN), posting.cost, posting.currency)
        for posting in deal.postings
    )
    return Amounts(
        hours={f"entry {number}": costed for number, costed in enumerate(places, start=1)},
        invoices=[_billed(each) for each in sorted(deal.invoices, key=lambda each: each.reference)],
        accounts=_accounts(deal),
    )


def _billed(invoice: InvoiceReport) -> Billed:
    return Billed(
        currency=invoice.currency,
        nets=tuple(line.net for line in invoice.lines),
        tax=invoice.tax,
        gross=invoice.gross,
        balance=invoice.balance,
        owed=invoice.owed_in_books,
        due=invoice.due.isoformat(),
    )


def _accounts(deal: DealReport) -> dict[tuple[str, str], Booked]:
    found: dict[tuple[str, str], Booked] = defaultdict(lambda: Booked(Decimal(0), Decimal(0)))
    for entry in deal.ledger:
        for line in entry.lines:
            at = (_main(line.account), line.currency)
            before = found[at]
            found[at] = Booked(
                before.amount + line.amount, before.in_books + line.accounting_amount
            )
    return dict(found)


def _main(account: str) -> str:
    return account.partition("-")[0]  # one ERP writes the dimensions behind it
