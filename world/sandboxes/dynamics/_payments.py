"""A customer's payment, as finance posts it in the vendor's own pages, settled with an invoice.

Dr bank at the day's rate, Cr receivable at the invoice's; the difference is realized.
"""

from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from world.sandboxes.dynamics._business_events import calendar_day, raise_event
from world.sandboxes.dynamics._company import Company
from world.sandboxes.dynamics._infolog import not_posted
from world.sandboxes.dynamics._iso4217 import EXACT, rounded, times
from world.sandboxes.dynamics._ledger import Entry, Ledger
from world.sandboxes.dynamics._ledger_data import CUSTOMER_TRANSACTIONS
from world.sandboxes.dynamics._rates import Rates
from world.sandboxes.dynamics._schema import UNSET_DATE, Row
from world.sandboxes.dynamics._session import Session
from world.sandboxes.dynamics._values import day_literal, plain


class Payment(BaseModel):
    """What a person enters: which invoice is paid, on which day, how much of its currency."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    data_area: Annotated[str, StringConstraints(to_lower=True)] = Field(alias="dataAreaId")
    invoice: str
    amount: Annotated[Decimal, Field(gt=0)]
    date: Annotated[str, StringConstraints(pattern=r"^\d{4}-\d\d-\d\d$")]


def post_payment(session: Session, payment: Payment) -> dict[str, Any]:
    """Post and settle a payment, and return its voucher. Refused with what is against it."""
    company = session.company(payment.data_area)
    owed = _owed(session, payment)
    voucher = f"ARP-{session.number(payment.data_area, 'CustomerPaymentVoucher'):08}"
    entries = _entries(session, company, payment, owed)
    Ledger(session, company).book(voucher, payment.invoice, "Payment", entries)
    _settle(session, payment, owed, voucher, entries)
    members: dict[str, str | Decimal] = {
        "LegalEntity": payment.data_area,
        session.settings.payment_event_account: owed["AccountNum"],
        "PaymentDate": calendar_day(day_literal(payment.date)),
        "PaymentAmount": payment.amount,
        "CurrencyCode": owed["CurrencyCode"],
    }
    raise_event(session, session.settings.payment_event, payment.data_area, members)
    session.log("customer_payment.posted", payment.model_dump(mode="json") | {"voucher": voucher})
    return {"Voucher": voucher}


def _owed(session: Session, payment: Payment) -> Row:
    found = session.rows.find(CUSTOMER_TRANSACTIONS, "Invoice", payment.invoice)
    owed = [row for row in found if row["dataAreaId"] == payment.data_area]
    if not owed:
        raise not_posted([f"Invoice {payment.invoice} does not exist"])
    row = owed[0]
    still_open = Decimal(row["AmountCur"]) - Decimal(row["SettleAmountCur"])
    if payment.amount > still_open:
        text = f"{payment.amount} is more than the {still_open} that invoice {payment.invoice} owes"
        raise not_posted([text])
    if rounded(payment.amount, row["CurrencyCode"]) != payment.amount:
        raise not_posted([f"{payment.amount} is no amount of {row['CurrencyCode']}"])
    return row


def _entries(session: Session, company: Company, payment: Payment, owed: Row) -> list[Entry]:
    currency, on = owed["CurrencyCode"], day_literal(payment.date)
    accounts = company.accounts
    rate = Rates(session).find(currency, company.currency, on)
    problems = Ledger(session, company).problems(
        accounts=[accounts.bank, accounts.receivable], dates=[on], dimensions=[]
    )
    if rate is None:
        problems.append(f"No exchange rate from {currency} to {company.currency}")
    if problems or rate is None:
        raise not_posted(problems)
    received = rounded(times(payment.amount, rate), company.currency)
    released = _released(payment.amount, owed, company.currency)
    gain = received - released

    def entry(account: str, posting_type: str, amount: Decimal, accounting: Decimal) -> Entry:
        return Entry(
            date=on,
            account=account,
            posting_type=posting_type,
            currency=currency,
            amount=amount,
            accounting=accounting,
            text=payment.invoice,
        )

    entries = [
        entry(accounts.bank, "Bank", payment.amount, received),
        entry(accounts.receivable, "CustBalance", -payment.amount, -released),
    ]
    if gain:
        kind = "ExchRateGain" if gain > 0 else "ExchRateLoss"
        entries.append(entry(accounts.exchange_difference, kind, Decimal(0), -gain))
    return entries


def _released(amount: Decimal, owed: Row, currency: str) -> Decimal:
    """Return the payment's share of the receivable; the last payment takes the rest."""
    whole, total = Decimal(owed["AmountMST"]), Decimal(owed["AmountCur"])
    before = Decimal(owed["SettleAmountCur"])

    def share(settled: Decimal) -> Decimal:
        return rounded(EXACT.divide(times(whole, settled), total), currency)

    return share(before + amount) - share(before)


def _settle(
    session: Session, payment: Payment, owed: Row, voucher: str, entries: list[Entry]
) -> None:
    on = day_literal(payment.date)
    settled = Decimal(owed["SettleAmountCur"]) + payment.amount
    is_paid = settled == Decimal(owed["AmountCur"])
    session.rows.put(
        CUSTOMER_TRANSACTIONS,
        owed
        | {
            "SettleAmountCur": plain(settled),
            "Closed": on if is_paid else UNSET_DATE,
            "LastSettleVoucher": voucher,
            "_version": owed["_version"] + 1,
        },
    )
    identity = session.record_id()
    row = CUSTOMER_TRANSACTIONS.blank | {
        "_id": identity,
        "dataAreaId": payment.data_area,
        "SysRecId": identity,
        "AccountNum": owed["AccountNum"],
        "OrderAccount": owed["OrderAccount"],
        "TransDate": on,
        "DueDate": on,
        "CurrencyCode": owed["CurrencyCode"],
        "AmountCur": plain(-payment.amount),
        "AmountMST": plain(-entries[0].accounting),
        "SettleAmountCur": plain(-payment.amount),
        "Closed": on,
        "Voucher": voucher,
        "LastSettleVoucher": voucher,
    }
    session.insert(CUSTOMER_TRANSACTIONS, row)
