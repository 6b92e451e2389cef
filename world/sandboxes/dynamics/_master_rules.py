"""Behavior of master data: numbers, registered tax numbers, terms, who funds a contract."""

from world.sandboxes.dynamics._infolog import write_failed
from world.sandboxes.dynamics._iso4217 import MINOR_UNITS
from world.sandboxes.dynamics._master_data import (
    CURRENCIES,
    CUSTOMERS,
    PAYMENT_TERMS,
    VAT_NUMBERS,
)
from world.sandboxes.dynamics._project_data import FUNDING_SOURCES
from world.sandboxes.dynamics._rules import Change, Rule
from world.sandboxes.dynamics._schema import SEPARATOR

_MOST_DAYS, _MOST_MONTHS = 9_999, 120


def _number_customer(change: Change) -> None:
    session, row = change.session, change.row
    company = row["dataAreaId"]
    if not row["CustomerAccount"] and session.settings.customer_numbers_assigned:
        number = session.number(company, "Customer")
        row["CustomerAccount"] = f"{company.upper()}-{number:06}"
    if not row["PartyNumber"]:
        row["PartyNumber"] = f"{session.tx.next('Party'):09}"


def _check_customer(change: Change) -> None:
    session, row = change.session, change.row
    number = row["TaxExemptNumber"]
    if not number or not session.settings.tax_exempt_numbers_registered:
        return
    registered = session.rows.find(VAT_NUMBERS, "VATNum", number)
    if not any(other["dataAreaId"] == row["dataAreaId"] for other in registered):
        problem = (
            f"The value '{number}' in field 'Tax exempt number' is not found in the related"
            f" table '{VAT_NUMBERS.label}'"
        )
        raise write_failed(CUSTOMERS, [problem])


def _check_currency(change: Change) -> None:
    code = change.row["CurrencyCode"]
    if code not in MINOR_UNITS:
        raise write_failed(CURRENCIES, [f"The currency code '{code}' is not an ISO code"])


def _check_terms(change: Change) -> None:
    row = change.row
    if not 0 <= row["NumberOfDays"] <= _MOST_DAYS or not 0 <= row["NumberOfMonths"] <= _MOST_MONTHS:
        raise write_failed(PAYMENT_TERMS, ["The number of days or months is out of range"])


def _check_funding(change: Change) -> None:
    row = change.row
    key = SEPARATOR.join((row["dataAreaId"], row["CustomerOrOrganization"]))
    if row["FundingType"] == "Customer" and change.session.rows.get(CUSTOMERS, key) is None:
        problem = f"Customer '{row['CustomerOrOrganization']}' does not exist"
        raise write_failed(FUNDING_SOURCES, [problem])


MASTER_RULES = {
    "CustomersV3": Rule(prepare=_number_customer, finish=_check_customer),
    "Currencies": Rule(finish=_check_currency),
    "PaymentTerms": Rule(finish=_check_terms),
    "ProjectFundingSources": Rule(finish=_check_funding),
}
