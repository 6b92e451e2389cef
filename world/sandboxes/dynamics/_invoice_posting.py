"""Posting a free text invoice: Dr receivable gross, Cr revenue net of each line, Cr tax."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from world.sandboxes.dynamics._business_events import calendar_day, raise_event
from world.sandboxes.dynamics._event_data import INVOICE_POSTED
from world.sandboxes.dynamics._infolog import not_posted
from world.sandboxes.dynamics._invoice_document import Document, Line, ready
from world.sandboxes.dynamics._ledger import Entry, Ledger
from world.sandboxes.dynamics._ledger_data import CUSTOMER_TRANSACTIONS, INVOICE_LINES, INVOICES
from world.sandboxes.dynamics._schema import SEPARATOR, Row
from world.sandboxes.dynamics._session import Session
from world.sandboxes.dynamics._values import day, plain


def post_invoice(session: Session, data_area: str, invoice_id: int) -> dict[str, Any]:
    """Post an invoice and return its number and voucher. Refused if anything is wrong."""
    document = ready(session, _unposted(session, data_area, invoice_id))
    number = f"FTI-{session.number(data_area, 'FreeTextInvoice'):08}"
    voucher = f"FTIV-{session.number(data_area, 'FreeTextInvoiceVoucher'):08}"
    posted = document.invoice | {"FreeTextNumber": number, "IsPosted": "Yes"}
    session.rows.put(INVOICES, posted)
    for line in document.lines:
        session.rows.put(INVOICE_LINES, line.row | {"SalesTaxAmount": plain(line.tax)})
    entries = _entries(document, number)
    booked = Ledger(session, document.company).book(voucher, number, "Cust", entries)
    _keep_transaction(session, document, number, voucher)
    raise_event(session, INVOICE_POSTED, data_area, _told(document, number))
    session.log("free_text_invoice.posted", _logged(document, number, voucher, booked))
    return {"InvoiceNumber": number, "Voucher": voucher}


def _told(document: Document, number: str) -> dict[str, str | Decimal]:
    """Return the event's own members; those of the amounts are a choice."""
    invoice = document.invoice
    return {
        "LegalEntity": invoice["dataAreaId"],
        "InvoiceAccount": invoice["InvoiceAccount"],
        "InvoiceId": number,
        "InvoiceDate": calendar_day(invoice["InvoiceDate"]),
        "InvoiceDueDate": calendar_day(invoice["DueDate"]),
        "InvoiceAmountInAccountingCurrency": document.converted(document.gross),
        "InvoiceTaxAmount": document.converted(document.tax),
    }


def _unposted(session: Session, data_area: str, invoice_id: int) -> Row:
    invoice = session.rows.get(INVOICES, SEPARATOR.join((data_area, str(invoice_id))))
    if invoice is None:
        raise not_posted([f"Invoice {invoice_id} does not exist in company {data_area}"])
    if invoice["IsPosted"] == "Yes":
        raise not_posted([f"Invoice {invoice['FreeTextNumber']} is already posted"])
    return invoice


def _entries(document: Document, number: str) -> list[Entry]:
    """Return the entries; in accounting currency the last revenue line takes the rest."""
    accounts = document.company.accounts
    entries = [_entry(document, (accounts.receivable, "CustBalance"), document.gross, number)]
    for code, amount in _tax_by_code(document).items():
        entries.append(_entry(document, (accounts.tax, "Tax"), -amount, code))
    revenue = [line for line in document.lines if line.net]
    for line in revenue:
        text = line.row["Description"] or line.row["InvoiceText"]
        side = (line.account, "CustRevenue")
        entries.append(_entry(document, side, -line.net, text, line.dimensions))
    rest = sum((entry.accounting for entry in entries), Decimal(0))
    if rest and revenue:
        entries[-1] = replace(entries[-1], accounting=entries[-1].accounting - rest)
    return entries


def _entry(
    document: Document, side: tuple[str, str], amount: Decimal, text: str, dimensions: str = ""
) -> Entry:
    """Return an entry on one side: an account and its posting type."""
    account, posting_type = side
    return Entry(
        date=document.invoice["InvoiceDate"],
        account=account,
        posting_type=posting_type,
        currency=document.invoice["CurrencyCode"],
        amount=amount,
        accounting=document.converted(amount),
        dimensions=dimensions,
        text=text,
    )


def _tax_by_code(document: Document) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = {}
    for line in document.lines:
        for tax in line.taxes:
            sums[tax.code.name] = sums.get(tax.code.name, Decimal(0)) + tax.amount
    return sums


def _keep_transaction(session: Session, document: Document, number: str, voucher: str) -> None:
    invoice = document.invoice
    identity = session.record_id()
    row = CUSTOMER_TRANSACTIONS.blank | {
        "_id": identity,
        "dataAreaId": invoice["dataAreaId"],
        "SysRecId": identity,
        "AccountNum": invoice["InvoiceAccount"],
        "OrderAccount": invoice["CustomerAccount"],
        "Invoice": number,
        "TransDate": invoice["InvoiceDate"],
        "DueDate": invoice["DueDate"],
        "CurrencyCode": invoice["CurrencyCode"],
        "AmountCur": plain(document.gross),
        "AmountMST": plain(document.converted(document.gross)),
        "Voucher": voucher,
        "PaymTermId": invoice["TermsOfPayment"],
    }
    session.insert(CUSTOMER_TRANSACTIONS, row)


def _logged(
    document: Document, number: str, voucher: str, entries: list[dict[str, Any]]
) -> dict[str, Any]:
    invoice = document.invoice
    return {
        "dataAreaId": invoice["dataAreaId"],
        "invoiceId": invoice["InvoiceIdentifier"],
        "externalInvoiceId": invoice["ExternalInvoiceId"],
        "invoiceNumber": number,
        "voucher": voucher,
        "customerAccount": invoice["CustomerAccount"],
        "invoiceAccount": invoice["InvoiceAccount"],
        "customerReference": invoice["CustomerReference"],
        "invoiceDate": day(invoice["InvoiceDate"]),
        "dueDate": day(invoice["DueDate"]),
        "currency": invoice["CurrencyCode"],
        "accountingCurrency": document.company.currency,
        "exchangeRate": invoice["ExchangeRate"],
        "net": str(document.net),
        "tax": str(document.tax),
        "gross": str(document.gross),
        "accountingGross": str(document.converted(document.gross)),
        "lines": [_logged_line(line) for line in document.lines],
        "entries": entries,
    }


def _logged_line(line: Line) -> dict[str, Any]:
    row = line.row
    return {
        "lineNumber": row["LineNumber"],
        "description": row["Description"],
        "invoiceText": row["InvoiceText"],
        "projectId": row["ProjectID"],
        "categoryId": row["CategoryId"],
        "account": line.account,
        "dimensions": line.dimensions,
        "quantity": row["Quantity"],
        "unitPrice": row["UnitPrice"],
        "net": str(line.net),
        "tax": str(line.tax),
        "salesTaxGroup": row["SalesTaxGroupId"],
        "taxes": [
            {
                "code": tax.code.name,
                "percentage": plain(tax.code.percentage),
                "base": str(tax.base),
                "amount": str(tax.amount),
                "reverseCharge": tax.code.reverse_charge,
                "exempt": tax.code.exempt,
            }
            for tax in line.taxes
        ],
    }
