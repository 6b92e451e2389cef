"""What an org's rows hold: a story's terms as their columns, and their columns as readings."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from world.stage import money
from world.stage.readings import CrmInvoice, Milestone, Price
from world.stage.salesforce_api import Record
from world.stage.terms import ClientTerms, DealTerms

CLIENT_FIELDS = {
    "street": "BillingStreet",
    "postal_code": "BillingPostalCode",
    "city": "BillingCity",
    "state": "BillingState",
    "country": "BillingCountry",
    "tax_status": "Tax_Status__c",
    "tax_id": "Tax_Id__c",
    "payment_terms": "Payment_Terms__c",
}
DEAL_FIELDS = {
    "entity": "Legal_Entity__c",
    "practice": "Practice__c",
    "billing_model": "Billing_Model__c",
    "billing_frequency": "Billing_Frequency__c",
    "service_start": "Service_Start__c",
    "service_end": "Service_End__c",
    "purchase_order": "Purchase_Order__c",
    "not_to_exceed": "Not_To_Exceed__c",
    "cap_policy": "Cap_Policy__c",
    "billing_threshold": "Billing_Threshold__c",
    "amount": "Amount",
}
INVOICE = {
    "Tiebeam_Key__c": "reference",
    "Number__c": "number",
    "Status__c": "status",
    "Net__c": "net",
    "Tax__c": "tax",
    "Gross__c": "gross",
    "Balance__c": "balance",
}
_CHOICES = {"Tax_Status__c", "Billing_Model__c", "Billing_Frequency__c", "Cap_Policy__c"}


def given(terms: ClientTerms | DealTerms, columns: Mapping[str, str]) -> Record:
    """Return what was given, also where it is None."""
    told = terms.model_dump(include=terms.model_fields_set & columns.keys())
    return {columns[name]: _value(columns[name], value) for name, value in told.items()}


def fields(terms: ClientTerms | DealTerms, columns: Mapping[str, str]) -> Record:
    """Return what has a value."""
    return {name: value for name, value in given(terms, columns).items() if value is not None}


def _value(column: str, value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()
    return value.capitalize() if column in _CHOICES and isinstance(value, str) else value


def price(item: Record, currency: str) -> Price:
    """Return the price that a line item is."""
    per_hour = money.padded(item["UnitPrice"], currency)
    return Price(
        role=item["ProductCode"],
        since=item["ServiceDate"],
        per_hour=per_hour,
        project=item["Project__c"],
    )


def milestone(line: Record, currency: str) -> Milestone:
    """Return the milestone that a line of the billing schedule is."""
    return Milestone(name=line["Name"], amount=money.padded(line["Amount__c"], currency))


def invoice(row: Record) -> CrmInvoice:
    """Return an invoice as sales sees it."""
    told = {ours: row[theirs] for theirs, ours in INVOICE.items()}
    for name, value in told.items():
        if isinstance(value, Decimal):
            told[name] = money.padded(value, row["CurrencyIsoCode"])
    return CrmInvoice.model_validate(told)
