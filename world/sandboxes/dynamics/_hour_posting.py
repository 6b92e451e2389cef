"""Posting an hour journal: Dr cost, Cr clearing with Hours times CostPrice for each line."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from world.sandboxes.dynamics import _references
from world.sandboxes.dynamics._company import Company
from world.sandboxes.dynamics._infolog import not_posted
from world.sandboxes.dynamics._iso4217 import MINOR_UNITS, rounded, times
from world.sandboxes.dynamics._ledger import Entry, Ledger
from world.sandboxes.dynamics._project_data import (
    HOUR_JOURNALS,
    HOUR_LINES,
    POSTED_TRANSACTIONS,
    RESOURCES,
)
from world.sandboxes.dynamics._rates import Rates
from world.sandboxes.dynamics._schema import SEPARATOR, Row
from world.sandboxes.dynamics._session import Session
from world.sandboxes.dynamics._values import day, plain


@dataclass(frozen=True, kw_only=True)
class _Priced:
    """A line with its cost in the currency it is priced in and in the company's."""

    line: Row
    transaction_id: str
    currency: str
    cost: Decimal
    accounting: Decimal
    sales: Decimal


def post_hours(session: Session, data_area: str, journal_id: str) -> dict[str, Any]:
    """Post a journal and return its voucher. Refused as a whole if any line is wrong."""
    journal = session.rows.get(HOUR_JOURNALS, SEPARATOR.join((data_area, journal_id)))
    if journal is None:
        raise not_posted([f"Journal {journal_id} does not exist in company {data_area}"])
    if journal["Posted"] == "Yes":
        raise not_posted([f"Journal {journal_id} is already posted"])
    company = session.company(data_area)
    lines = _lines(session, journal)
    ledger = Ledger(session, company)
    _check(session, company, ledger, lines)
    priced = _priced(session, company, lines)
    voucher = f"PRJ-{session.number(data_area, 'ProjVoucher'):08}"
    posted = journal | {"Posted": "Yes", "PostedUserId": session.settings.user_id}
    session.rows.put(HOUR_JOURNALS, posted)
    for each in priced:
        _keep(session, voucher, each)
    entries = [entry for each in priced for entry in _entries(company, each)]
    booked = ledger.book(voucher, journal_id, "Project", entries)
    session.log("hour_journal.posted", _logged(company, posted, voucher, priced, booked))
    return {"Voucher": voucher}


def _lines(session: Session, journal: Row) -> list[Row]:
    lines = session.rows.find(HOUR_LINES, "JournalId", journal["JournalBatchNumber"])
    if not lines:
        raise not_posted([f"Journal {journal['JournalBatchNumber']} has no lines"])
    return sorted(lines, key=lambda line: Decimal(line["LineNumber"]))


def _check(session: Session, company: Company, ledger: Ledger, lines: Sequence[Row]) -> None:
    problems = ledger.problems(
        accounts=(company.accounts.cost, company.accounts.clearing),
        dates=(line["VoucherDate"] for line in lines),
        dimensions=(line["DimensionDisplayValue"] for line in lines),
    )
    closed = session.settings.project_stages_closed
    by_project = {line["ProjectID"]: line for line in lines}
    for project_id, line in by_project.items():
        project = _references.target(session, HOUR_LINES, line, "ProjectID")
        if project is None:
            problems.append(f"Project {project_id} does not exist")
        elif project["ProjectStage"] in closed:
            stage = project["ProjectStage"]
            problems.append(f"Hours cannot be posted to project {project_id} in stage {stage}")
    if problems:
        raise not_posted(problems)


def _priced(session: Session, company: Company, lines: Sequence[Row]) -> list[_Priced]:
    rates = Rates(session)
    numbers = session.numbers(company.data_area, "ProjTransaction", len(lines))
    return [
        _price(session, company, rates, line, number)
        for line, number in zip(lines, numbers, strict=True)
    ]


