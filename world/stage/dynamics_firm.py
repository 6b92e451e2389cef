"""The firm as rows of Dynamics 365: what finance sets up before the first deal. Pure."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from itertools import chain
from typing import NamedTuple

from world.stage.dynamics_api import Record, noon
from world.stage.firm import Firm, LegalEntity
from world.stage.terms import Client, Existing

_CHART = "Shared"
_ITEM_GROUP = "FULL"
_YES_NO = {True: "Yes", False: "No"}
_PROJECT_TYPES = {"time and materials": "TimeMaterial", "milestones": "FixedPrice"}
_HUNDRED = Decimal(100)
_SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£"}


class Row(NamedTuple):
    """A row that has to be there, and the fields that it is known by."""

    entity_set: str
    keys: tuple[str, ...]
    fields: Record


def area(entity: str) -> str:
    """Return how the ledger spells a legal entity."""
    return entity.lower()


def rows(firm: Firm) -> list[Row]:
    """Return everything, each row after those that it refers to."""
    return list(
        chain(
            _shared(firm),
            *(_of_entity(key, entity, firm) for key, entity in firm.entities.items()),
            _people(firm),
            _rates(firm),
        )
    )


def company(key: str, firm: Firm) -> Record:
    """Return the set-up of a legal entity's ledger."""
    entity, accounts = firm.entities[key], firm.accounts
    return {
        "dataAreaId": area(key),
        "accountingCurrency": entity.currency,
        "tax_percentages": {code: str(percent) for code, percent in entity.tax_codes.items()},
        "accounts": {
            "receivable": accounts.receivable,
            "revenue": accounts.revenue_time_and_materials,
            "tax": accounts.tax,
            "cost": accounts.cost,
            "clearing": accounts.clearing,
        },
        "open_periods": [
            [year.first_day.isoformat(), (year.last_day + timedelta(days=1)).isoformat()]
            for year in firm.fiscal_years
        ],
    }


def tax_number(entity: str, tax_id: str, country: str, name: str) -> Row:
    """Return a client's VAT id in the register of a legal entity."""
    fields = {
        "dataAreaId": area(entity),
        "VATNum": tax_id,
        "CountryRegionId": country,
        "Name": name,
    }
    return Row("VATNumTables", ("dataAreaId", "VATNum", "CountryRegionId"), fields)


def customer(existing: Existing, client: Client, group: str) -> Row:
    """Return a customer as finance enters it by hand."""
    fields = {
        "dataAreaId": area(existing.entity),
        "CustomerAccount": existing.customer,
        "OrganizationName": client.name,
        "CustomerGroupId": group,
        "SalesCurrencyCode": client.currency,
        "TaxExemptNumber": client.tax_id or "",
        "PaymentTerms": client.payment_terms or "",
        "AddressStreet": client.street or "",
        "AddressCity": client.city or "",
        "AddressZipCode": client.postal_code or "",
        "AddressCountryRegionId": client.country or "",
    }
    return Row("CustomersV3", ("dataAreaId", "CustomerAccount"), fields)


def _shared(firm: Firm) -> Iterator[Row]:
    for code in firm.currencies:
        fields = {"CurrencyCode": code, "Name": code, "Symbol": _SYMBOLS.get(code, code)}
        yield Row("Currencies", ("CurrencyCode",), fields)
    for use, account in firm.accounts.model_dump().items():
        fields = {
            "ChartOfAccounts": _CHART,
            "MainAccountId": account,
            "Name": use.replace("_", " ").capitalize(),
        }
        yield Row("MainAccounts", ("ChartOfAccounts", "MainAccountId"), fields)
    for practice, unit in firm.practices.items():
        fields = {
            "FinancialDimension": "BusinessUnit",
            "LegalEntityId": "",
            "DimensionValue": unit,
            "Description": practice,
        }
        keys = ("FinancialDimension", "LegalEntityId", "DimensionValue")
        yield Row("FinancialDimensionValues", keys, fields)
    for role in firm.roles.values():
        fields = {"CategoryId": role.category, "Name": role.name}
        yield Row("ProjectTransactionCategories", ("CategoryId",), fields)


