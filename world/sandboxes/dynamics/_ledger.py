"""The general ledger: entries of a voucher, balanced on each day in both currencies."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from world.sandboxes.dynamics import _dimensions
from world.sandboxes.dynamics._company import Company
from world.sandboxes.dynamics._infolog import not_posted
from world.sandboxes.dynamics._ledger_data import ACCOUNT_ENTRIES, JOURNAL_ENTRIES, MAIN_ACCOUNTS
from world.sandboxes.dynamics._schema import SEPARATOR, Row
from world.sandboxes.dynamics._session import Session
from world.sandboxes.dynamics._values import day, plain


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One amount on one account; debits are positive, credits negative.

    `amount` is in the transaction's `currency`, `accounting` in the company's.
    """

    date: str
    account: str
    posting_type: str
    currency: str
    amount: Decimal
    accounting: Decimal
    dimensions: str = ""
    text: str = ""
    quantity: Decimal = Decimal(0)


class Ledger:
    """A company's ledger, open for one posting."""

    def __init__(self, session: Session, company: Company) -> None:
        self._session = session
        self._company = company
        self._accounts: dict[str, Row | None] = {}

    def problems(
        self, *, accounts: Iterable[str], dates: Iterable[str], dimensions: Iterable[str]
    ) -> list[str]:
        """Return what forbids a posting with these, each problem once."""
        area = self._company.data_area
        found = [self._account_problem(account) for account in sorted(set(accounts))]
        found += [
            f"Fiscal period for {day(date)} is not open"
            for date in sorted(set(dates))
            if not self._company.is_open(day(date))
        ]
        for display in sorted(set(dimensions)):
            found += _dimensions.problems(self._session, area, display)
        return [problem for problem in dict.fromkeys(found) if problem]

    def book(
        self, voucher: str, document: str, category: str, entries: Sequence[Entry]
    ) -> list[dict[str, Any]]:
        """Keep the entries of a voucher and return them as the log shows them.

        Entries of nothing are left out.

        Raises:
            Refused: the entries do not balance.
        """
        booked = [entry for entry in entries if entry.amount or entry.accounting]
        check_balance(voucher, booked)
        headers: dict[str, int] = {}
        for entry in booked:
            if entry.date not in headers:
                headers[entry.date] = self._header(voucher, document, category, entry.date)
            self._keep(headers[entry.date], entry)
        return [self._shown(entry) for entry in booked]

    def _account_problem(self, account: str) -> str:
        row = self._account(account)
        if row is None:
            return f"Main account '{account}' does not exist"
        if row["IsSuspended"] == "Yes":
            return f"Main account '{account}' is suspended"
        return ""

    def _account(self, account: str) -> Row | None:
        if account not in self._accounts:
            self._accounts[account] = self._find_account(account)
        return self._accounts[account]

    def _find_account(self, account: str) -> Row | None:
        chart = self._company.chart
        if chart:
            return self._session.rows.get(MAIN_ACCOUNTS, SEPARATOR.join((chart, account)))
        rows = self._session.rows.find(MAIN_ACCOUNTS, "MainAccountId", account)
        return rows[0] if rows else None

    def _header(self, voucher: str, document: str, category: str, date: str) -> int:
        area = self._company.data_area
        identity = self._session.record_id()
        row = JOURNAL_ENTRIES.blank | {
            "_id": identity,
            "SourceKey": identity,
            "JournalNumber": f"{area.upper()}-{self._session.number(area, 'Journal'):08}",
            "SubledgerVoucher": voucher,
            "SubledgerVoucherDataAreaId": area,
            "AccountingDate": date,
            "DocumentDate": date,
            "DocumentNumber": document,
            "JournalCategory": category,
            "CreatedOn": self._session.now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        self._session.insert(JOURNAL_ENTRIES, row)
        return identity

    def _keep(self, header: int, entry: Entry) -> None:
        identity = self._session.record_id()
        account = self._account(entry.account)
        row = ACCOUNT_ENTRIES.blank | {
            "_id": identity,
            "SourceKey": identity,
            "GeneralJournalEntry": header,
            "LedgerAccount": self._display(entry),
            "MainAccount": account["_id"] if account else 0,
            "PostingType": entry.posting_type,
            "IsCredit": "Yes" if entry.amount < 0 else "No",
            "TransactionCurrencyCode": entry.currency,
            "TransactionCurrencyAmount": plain(entry.amount),
            "AccountingCurrencyAmount": plain(entry.accounting),
            "Quantity": plain(entry.quantity),
            "Text": entry.text,
        }
        self._session.insert(ACCOUNT_ENTRIES, row)

    def _display(self, entry: Entry) -> str:
        return _dimensions.account_display(self._session, entry.account, entry.dimensions)

    def _shown(self, entry: Entry) -> dict[str, Any]:
        return {
            "date": day(entry.date),
            "account": entry.account,
            "ledgerAccount": self._display(entry),
            "dimensions": entry.dimensions,
            "postingType": entry.posting_type,
            "text": entry.text,
            "currency": entry.currency,
            "amount": str(entry.amount),
            "accountingCurrency": self._company.currency,
            "accountingAmount": str(entry.accounting),
        }


def check_balance(voucher: str, entries: Iterable[Entry]) -> None:
    """Refuse entries that do not balance on each of their days, in each currency."""
    sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for entry in entries:
        sums[entry.date, entry.currency] += entry.amount
        sums[entry.date, ""] += entry.accounting
    open_on = sorted({day(date) for (date, _), amount in sums.items() if amount})
    if open_on:
        dates = ", ".join(open_on)
        raise not_posted([f"The transactions on voucher {voucher} do not balance as per {dates}"])
