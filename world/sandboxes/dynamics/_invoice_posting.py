"""Posting a free text invoice: Dr receivable gross, Cr revenue net of each line, Cr tax."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from world.sandboxes.dynamics import _dimensions, _tax
from world.sandboxes.dynamics._company import Company
from world.sandboxes.dynamics._infolog import not_posted
from world.sandboxes.dynamics._invoice_rules import displayed_rate, due_date, lines_of
from world.sandboxes.dynamics._iso4217 import rounded, times
from world.sandboxes.dynamics._ledger import Entry, Ledger
from world.sandboxes.dynamics._ledger_data import CUSTOMER_TRANSACTIONS, INVOICE_LINES, INVOICES
from world.sandboxes.dynamics._master_data import CUSTOMERS
from world.sandboxes.dynamics._rates import Rates
from world.sandboxes.dynamics._schema import SEPARATOR, Row
from world.sandboxes.dynamics._session import Session
from world.sandboxes.dynamics._values import day, plain

_HOLDS = {"Invoice", "All"}


@dataclass(frozen=True, kw_only=True)
class _Line:
    """A line ready to post: its revenue account and dimensions, its taxes."""

    row: Row
    account: str
    dimensions: str
    net: Decimal
    taxes: list[_tax.Tax]

    @property
    def tax(self) -> Decimal:
        return sum((tax.amount for tax in self.taxes), Decimal(0))


@dataclass(frozen=True, kw_only=True)
class _Document:
    """An invoice ready to post; `rate` turns its currency into the company's."""

    invoice: Row
    company: Company
    lines: list[_Line]
    rate: Decimal

    @property
    def net(self) -> Decimal:
        return sum((line.net for line in self.lines), Decimal(0))

    @property
    def tax(self) -> Decimal:
        return sum((line.tax for line in self.lines), Decimal(0))

    def converted(self, amount: Decimal) -> Decimal:
        """Return an amount in the accounting currency, rounded."""
        return rounded(times(amount, self.rate), self.company.currency)


def post_invoice(session: Session, data_area: str, invoice_id: int) -> dict[str, Any]:
    """Post an invoice and return its number and voucher. Refused if anything is wrong."""
    document = _document(session, _unposted(session, data_area, invoice_id))
    number = f"FTI-{session.number(data_area, 'FreeTextInvoice'):08}"
    voucher = f"FTIV-{session.number(data_area, 'FreeTextInvoiceVoucher'):08}"
    posted = document.invoice | {"FreeTextNumber": number, "IsPosted": "Yes"}
    session.rows.put(INVOICES, posted)
    for line in document.lines:
        session.rows.put(INVOICE_LINES, line.row | {"SalesTaxAmount": plain(line.tax)})
    entries = _entries(document, number)
    booked = Ledger(session, document.company).book(voucher, number, "Cust", entries)
    _keep_transaction(session, document, number, voucher)
    session.log("free_text_invoice.posted", _logged(document, number, voucher, booked))
    return {"InvoiceNumber": number, "Voucher": voucher}


def _unposted(session: Session, data_area: str, invoice_id: int) -> Row:
    invoice = session.rows.get(INVOICES, SEPARATOR.join((data_area, str(invoice_id))))
    if invoice is None:
        raise not_posted([f"Invoice {invoice_id} does not exist in company {data_area}"])
    if invoice["IsPosted"] == "Yes":
        raise not_posted([f"Invoice {invoice['FreeTextNumber']} is already posted"])
    return invoice


def _document(session: Session, invoice: Row) -> _Document:
    company = session.company(invoice["dataAreaId"])
    rows = lines_of(session, invoice)
    if not rows:
        raise not_posted([f"Invoice {invoice['InvoiceIdentifier']} has no lines"])
    lines = _lines(session, company, invoice["CurrencyCode"], rows)
    problems = _held(session, invoice) + Ledger(session, company).problems(
        accounts=[
            *(line.account for line in lines), company.accounts.receivable, company.accounts.tax
        ],  # fmt: skip
        dates=[invoice["InvoiceDate"]],
        dimensions=[line.dimensions for line in lines],
    )
    on = invoice["InvoiceDate"]
    rate = Rates(session).find(invoice["CurrencyCode"], company.currency, on)
    if rate is None:
        pair = f"{invoice['CurrencyCode']} to {company.currency}"
        problems.append(f"No exchange rate from {pair} on {day(on)}")
    if problems or rate is None:
        raise not_posted(problems)
    dated = {"DueDate": due_date(session, invoice), "ExchangeRate": displayed_rate(session, invoice)}  # fmt: skip # noqa: E501
    return _Document(invoice=invoice | dated, company=company, lines=lines, rate=rate)


