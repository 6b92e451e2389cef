"""Enumerations of the vendor's metadata; long ones without the members nobody here needs."""

from world.sandboxes.dynamics._schema import EnumType

NO_YES = EnumType("NoYes", ("No", "Yes"))
HOLD = EnumType(
    "CustVendorBlocked",
    ("No", "Invoice", "All", "Payment", "Requisition", "Never", "PurchOrder"),
)
PAYMENT_TERM = EnumType(
    "NetCurrent",
    ("Net", "CurrentMth", "CurrentQuart", "CurrentYear", "CurrentWeek", "COD", "CutOffDate"),
)
RATE_FACTOR = EnumType(
    "ExchangeRateDisplayFactor", ("One", "Ten", "Hundred", "Thousand", "TenThousand")
)
PROJECT_TYPE = EnumType(
    "ProjType", ("TimeMaterial", "FixedPrice", "Investment", "Cost", "Internal", "Time", "None")
)
PROJECT_STATUS = EnumType(
    "ProjStatus",
    ("Created", "Estimated", "Scheduled", "InProcess", "User1", "User2", "User3", "Completed"),
)
FUNDING_TYPE = EnumType(
    "ProjFundingType", ("Customer", "Organization", "Grant", "OnHoldFundingSource")
)
JOURNAL_TYPE = EnumType("ProjJournalType", ("Hour", "Revenue", "BegBalance"))
TRANSACTION_TYPE = EnumType(
    "ProjTransType", ("None", "Revenue", "Hour", "Cost", "Item", "OnAccount")
)
TRANSACTION_ORIGIN = EnumType("ProjOrigin", ("None", "HourJournal", "FreeTextInvoice"))
POSTING_TYPE = EnumType(
    "LedgerPostingType",
    (
        "None",
        "Tax",
        "Bank",
        "CustBalance",
        "CustRevenue",
        "ExchRateGain",
        "ExchRateLoss",
        "ProjCost",
        "ProjPayrollAllocation",
    ),
)
POSTING_LAYER = EnumType("CurrentOperationsTax", ("Current", "Operations", "Tax"))
WORKER_TYPE = EnumType("HcmEmploymentType", ("Employee", "Contractor"))
MODULE = EnumType("ModuleAxapta", ("None", "Ledger", "Cust", "SalesOrder"))
