"""Entity sets of receivables and the general ledger."""

from world.sandboxes.dynamics._enums import NO_YES, POSTING_LAYER, POSTING_TYPE
from world.sandboxes.dynamics._master_data import COMPANY
from world.sandboxes.dynamics._schema import EntitySet, Reference, choice, field

_BY_LEGAL_ENTITY = Reference("LegalEntities", (("LegalEntityId", "LegalEntityId"),))
_ITEM_GROUP = Reference("TaxItemGroups", (("TaxItemGroupCode", "SalesTaxItemGroupId"),))

MAIN_ACCOUNTS = EntitySet(
    name="MainAccounts",
    type_name="MainAccount",
    table="MainAccountEntity",
    label="Main accounts",
    keys=("ChartOfAccounts", "MainAccountId"),
    fields=(
        field("ChartOfAccounts", required=True),
        field("MainAccountId", required=True),
        field("Name"),
        field("MainAccountType"),
        choice("IsSuspended", NO_YES),
        field("ActiveFrom", "date"),
        field("ActiveTo", "date"),
        choice("DoNotAllowManualEntry", NO_YES),
        field("PostingType"),
    ),
    indexed=("MainAccountId",),
)
DIMENSION_VALUES = EntitySet(
    name="FinancialDimensionValues",
    type_name="DimensionValue",
    table="DimAttributeFinancialTagEntity",
    label="Financial dimension values",
    keys=("FinancialDimension", "LegalEntityId", "DimensionValue"),
    fields=(
        field("FinancialDimension", required=True),
        # Empty for a dimension that all companies share.
        field("LegalEntityId", "company", to=_BY_LEGAL_ENTITY),
        field("DimensionValue", required=True),
        field("Description"),
        choice("IsSuspended", NO_YES),
        choice("IsBlockedForManualEntry", NO_YES),
        choice("IsTotal", NO_YES),
        field("ActiveFrom", "date"),
        field("ActiveTo", "date"),
        field("Owner"),
    ),
)
INVOICES = EntitySet(
    name="FreeTextInvoiceHeaders",
    type_name="FreeTextInvoiceHeader",
    table="CustFreeTextInvoiceHeaderEntity",
    label="Free text invoices",
    keys=("dataAreaId", "InvoiceIdentifier"),
    fields=(
        COMPANY,
        field("InvoiceIdentifier", "recid", server=True),
        field("CustomerAccount", required=True, to="CustomersV3"),
        field(
            "InvoiceAccount", to=Reference("CustomersV3", (("CustomerAccount", "InvoiceAccount"),))
        ),
        field("InvoiceDate", "date", required=True),
        field("DueDate", "date", server=True),
        field("DocumentDate", "date"),
        field("CurrencyCode", required=True, to="Currencies"),
        field("ExchangeRate", "real", server=True),
        field("TermsOfPayment", to="PaymentTerms"),
        field("SalesTaxGroupId", to="TaxGroups"),
        field("CustomerReference"),
        field("CustomerRequisition"),
        field("ExternalInvoiceId"),
        field("PostingProfile"),
        field("DefaultDimensionDisplayValue"),
        field("FreeTextNumber", server=True, default="Not posted"),
        choice("IsPosted", NO_YES, server=True),
    ),
    indexed=("ExternalInvoiceId", "FreeTextNumber", "CustomerAccount"),
)
INVOICE_LINES = EntitySet(
    name="FreeTextInvoiceLines",
    type_name="FreeTextInvoiceLine",
    table="CustFreeTextInvoiceLineEntity",
    label="Free text invoice lines",
    keys=("dataAreaId", "LineNumber", "ParentRecId"),
    fields=(
        COMPANY,
        field("LineNumber", "real", required=True),
        field("ParentRecId", "recid", required=True, to="FreeTextInvoiceHeaders"),
        field("Description"),
        field("InvoiceText"),
        field("MainAccountDisplayValue"),
        field("Quantity", "real"),
        field("UnitPrice", "real"),
        field("TransactionCurrencyAmount", "real"),
        field("SalesTaxGroupId", to="TaxGroups"),
        field("SalesTaxItemGroupId", to=_ITEM_GROUP),
        field("SalesTaxAmount", "real", server=True),
        choice("OverrideSalesTax", NO_YES),
        field("ProjectID", to="ProjectsV2"),
        field("CategoryId", to="ProjectTransactionCategories"),
        field("DefaultDimensionDisplayValue"),
    ),
    indexed=("ParentRecId",),
)
CUSTOMER_TRANSACTIONS = EntitySet(
    name="CustTransactions",
    type_name="CustTransaction",
    table="CustTransEntity",
    label="Customer transactions",
    keys=("dataAreaId", "SysRecId"),
    fields=(
        COMPANY,
        field("SysRecId", "recid"),
        field("AccountNum"),
        field("OrderAccount"),
        field("Invoice"),
        field("TransDate", "date"),
        field("DueDate", "date"),
        field("CurrencyCode"),
        field("AmountCur", "real"),
        field("AmountMST", "real"),
        field("SettleAmountCur", "real"),
        field("Closed", "date"),
        field("Voucher"),
        field("LastSettleVoucher"),
        field("PaymTermId"),
    ),
    indexed=("Invoice", "Voucher", "AccountNum"),
    read_only=True,
)
# Voucher, date and company stand on the header; GeneralJournalEntry leads to its SourceKey.
JOURNAL_ENTRIES = EntitySet(
    name="GeneralJournalEntryBiEntities",
    type_name="GeneralJournalEntryBiEntity",
    table="GeneralJournalEntryBiEntity",
    label="General journal entries",
    keys=("SourceKey",),
    fields=(
        field("SourceKey", "recid"),
        field("JournalNumber"),
        field("SubledgerVoucher"),
        field("SubledgerVoucherDataAreaId", "company"),
        field("AccountingDate", "date"),
        field("DocumentDate", "date"),
        field("DocumentNumber"),
        field("JournalCategory"),
        choice("PostingLayer", POSTING_LAYER),
        field("CreatedOn", "datetime"),
    ),
    indexed=("SubledgerVoucher", "DocumentNumber"),
    read_only=True,
)
ACCOUNT_ENTRIES = EntitySet(
    name="GeneralJournalAccountEntryBiEntities",
    type_name="GeneralJournalAccountEntryBiEntity",
    table="GeneralJournalAccountEntryBiEntity",
    label="General journal account entries",
    keys=("SourceKey",),
    fields=(
        field("SourceKey", "recid"),
        field("GeneralJournalEntry", "recid"),
        field("LedgerAccount"),
        field("MainAccount", "recid"),
        choice("PostingType", POSTING_TYPE),
        choice("IsCredit", NO_YES),
        field("TransactionCurrencyCode"),
        field("TransactionCurrencyAmount", "real"),
        field("AccountingCurrencyAmount", "real"),
        field("Quantity", "real"),
        field("Text"),
    ),
    indexed=("GeneralJournalEntry",),
    read_only=True,
)

LEDGER_DATA = (
    MAIN_ACCOUNTS,
    DIMENSION_VALUES,
    INVOICES,
    INVOICE_LINES,
    CUSTOMER_TRANSACTIONS,
    JOURNAL_ENTRIES,
    ACCOUNT_ENTRIES,
)
