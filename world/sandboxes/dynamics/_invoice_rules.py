"""Behavior of free text invoices: defaults, due dates, amounts and tax of a line."""

from calendar import monthrange
from datetime import date, timedelta
from decimal import Decimal

from world.sandboxes.dynamics import _dimensions, _references, _tax
from world.sandboxes.dynamics._infolog import write_failed
from world.sandboxes.dynamics._iso4217 import EXACT, rounded, times
from world.sandboxes.dynamics._ledger_data import INVOICE_LINES, INVOICES
from world.sandboxes.dynamics._rates import Rates
from world.sandboxes.dynamics._rules import Change, Rule
from world.sandboxes.dynamics._schema import EntitySet, Row
from world.sandboxes.dynamics._session import Session
from world.sandboxes.dynamics._values import day, day_literal, plain

_MONTHS = 12


def lines_of(session: Session, invoice: Row) -> list[Row]:
    """Return an invoice's lines in their order."""
    lines = session.rows.find(INVOICE_LINES, "ParentRecId", invoice["InvoiceIdentifier"])
    return sorted(lines, key=lambda line: Decimal(line["LineNumber"]))


def due_date(session: Session, invoice: Row) -> str:
    """Return when an invoice is due by its terms of payment."""
    terms = _references.target(session, INVOICES, invoice, "TermsOfPayment")
    if terms is None:
        return str(invoice["InvoiceDate"])
    start = date.fromisoformat(day(invoice["InvoiceDate"]))
    month = start.month - 1 + terms["NumberOfMonths"]
    year, month = start.year + month // _MONTHS, month % _MONTHS + 1
    last = monthrange(year, month)[1]
    ends_month = terms["PaymentMethodType"] == "CurrentMth"
    base = date(year, month, last if ends_month else min(start.day, last))
    return day_literal((base + timedelta(days=terms["NumberOfDays"])).isoformat())


def displayed_rate(session: Session, invoice: Row) -> str:
    """Return the accounting currency for 100 units of the invoice's, 0 if no rate is valid."""
    company = session.known_company(invoice["dataAreaId"])
    if company is None:
        return "0"
    currency, on = invoice["CurrencyCode"], invoice["InvoiceDate"]
    rate = Rates(session).find(currency, company.currency, on) or Decimal(0)
    return plain(EXACT.multiply(rate, Decimal(100)).quantize(Decimal(10) ** -12, context=EXACT))


def _refuse_if_posted(entity: EntitySet, invoice: Row | None) -> None:
    if invoice and invoice["IsPosted"] == "Yes":
        number = invoice["FreeTextNumber"]
        raise write_failed(entity, [f"Invoice {number} is posted and cannot be changed"])


def _guard_invoice(change: Change) -> None:
    _refuse_if_posted(INVOICES, change.row)


def _number_invoice(change: Change) -> None:
    row = change.row
    if not row["InvoiceIdentifier"]:
        row["InvoiceIdentifier"] = row["_id"] = change.session.record_id()


def _finish_invoice(change: Change) -> None:
    session, row = change.session, change.row
    customer = _references.target(session, INVOICES, row, "CustomerAccount") or {}
    row["InvoiceAccount"] = (
        row["InvoiceAccount"] or customer.get("InvoiceAccount") or row["CustomerAccount"]
    )
    if change.before is None:
        row["SalesTaxGroupId"] = row["SalesTaxGroupId"] or customer.get("SalesTaxGroup", "")
        row["TermsOfPayment"] = row["TermsOfPayment"] or customer.get("PaymentTerms", "")
    elif change.before["CurrencyCode"] != row["CurrencyCode"] and lines_of(session, row):
        raise write_failed(INVOICES, ["The currency of an invoice with lines cannot be changed"])
    row["DueDate"] = due_date(session, row)
    row["ExchangeRate"] = displayed_rate(session, row)
    _dimensions.check_written(session, INVOICES, row, "DefaultDimensionDisplayValue")


def _delete_lines(change: Change) -> None:
    for line in lines_of(change.session, change.row):
        change.session.rows.delete(INVOICE_LINES, line)


def _guard_line(change: Change) -> None:
    _refuse_if_posted(INVOICE_LINES, _invoice(change))


def _finish_line(change: Change) -> None:
    _guard_line(change)
    session, row = change.session, change.row
    invoice = _invoice(change)
    if change.before is None and not row["SalesTaxGroupId"]:
        row["SalesTaxGroupId"] = invoice["SalesTaxGroupId"]
    currency = invoice["CurrencyCode"]
    net = _net(change, currency)
    row["TransactionCurrencyAmount"] = plain(net)
    taxes = _tax.of_line(session, row, net, currency)
    row["SalesTaxAmount"] = plain(sum((tax.amount for tax in taxes), Decimal(0)))
    _dimensions.check_written(session, INVOICE_LINES, row, "DefaultDimensionDisplayValue")


def _net(change: Change, currency: str) -> Decimal:
    """Return the amount as given, else quantity times price, rounded."""
    row, given = change.row, change.given
    amount = Decimal(row["TransactionCurrencyAmount"])
    if "TransactionCurrencyAmount" in given:
        if rounded(amount, currency) != amount:
            problem = f"The amount {amount} is not a multiple of the smallest unit of {currency}"
            raise write_failed(INVOICE_LINES, [problem])
        return amount
    if change.before is not None and not {"Quantity", "UnitPrice"} & set(given):
        return amount
    return rounded(times(Decimal(row["Quantity"]), Decimal(row["UnitPrice"])), currency)


def _invoice(change: Change) -> Row:
    return _references.target(change.session, INVOICE_LINES, change.row, "ParentRecId") or {}


INVOICE_RULES = {
    "FreeTextInvoiceHeaders": Rule(
        guard=_guard_invoice,
        prepare=_number_invoice,
        finish=_finish_invoice,
        deleted=_delete_lines,
    ),
    "FreeTextInvoiceLines": Rule(guard=_guard_line, finish=_finish_line),
}