def _price(session: Session, company: Company, rates: Rates, line: Row, number: int) -> _Priced:
    own = session.settings.cost_price_currency == "line" and line["CurrencyId"]
    currency = own or company.currency
    rate = rates.find(currency, company.currency, line["VoucherDate"])
    if rate is None or currency not in MINOR_UNITS:
        on = day(line["VoucherDate"])
        raise not_posted([f"No exchange rate from {currency} to {company.currency} on {on}"])
    hours = Decimal(line["Hours"])
    cost = rounded(times(hours, Decimal(line["CostPrice"])), currency)
    sales = times(hours, Decimal(line["SalesPrice"]))
    return _Priced(
        line=line,
        transaction_id=f"{company.data_area.upper()}-{number:09}",
        currency=currency,
        cost=cost,
        accounting=rounded(times(cost, rate), company.currency),
        sales=rounded(sales, line["CurrencyId"] or company.currency),
    )


def _entries(company: Company, priced: _Priced) -> tuple[Entry, Entry]:
    line = priced.line
    debit = Entry(
        date=line["VoucherDate"],
        account=company.accounts.cost,
        posting_type="ProjCost",
        currency=priced.currency,
        amount=priced.cost,
        accounting=priced.accounting,
        dimensions=line["DimensionDisplayValue"],
        text=line["Description"],
        quantity=Decimal(line["Hours"]),
    )
    credit = Entry(
        date=line["VoucherDate"],
        account=company.accounts.clearing,
        posting_type="ProjPayrollAllocation",
        currency=priced.currency,
        amount=-priced.cost,
        accounting=-priced.accounting,
        dimensions=line["DimensionDisplayValue"],
        text=line["Description"],
    )
    return debit, credit


def _keep(session: Session, voucher: str, priced: _Priced) -> None:
    line = priced.line
    session.rows.put(
        HOUR_LINES, line | {"Voucher": voucher, "TransactionID": priced.transaction_id}
    )
    at = SEPARATOR.join((line["ResourceId"], line["ResourceCompanyId"]))
    resource = session.rows.get(RESOURCES, at)
    row = POSTED_TRANSACTIONS.blank | {
        "dataAreaId": line["dataAreaId"],
        "TransactionId": priced.transaction_id,
        "ProjectId": line["ProjectID"],
        "CategoryId": line["Category"],
        "LinePropertyId": line["LineProperty"],
        "ResourceName": resource["Name"] if resource else "",
        "TransactionType": "Hour",
        "TransactionOrigin": "HourJournal",
        "TransactionDate": line["ProjectDate"],
        "CurrencyId": line["CurrencyId"],
        "Quantity": line["Hours"],
        "TotalCostAmount": plain(priced.cost),
        "TotalSalesAmount": plain(priced.sales),
    }
    session.insert(POSTED_TRANSACTIONS, row)


def _logged(
    company: Company,
    journal: Row,
    voucher: str,
    priced: Sequence[_Priced],
    entries: list[dict[str, Any]],
) -> dict[str, Any]:
    return {
        "dataAreaId": company.data_area,
        "journalId": journal["JournalBatchNumber"],
        "description": journal["Description"],
        "voucher": voucher,
        "accountingCurrency": company.currency,
        "lines": [_logged_line(each) for each in priced],
        "entries": entries,
    }


def _logged_line(priced: _Priced) -> dict[str, Any]:
    line = priced.line
    return {
        "lineNumber": line["LineNumber"],
        "description": line["Description"],
        "transactionId": priced.transaction_id,
        "projectId": line["ProjectID"],
        "resourceId": line["ResourceId"],
        "category": line["Category"],
        "lineProperty": line["LineProperty"],
        "dimensions": line["DimensionDisplayValue"],
        "projectDate": day(line["ProjectDate"]),
        "voucherDate": day(line["VoucherDate"]),
        "hours": line["Hours"],
        "costPrice": line["CostPrice"],
        "currency": priced.currency,
        "cost": str(priced.cost),
        "accountingCost": str(priced.accounting),
    }
