"""A free text invoice made ready to post: its lines taxed, its rate found, nothing against it."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from world.sandboxes.dynamics import _dimensions, _tax
from world.sandboxes.dynamics._company import Company
from world.sandboxes.dynamics._infolog import not_posted
from world.sandboxes.dynamics._invoice_rules import displayed_rate, due_date, lines_of
from world.sandboxes.dynamics._iso4217 import rounded, times
from world.sandboxes.dynamics._ledger import Ledger
from world.sandboxes.dynamics._master_data import CUSTOMERS
from world.sandboxes.dynamics._rates import Rates
from world.sandboxes.dynamics._schema import SEPARATOR, Row
from world.sandboxes.dynamics._session import Session
from world.sandboxes.dynamics._values import day

_HOLDS = {"Invoice", "All"}


@dataclass(frozen=True, kw_only=True)
class Line:
    """A line ready to post: its revenue account and dimensions, its taxes."""

    row: Row
    account: str
    dimensions: str
    net: Decimal
    taxes: list[_tax.Tax]

    @property
    def tax(self) -> Decimal:
        """Return the line's sales tax."""
        return sum((tax.amount for tax in self.taxes), Decimal(0))


@dataclass(frozen=True, kw_only=True)
class Document:
    """An invoice ready to post; `rate` turns its currency into the company's."""

    invoice: Row
    company: Company
    lines: list[Line]
    rate: Decimal

    @property
    def net(self) -> Decimal:
        """Return the invoice's amount without tax."""
        return sum((line.net for line in self.lines), Decimal(0))

    @property
    def tax(self) -> Decimal:
        """Return the invoice's sales tax."""
        return sum((line.tax for line in self.lines), Decimal(0))

    @property
    def gross(self) -> Decimal:
        """Return what the customer owes."""
        return self.net + self.tax

    def converted(self, amount: Decimal) -> Decimal:
        """Return an amount in the accounting currency, rounded."""
        return rounded(times(amount, self.rate), self.company.currency)


def ready(session: Session, invoice: Row) -> Document:
    """Return the invoice ready to post. Refused with everything that is against it."""
    company = session.company(invoice["dataAreaId"])
    rows = lines_of(session, invoice)
    if not rows:
        raise not_posted([f"Invoice {invoice['InvoiceIdentifier']} has no lines"])
    lines = _lines(session, company, invoice["CurrencyCode"], rows)
    problems = _held(session, invoice) + _unpostable(session, company, invoice, lines)
    on = invoice["InvoiceDate"]
    rate = Rates(session).find(invoice["CurrencyCode"], company.currency, on)
    if rate is None:
        pair = f"{invoice['CurrencyCode']} to {company.currency}"
        problems.append(f"No exchange rate from {pair} on {day(on)}")
    if problems or rate is None:
        raise not_posted(problems)
    invoice = invoice | {
        "DueDate": due_date(session, invoice),
        "ExchangeRate": displayed_rate(session, invoice),
    }
    return Document(invoice=invoice, company=company, lines=lines, rate=rate)


def _unpostable(
    session: Session, company: Company, invoice: Row, lines: Sequence[Line]
) -> list[str]:
    own = (company.accounts.receivable, company.accounts.tax)
    return Ledger(session, company).problems(
        accounts=[*own, *(line.account for line in lines)],
        dates=[invoice["InvoiceDate"]],
        dimensions=[line.dimensions for line in lines],
    )


def _lines(session: Session, company: Company, currency: str, rows: Sequence[Row]) -> list[Line]:
    nets = [rounded(Decimal(row["TransactionCurrencyAmount"]), currency) for row in rows]
    taxes = [_tax.of_line(session, row, net, currency) for row, net in zip(rows, nets, strict=True)]
    if session.settings.tax_rounding == "document":
        taxes = _tax.spread(taxes, currency)
    lines = []
    for row, net, taxed in zip(rows, nets, taxes, strict=True):
        account, dimensions = _dimensions.main_account(session, row["MainAccountDisplayValue"])
        lines.append(
            Line(
                row=row,
                account=account or company.accounts.revenue,
                dimensions=row["DefaultDimensionDisplayValue"] or dimensions,
                net=net,
                taxes=taxed,
            )
        )
    return lines


def _held(session: Session, invoice: Row) -> list[str]:
    problems = []
    for account in dict.fromkeys((invoice["CustomerAccount"], invoice["InvoiceAccount"])):
        customer = session.rows.get(CUSTOMERS, SEPARATOR.join((invoice["dataAreaId"], account)))
        if customer is None:
            problems.append(f"Customer account {account} does not exist")
        elif customer["OnHoldStatus"] in _HOLDS:
            hold = customer["OnHoldStatus"]
            problems.append(f"Customer account {account} is on hold for {hold}")
    return problems