def _lines(session: Session, company: Company, currency: str, rows: Sequence[Row]) -> list[_Line]:
    nets = [Decimal(row["TransactionCurrencyAmount"]) for row in rows]
    taxes = [
        _tax.of_line(session, row, net, currency) for row, net in zip(rows, nets, strict=True)
    ]
    if session.settings.tax_rounding == "document":
        taxes = _tax.spread(taxes, currency)
    lines = []
    for row, net, taxed in zip(rows, nets, taxes, strict=True):
        account, dimensions = _dimensions.main_account(session, row["MainAccountDisplayValue"])
        lines.append(
            _Line(
                row=row,
                account=account or company.accounts.revenue,
                dimensions=row["DefaultDimensionDisplayValue"] or dimensions,
                net=rounded(net, currency),
                taxes=taxed,
            )
        )
    return lines


def _held(session: Session, invoice: Row) -> list[str]:
    problems = []
    for account in dict.fromkeys((invoice["CustomerAccount"], invoice["InvoiceAccount"])):
        customer = session.rows.get(CUSTOMERS, SEPARATOR.join((invoice["dataAreaId"], account)))
        hold = customer["OnHoldStatus"] if customer else "No"
        if hold in _HOLDS:
            problems.append(f"Customer account {account} is on hold for {hold}")
    return problems


def _entries(document: _Document, number: str) -> list[Entry]:
    """Return the entries; in accounting currency the last revenue line takes the rest."""
    gross = document.net + document.tax
    taxes = [
        _entry(document, document.company.accounts.tax, "Tax", -amount, text=code)
        for code, amount in _tax_by_code(document).items()
    ]
    revenue = [
        _entry(
            document, line.account, "CustRevenue", -line.net,
            text=line.row["Description"] or line.row["InvoiceText"], dimensions=line.dimensions,
        )  # fmt: skip
        for line in document.lines
        if line.net
    ]
    receivable = _entry(
        document, document.company.accounts.receivable, "CustBalance", gross, text=number
    )
    entries = [receivable, *taxes, *revenue]
    rest = sum((entry.accounting for entry in entries), Decimal(0))
    if rest and revenue:
        entries[-1] = replace(revenue[-1], accounting=revenue[-1].accounting - rest)
    return entries


def _entry(
    document: _Document,
    account: str,
    posting_type: str,
    amount: Decimal,
    *,
    text: str,
    dimensions: str = "",
) -> Entry:
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


def _tax_by_code(document: _Document) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = {}
    for line in document.lines:
        for tax in line.taxes:
            sums[tax.code.name] = sums.get(tax.code.name, Decimal(0)) + tax.amount
    return sums


def _keep_transaction(session: Session, document: _Document, number: str, voucher: str) -> None:
    invoice = document.invoice
    identity = session.record_id()
    gross = document.net + document.tax
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
        "AmountCur": plain(gross),
        "AmountMST": plain(document.converted(gross)),
        "Voucher": voucher,
        "PaymTermId": invoice["TermsOfPayment"],
    }
    session.insert(CUSTOMER_TRANSACTIONS, row)


def _logged(
    document: _Document, number: str, voucher: str, entries: list[dict[str, Any]]
) -> dict[str, Any]:
    invoice = document.invoice
    gross = document.net + document.tax
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
        "gross": str(gross),
        "accountingGross": str(document.converted(gross)),
        "lines": [_logged_line(line) for line in document.lines],
        "entries": entries,
    }


def _logged_line(line: _Line) -> dict[str, Any]:
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