def _of_entity(key: str, entity: LegalEntity, firm: Firm) -> Iterator[Row]:
    fields = {
        "LegalEntityId": area(key),
        "Name": entity.name,
        "CompanyName": entity.name,
        "AddressCountryRegionId": entity.country,
        "VATNum": entity.tax_id,
        "LanguageId": entity.language,
        "TimeZone": entity.time_zone,
    }
    yield Row("LegalEntities", ("LegalEntityId",), fields)
    yield from _tax(key, entity)
    yield from _terms(key, firm)


def _tax(key: str, entity: LegalEntity) -> Iterator[Row]:
    own = {"dataAreaId": area(key)}
    for code, percent in entity.tax_codes.items():
        names = {"TaxName": f"{percent} %", "TaxCurrencyCodeId": entity.currency}
        yield Row("TaxCodes", ("dataAreaId", "TaxCode"), own | names | {"TaxCode": code})
        item = {"TaxItemGroupCode": _ITEM_GROUP, "TaxCodeId": code}
        yield Row("TaxItemGroups", ("dataAreaId", "TaxItemGroupCode", "TaxCodeId"), own | item)
    for group, tax in entity.tax_groups.items():
        named = {"TaxGroupCode": group, "Description": group}
        yield Row("TaxGroups", ("dataAreaId", "TaxGroupCode"), own | named)
        how = {
            "TaxGroupId": group,
            "TaxCodeId": tax.code,
            "ReverseCharge": _YES_NO[tax.reverse_charge],
            "ExemptTax": _YES_NO[tax.exempt],
        }
        yield Row("TaxGroupDatas", ("dataAreaId", "TaxGroupId", "TaxCodeId"), own | how)


def _terms(key: str, firm: Firm) -> Iterator[Row]:
    own = {"dataAreaId": area(key)}
    for name, days in firm.payment_terms.items():
        term = {"Name": name, "Description": f"{days} days net", "NumberOfDays": days}
        yield Row("PaymentTerms", ("dataAreaId", "Name"), own | term)
    for status, group in firm.customer_groups.items():
        named = {"CustomerGroupId": group, "Description": status.capitalize()}
        yield Row("CustomerGroups", ("dataAreaId", "CustomerGroupId"), own | named)
    for group, model in firm.project_groups.items():
        kind = {"ProjectGroup": group, "Name": model, "ProjectType": _PROJECT_TYPES[model]}
        yield Row("ProjectGroups", ("dataAreaId", "ProjectGroup"), own | kind)
    line = {
        "LinePropertyId": firm.line_property,
        "Name": "Not billed by the ledger",
        "IsChargeable": "No",
        "CostPercentage": 100,
    }
    yield Row("ProjectLineProperties", ("dataAreaId", "LinePropertyId"), own | line)


def _people(firm: Firm) -> Iterator[Row]:
    for person in firm.people.values():
        worker = {"PersonnelNumber": person.employee, "Name": person.name}
        yield Row("Workers", ("PersonnelNumber",), worker)
        resource = {
            "ResourceId": person.employee,
            "ResourceCompanyId": area(person.entity),
            "PersonnelNumber": person.employee,
            "Name": person.name,
        }
        yield Row("ProjectResources", ("ResourceId", "ResourceCompanyId"), resource)


def _rates(firm: Firm) -> Iterator[Row]:
    keys = ("RateTypeName", "FromCurrency", "ToCurrency", "StartDate")
    for quoted in firm.exchange_rates:
        fields = {
            "RateTypeName": "Default",
            "FromCurrency": quoted.from_currency,
            "ToCurrency": quoted.to_currency,
            "StartDate": noon(quoted.since),
            "Rate": quoted.rate * _HUNDRED,
            "ConversionFactor": "Hundred",
        }
        yield Row("ExchangeRates", keys, fields)
