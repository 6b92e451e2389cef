"""Our words to Tryton's and back. Pure functions."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

from canonical.clients import Client
from canonical.contracts import Contract
from canonical.invoices import Invoice, InvoiceLine, InvoiceStatus
from canonical.money import Money
from canonical.projects import FinancialDimensions, Project
from connectors.tryton import _wire
from connectors.tryton._rpc import Float, Value

_EU = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK"
_SECONDS_PER_HOUR = 3600
_PRICE_DECIMALS = 4  # what is written with more is refused, zeros too
_ONE = Decimal(1)


@dataclass(frozen=True)
class Axes:
    """The values of both analytic axes, by our codes."""

    business_unit: int
    project: int
    business_units: Mapping[str, int]
    projects: Mapping[str, int]

    def of(self, dimensions: FinancialDimensions) -> tuple[tuple[int, int], tuple[int, int]]:
        """Return axis and value of the business unit, and of the project."""
        return (
            (self.business_unit, self.business_units[dimensions.business_unit]),
            (self.project, self.projects[dimensions.project]),
        )


@dataclass(frozen=True)
class RevenueBooks:
    """Where an invoice's lines go."""

    revenue_account: int
    tax: int
    currency: int
    unit: _wire.Unit
    axes: Axes


def new_party(
    client: Client, *, country: int, language: int, category: int, term: int
) -> dict[str, Value]:
    """Return the client's party, under our client id."""
    address = client.address
    tax_id = client.tax_profile.tax_id
    identifiers: list[Value] = []
    if tax_id:
        identifiers = [{"type": identifier_type(client.tax_profile.country), "code": tax_id}]
    return {
        "name": client.name,
        "code": client.id,
        "lang": language,
        "addresses": created(
            {
                "street": address.street,
                "city": address.city,
                "postal_code": address.postal_code,
                "country": country,
            }
        ),
        "identifiers": created(*identifiers),
        "categories": [["add", [category]]],
        "customer_payment_term": term,
    }


def identifier_type(country: str) -> str | None:
    """Return how Tryton checks a tax id: as a VAT id in the EU, elsewhere not at all."""
    return "eu_vat" if country in _EU.split() else None


def new_contract(contract: Contract, party: int, company: int) -> dict[str, Value]:
    """Return the root work of a contract; its name begins with our id."""
    return _work(f"{contract.id} {contract.name}", party, company)


def new_project(
    project: Project, contract: _wire.Work, company: int, product: int | None
) -> dict[str, Value]:
    """Return the work of a project; its name begins with our code."""
    work = _work(f"{project.code} {project.name}", contract.party, company)
    return work | {"timesheet_available": True, "product": product}


def axis_value(code: str, name: str, axis: int, company: int) -> dict[str, Value]:
    """Return a value to create below its axis."""
    return {
        "name": name,
        "code": code,
        "type": "normal",
        "state": "opened",
        "root": axis,
        "company": company,
    }


def rounded(exact: Decimal, smallest: Decimal) -> Decimal:
    """Return a multiple of the smallest amount, halves to even."""
    return (exact / smallest).quantize(_ONE, rounding=ROUND_HALF_EVEN) * smallest


def new_invoice(  # noqa: PLR0913 - what a record refers to
    invoice: Invoice,
    party: _wire.Party,
    books: RevenueBooks,
    *,
    account: int,
    journal: int,
    company: int,
) -> dict[str, Value]:
    """Return a draft with its lines, which carries our reference."""
    lines = (new_invoice_line(line, books, company) for line in invoice.lines)
    address = next((each for each in party.addresses if each.invoice), party.addresses[0])
    return {
        "company": company,
        "type": "out",
        "reference": invoice.reference,
        "description": invoice.purchase_order,
        "comment": invoice.tax.note or None,
        "invoice_date": invoice.issued_on,
        "party": party.id,
        "invoice_address": address.id,
        "payment_term": party.customer_payment_term,
        "account": account,
        "currency": books.currency,
        "journal": journal,
        "lines": created(*lines),
    }


def new_invoice_line(line: InvoiceLine, books: RevenueBooks, company: int) -> dict[str, Value]:
    """Return a line: hours × price, or once the net."""
    hours, price, text = priced(line, books.unit.digits)
    axes: list[Value] = [
        {"root": axis, "account": value} for axis, value in books.axes.of(line.dimensions)
    ]
    return {
        "type": "line",
        "sequence": line.number,
        "company": company,
        "currency": books.currency,
        "account": books.revenue_account,
        "description": text,
        "quantity": Float(_ONE if hours is None else hours),
        "unit": None if hours is None else books.unit.id,
        "unit_price": price,
        "taxes": [["add", [books.tax]]],
        "analytic_accounts": created(*axes),
    }


def priced(line: InvoiceLine, digits: int) -> tuple[Decimal | None, Decimal, str]:
    """Return hours, price and text; no hours for what is once the net.

    Tryton taxes the product before it rounds it, so the product has to be the net exactly.
    """
    net = line.net.amount
    if line.worked is None:
        return None, net, line.text
    exact = line.worked.seconds / _SECONDS_PER_HOUR
    hours = exact.quantize(_ONE.scaleb(-digits), rounding=ROUND_HALF_UP)
    price = round(line.unit_price, _PRICE_DECIMALS)
    if price == line.unit_price and hours * price == net:
        return hours, price, line.text
    return None, net, f"{line.text} ({line.worked.hours:f} h)"


def bills(lines: Iterable[_wire.InvoiceLine], invoice: Invoice) -> bool:
    """Tell whether a draft's lines are the invoice's."""
    found = sorted((line.sequence or 0, line.amount) for line in lines)
    return found == sorted((line.number, line.net.amount) for line in invoice.lines)


def invoice_status(invoice: _wire.Invoice) -> InvoiceStatus:
    """Return the invoice as Tryton has it.

    Raises:
        ValueError: the amounts are none of their currency.
    """
    balance = invoice.amount_to_pay or Decimal(0)
    return InvoiceStatus(
        state="posted" if invoice.is_posted else "draft",
        number=invoice.number if invoice.is_posted else None,
        net=Money(currency=invoice.currency, amount=invoice.untaxed_amount),
        tax=Money(currency=invoice.currency, amount=invoice.tax_amount),
        balance=Money(currency=invoice.currency, amount=balance) if invoice.is_posted else None,
        line_count=len(invoice.lines),
    )


def created(*records: Value) -> list[Value]:
    """Return what creates records within a record."""
    return [["create", list(records)]] if records else []


def _work(name: str, party: int | None, company: int) -> dict[str, Value]:
    return {
        "name": name,
        "type": "project",
        "company": company,
        "party": party,
        "project_invoice_method": "manual",
    }
