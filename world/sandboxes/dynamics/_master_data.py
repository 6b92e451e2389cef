"""Entity sets of master and tax data."""

from world.sandboxes.dynamics._enums import (
    HOLD,
    NO_YES,
    PAYMENT_TERM,
    RATE_FACTOR,
    WORKER_TYPE,
)
from world.sandboxes.dynamics._schema import EntitySet, choice, field

COMPANY = field("dataAreaId", "company", required=True, to="LegalEntities")

LEGAL_ENTITIES = EntitySet(
    name="LegalEntities",
    type_name="LegalEntity",
    table="OMLegalEntity",
    label="Legal entities",
    keys=("LegalEntityId",),
    fields=(
        field("LegalEntityId", "company", required=True),
        field("Name"),
        field("CompanyName"),
        field("AddressCountryRegionId"),
        field("VATNum"),
        field("LanguageId"),
        field("TimeZone"),
    ),
)
CUSTOMERS = EntitySet(
    name="CustomersV3",
    type_name="CustomerV3",
    table="CustCustomerV3Entity",
    label="Customers",
    keys=("dataAreaId", "CustomerAccount"),
    fields=(
        COMPANY,
        field("CustomerAccount", required=True),
        field("OrganizationName", required=True),
        field("PartyType", default="Organization"),
        field("CustomerGroupId", required=True, to="CustomerGroups"),
        field("SalesCurrencyCode", required=True, to="Currencies"),
        field("SalesTaxGroup", to="TaxGroups"),
        field("TaxExemptNumber"),
        field("PaymentTerms", to="PaymentTerms"),
        field("PaymentMethod"),
        field("InvoiceAccount", to="CustomersV3"),
        field("CreditLimit", "real"),
        choice("OnHoldStatus", HOLD),
        field("LanguageId", default="en-US"),
        field("DefaultDimensionDisplayValue"),
        *(
            field(f"{address}{part}")
            for address in ("Address", "DeliveryAddress", "InvoiceAddress")
            for part in ("Street", "City", "ZipCode", "State", "CountryRegionId")
        ),
        field("PrimaryContactEmail"),
        field("PartyNumber", server=True),
        field("ElectronicInvoiceEAN"),
    ),
    indexed=("TaxExemptNumber", "OrganizationName"),
)
CUSTOMER_GROUPS = EntitySet(
    name="CustomerGroups",
    type_name="CustomerGroup",
    table="CustCustomerGroupEntity",
    label="Customer groups",
    keys=("dataAreaId", "CustomerGroupId"),
    fields=(
        COMPANY,
        field("CustomerGroupId", required=True),
        field("Description"),
        field("PaymentTermId", to="PaymentTerms"),
        field("TaxGroupId", to="TaxGroups"),
        choice("IsSalesTaxIncludedInPrice", NO_YES),
    ),
)
PAYMENT_TERMS = EntitySet(
    name="PaymentTerms",
    type_name="PaymentTerm",
    table="PaymentTermEntity",
    label="Terms of payment",
    keys=("dataAreaId", "Name"),
    fields=(
        COMPANY,
        field("Name", required=True),
        field("Description"),
        field("NumberOfDays", "int"),
        field("NumberOfMonths", "int"),
        choice("PaymentMethodType", PAYMENT_TERM),
        field("CutoffDayOfMonth", "int"),
    ),
)
CURRENCIES = EntitySet(
    name="Currencies",
    type_name="Currency",
    table="CurrencyEntity",
    label="Currencies",
    keys=("CurrencyCode",),
    fields=(
        field("CurrencyCode", required=True),
        field("Name"),
        field("Symbol"),
        field("GeneralRoundingRule", "real"),
        field("RoundingRuleSalesOrders", "real"),
        field("RoundingRulePrices", "real"),
    ),
)
EXCHANGE_RATES = EntitySet(
    name="ExchangeRates",
    type_name="ExchangeRate",
    table="ExchangeRateEntity",
    label="Exchange rates",
    keys=("RateTypeName", "FromCurrency", "ToCurrency", "StartDate"),
    fields=(
        field("RateTypeName", required=True),
        field("FromCurrency", required=True, to="Currencies"),
        field("ToCurrency", required=True, to="Currencies"),
        field("StartDate", "date", required=True),
        field("EndDate", "date"),
        field("Rate", "real", required=True),
        choice("ConversionFactor", RATE_FACTOR, default="Hundred"),
    ),
    indexed=("FromCurrency",),
)
WORKERS = EntitySet(
    name="Workers",
    type_name="Worker",
    table="HcmWorkerEntity",
    label="Workers",
    keys=("PersonnelNumber",),
    fields=(
        field("PersonnelNumber", required=True),
        field("Name"),
        field("FirstName"),
        field("LastName"),
        field("WorkerStatus"),
        choice("WorkerType", WORKER_TYPE),
        field("OriginalHireDateTime", "datetime"),
    ),
)
TAX_GROUPS = EntitySet(
    name="TaxGroups",
    type_name="TaxGroup",
    table="TaxGroupEntity",
    label="Sales tax groups",
    keys=("dataAreaId", "TaxGroupCode"),
    fields=(
        COMPANY,
        field("TaxGroupCode", required=True),
        field("Description"),
        choice("EUTrade_W", NO_YES),
        field("RoundingBy"),
        choice("TaxReverseOnCashDiscount", NO_YES),
    ),
)
TAX_GROUP_DATAS = EntitySet(
    name="TaxGroupDatas",
    type_name="TaxGroupData",
    table="TaxGroupDataEntity",
    label="Sales tax codes of a sales tax group",
    keys=("dataAreaId", "TaxGroupId", "TaxCodeId"),
    fields=(
        COMPANY,
        field("TaxGroupId", required=True, to="TaxGroups"),
        field("TaxCodeId", required=True, to="TaxCodes"),
        choice("ReverseCharge", NO_YES),
        choice("ExemptTax", NO_YES),
        field("TaxExemptCodeId"),
        choice("IntracomVAT", NO_YES),
        choice("UseTax", NO_YES),
    ),
    indexed=("TaxGroupId",),
)
TAX_ITEM_GROUPS = EntitySet(
    name="TaxItemGroups",
    type_name="TaxItemGroup",
    table="TaxItemGroupEntity",
    label="Item sales tax groups",
    keys=("dataAreaId", "TaxItemGroupCode", "TaxCodeId"),
    fields=(
        COMPANY,
        field("TaxItemGroupCode", required=True),
        field("TaxCodeId", required=True, to="TaxCodes"),
        choice("ExemptTax", NO_YES),
        field("TaxExemptCode"),
        field("EUSalesListType"),
    ),
    indexed=("TaxItemGroupCode",),
)
TAX_CODES = EntitySet(
    name="TaxCodes",
    type_name="TaxCode",
    table="TaxCodeEntity",
    label="Sales tax codes",
    keys=("dataAreaId", "TaxCode"),
    fields=(
        COMPANY,
        field("TaxCode", required=True),
        field("TaxName"),
        field("TaxCurrencyCodeId", to="Currencies"),
        field("TaxPeriodId"),
    ),
)
VAT_NUMBERS = EntitySet(
    name="VATNumTables",
    type_name="VATNumTable",
    table="TaxVATNumTableEntity",
    label="Tax exempt numbers",
    keys=("dataAreaId", "VATNum", "CountryRegionId"),
    fields=(
        COMPANY,
        field("VATNum", required=True),
        field("CountryRegionId", required=True),
        field("Name"),
    ),
    indexed=("VATNum",),
)

MASTER_DATA = (
    LEGAL_ENTITIES,
    CUSTOMERS,
    CUSTOMER_GROUPS,
    PAYMENT_TERMS,
    CURRENCIES,
    EXCHANGE_RATES,
    WORKERS,
    TAX_GROUPS,
    TAX_GROUP_DATAS,
    TAX_ITEM_GROUPS,
    TAX_CODES,
    VAT_NUMBERS,
)
