"""The org's objects: the standard ones that a deal needs, with the firm's own fields."""

from world.sandboxes.salesforce.schema import Field, SObject, Type

WON = "Closed Won"
LOST = "Closed Lost"
STAGES = {"Prospecting": 10, "Proposal": 50, "Negotiation": 75, WON: 100, LOST: 0}


def _texts(*names: str) -> tuple[Field, ...]:
    return tuple(Field(name) for name in names)


def _read_only(*columns: tuple[str, Type]) -> tuple[Field, ...]:
    return tuple(Field(name, kind, writable=False) for name, kind in columns)


def _address(kind: str) -> tuple[Field, ...]:
    parts = _texts(*(f"{kind}{part}" for part in ("City", "State", "PostalCode", "Country")))
    return (Field(f"{kind}Street", "textarea"), *parts)


def _object(name: str, prefix: str, *own: Field) -> SObject:
    common = (
        Field("Id", "id", writable=False),
        Field("IsDeleted", "boolean", writable=False, default=False),
        *_read_only(
            ("OwnerId", "id"),
            ("CreatedDate", "datetime"),
            ("CreatedById", "id"),
            ("LastModifiedDate", "datetime"),
            ("LastModifiedById", "id"),
            ("SystemModstamp", "datetime"),
        ),
        Field("CurrencyIsoCode", "picklist", required=True),
    )
    return SObject(name, prefix, (*common, *own))


ACCOUNT = _object(
    "Account",
    "001",
    Field("Name", required=True),
    Field("ParentId", "reference", to="Account", children="ChildAccounts"),
    *_texts("Type", "Industry", "AccountNumber", "Phone", "Website"),
    *_address("Billing"),
    *_address("Shipping"),
    Field("Description", "textarea", length=32_000),
    Field("Tax_Id__c"),
    Field("Tax_Status__c", "picklist", values=("Business", "Consumer", "Exempt")),
    Field("Payment_Terms__c"),
    Field("Tiebeam_Client__c", external=True, unique=True),
    Field("Erp_Customer__c", external=True),
    Field("Psa_Client__c"),
)

CONTACT = _object(
    "Contact",
    "003",
    Field("AccountId", "reference", to="Account", children="Contacts", on_delete="cascade"),
    Field("FirstName", length=40),
    Field("LastName", length=80, required=True),
    *_read_only(("Name", "string")),
    *_texts("Email", "Phone", "Title"),
    *_address("Mailing"),
)

OPPORTUNITY = _object(
    "Opportunity",
    "006",
    Field("Name", length=120, required=True),
    Field("AccountId", "reference", to="Account", children="Opportunities", on_delete="cascade"),
    Field("Pricebook2Id", "reference", to="Pricebook2", children="Opportunities"),
    Field("ContactId", "reference", to="Contact", children="Opportunities", fixed=True),
    Field("StageName", "picklist", required=True, values=tuple(STAGES)),
    Field("CloseDate", "date", required=True),
    Field("Amount", "currency"),
    Field("Probability", "double"),
    *_read_only(
        ("IsClosed", "boolean"), ("IsWon", "boolean"), ("HasOpportunityLineItem", "boolean")
    ),
    *_texts("Type", "LeadSource", "NextStep"),
    Field("Description", "textarea", length=32_000),
    Field("Legal_Entity__c"),
    Field("Billing_Model__c", "picklist", values=("Time and materials", "Milestones")),
    Field("Billing_Frequency__c", "picklist", values=("Monthly", "On completion")),
    Field("Practice__c"),
    Field("Service_Start__c", "date"),
    Field("Service_End__c", "date"),
    *_texts("Purchase_Order__c", "Project_Code__c", "Delivery_Status__c"),
    Field("Not_To_Exceed__c", "currency"),
    Field("Cap_Policy__c", "picklist", values=("Split", "Hold", "Warn")),
    Field("Billing_Threshold__c", "currency"),
)

PRODUCT = _object(
    "Product2",
    "01t",
    Field("Name", required=True),
    *_texts("ProductCode", "Family", "StockKeepingUnit", "QuantityUnitOfMeasure"),
    Field("Description", "textarea", length=4_000),
    Field("IsActive", "boolean", default=False),
)

PRICEBOOK = _object(
    "Pricebook2",
    "01s",
    Field("Name", required=True),
    Field("Description", "textarea"),
    Field("IsActive", "boolean", default=False),
    Field("IsStandard", "boolean", writable=False, default=False),
)

PRICEBOOK_ENTRY = _object(
    "PricebookEntry",
    "01u",
    Field(
        "Pricebook2Id",
        "reference",
        to="Pricebook2",
        children="PricebookEntries",
        required=True,
        fixed=True,
        on_delete="cascade",
    ),
    Field(
        "Product2Id",
        "reference",
        to="Product2",
        children="PricebookEntries",
        required=True,
        fixed=True,
        on_delete="cascade",
    ),
    *_read_only(("Name", "string"), ("ProductCode", "string")),
    Field("UnitPrice", "currency", required=True),
    Field("IsActive", "boolean", default=False),
    Field("UseStandardPrice", "boolean", default=False),
)

LINE_ITEM = _object(
    "OpportunityLineItem",
    "00k",
    Field(
        "OpportunityId",
        "reference",
        to="Opportunity",
        children="OpportunityLineItems",
        required=True,
        fixed=True,
        on_delete="cascade",
    ),
    Field(
        "PricebookEntryId",
        "reference",
        to="PricebookEntry",
        children="OpportunityLineItems",
        required=True,
        fixed=True,
        on_delete="restrict",
    ),
    Field(
        "Product2Id",
        "reference",
        to="Product2",
        children="OpportunityLineItems",
        writable=False,
        on_delete="restrict",
    ),
    *_read_only(("ProductCode", "string"), ("Name", "string")),
    Field("Quantity", "double", required=True),
    Field("UnitPrice", "currency", required=True),
    *_read_only(("TotalPrice", "currency"), ("ListPrice", "currency")),
    Field("ServiceDate", "date"),
    Field("Description"),
    Field("SortOrder", "int"),
    Field("Project__c", length=80),
)

BILLING_SCHEDULE_LINE = _object(
    "Billing_Schedule_Line__c",
    "a00",
    Field("Name", length=80, required=True),
    Field(
        "Opportunity__c",
        "reference",
        to="Opportunity",
        children="Billing_Schedule_Lines__r",
        required=True,
        on_delete="restrict",
    ),
    Field("Sequence__c", "double"),
    Field("Amount__c", "currency"),
    Field("Due_Date__c", "date"),
    Field("Project__c", length=80),
)

INVOICE = _object(
    "Invoice__c",
    "a01",
    Field("Name", length=80),
    Field("Tiebeam_Key__c", external=True, unique=True),
    Field("Opportunity__c", "reference", to="Opportunity", children="Invoices__r"),
    *_texts("Number__c", "Status__c"),
    Field("Invoice_Date__c", "date"),
    Field("Net__c", "currency"),
    Field("Tax__c", "currency"),
    Field("Gross__c", "currency"),
    Field("Balance__c", "currency"),
)

OBJECTS = (
    ACCOUNT,
    CONTACT,
    OPPORTUNITY,
    PRODUCT,
    PRICEBOOK,
    PRICEBOOK_ENTRY,
    LINE_ITEM,
    BILLING_SCHEDULE_LINE,
    INVOICE,
)
_BY_NAME = {sobject.name.lower(): sobject for sobject in OBJECTS}


def find(name: str) -> SObject | None:
    """Return an object by its name, in any case."""
    return _BY_NAME.get(name.lower())


def field(sobject: SObject, name: str) -> Field:
    """Return a field that the settings were checked to name.

    Raises:
        KeyError: it is not there.
    """
    found = sobject.field(name)
    if found is None:
        raise KeyError(name)
    return found


def referring(to: SObject) -> list[tuple[SObject, Field]]:
    """Return the objects that refer to this one, and by which column."""
    return [(by, link) for by in OBJECTS for link in by.references if link.to == to.name]


def target(link: Field) -> SObject:
    """Return the object that a reference leads to."""
    return _BY_NAME[link.to.lower()]
