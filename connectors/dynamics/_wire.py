"""F&O's rows, in F&O's words. Only fields we read or write are named."""

from decimal import Decimal
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_pascal

NoYes = Literal["No", "Yes"]
Word = Annotated[str, Field(max_length=60, pattern=r"^[^\x00-\x1f]*$")]
Name = Annotated[Word, Field(min_length=1)]


class Wire(BaseModel):
    """F&O writes PascalCase, with exceptions, and adds fields without notice."""

    model_config = ConfigDict(
        alias_generator=to_pascal, extra="ignore", validate_by_alias=True, validate_by_name=True
    )


class Row(Wire):
    """A row as F&O has it."""

    entity_set: ClassVar[str]

    @classmethod
    def columns(cls) -> str:
        """Return the columns to select: those that are named here."""
        return ",".join(str(field.alias) for field in cls.model_fields.values())


class NewRow(Wire):
    """A row to create in a company."""

    entity_set: ClassVar[str]

    area: str = Field(serialization_alias="dataAreaId")


class NewCustomer(NewRow):
    """The account is ours to choose; `TaxExemptNumber` is the VAT id."""

    entity_set = "CustomersV3"

    customer_account: str
    organization_name: str
    party_type: str = "Organization"
    customer_group_id: str
    sales_currency_code: str
    sales_tax_group: str
    tax_exempt_number: str | None
    payment_terms: str
    language_id: str
    address_street: str
    address_city: str
    address_zip_code: str
    address_country_region_id: str


class Customer(Row):
    """A customer, who may be another organization."""

    entity_set = "CustomersV3"

    customer_account: str
    organization_name: str


class NewContract(NewRow):
    """The id is ours to choose; this version of the set knows no customer."""

    entity_set = "ProjectContracts"

    contract_id: str = Field(serialization_alias="ProjectContractID")
    name: str
    sales_currency: str


class Contract(Row):
    """A contract, which may be another."""

    entity_set = "ProjectContracts"

    name: str
    sales_currency: str


class NewFundingSource(NewRow):
    """Who pays for a contract."""

    entity_set = "ProjectFundingSources"

    contract_id: str = Field(serialization_alias="ProjectContractID")
    funding_source_id: str
    funding_type: str = "Customer"
    customer_or_organization: str
    is_primary_funding_source: NoYes = "Yes"
    create_default_funding_rule: NoYes = "Yes"


class FundingSource(Row):
    """Who pays for a contract."""

    entity_set = "ProjectFundingSources"

    customer_or_organization: str


class NewProject(NewRow):
    """The id is ours to choose."""

    entity_set = "ProjectsV2"

    project_id: str
    project_name: str
    project_group_id: str
    project_contract_id: str
    schedule_start_date: str
    schedule_end_date: str
    dimension_display_value: str
    integration_source_data_id: str


class Project(Row):
    """A project; the integration's id says whose it is."""

    entity_set = "ProjectsV2"

    project_id: str
    project_contract_id: str
    integration_source_data_id: str


class NewJournal(NewRow):
    """F&O assigns the number; `Description` is searchable but not unique."""

    entity_set = "JournalTables"

    journal_name: str
    journal_type: str = "Hour"
    description: str


class Journal(Row):
    """A journal's header."""

    entity_set = "JournalTables"

    journal_batch_number: str
    description: str
    posted: NoYes


class NewHourLine(NewRow):
    """`CostPrice` is per hour, in units of the currency."""

    entity_set = "JournalTrans"

    journal_id: str
    line_number: int
    project_id: str = Field(serialization_alias="ProjectID")
    resource_id: str
    resource_company_id: str
    category: str
    line_property: str
    project_date: str
    hours: Decimal
    cost_price: Decimal
    sales_price: Decimal = Decimal(0)
    currency_id: str
    dimension_display_value: str
    description: str


class HourLine(Row):
    """A journal's line; its voucher is empty until it is assigned."""

    entity_set = "JournalTrans"

    line_number: Decimal
    description: str
    voucher: str


class NewInvoice(NewRow):
    """F&O assigns the identifier; `ExternalInvoiceId` is searchable but not unique."""

    entity_set = "FreeTextInvoiceHeaders"

    customer_account: str
    invoice_date: str
    currency_code: str
    sales_tax_group_id: str
    external_invoice_id: str
    customer_reference: str | None


class Invoice(Row):
    """An invoice's header; the number reads "Not posted" until it is."""

    entity_set = "FreeTextInvoiceHeaders"

    invoice_identifier: int
    external_invoice_id: str
    currency_code: str
    free_text_number: str
    is_posted: NoYes


class NewInvoiceLine(NewRow):
    """Amounts are in units of the invoice's currency; the parent is the invoice's identifier."""

    entity_set = "FreeTextInvoiceLines"

    parent_rec_id: int
    line_number: int
    description: str
    invoice_text: str | None
    main_account_display_value: str
    quantity: Decimal
    unit_price: Decimal
    transaction_currency_amount: Decimal
    project_id: str = Field(serialization_alias="ProjectID")
    default_dimension_display_value: str
    sales_tax_group_id: str
    sales_tax_item_group_id: str | None


class InvoiceLine(Row):
    """Amounts are in units of the invoice's currency."""

    entity_set = "FreeTextInvoiceLines"

    line_number: Decimal
    transaction_currency_amount: Decimal
    sales_tax_amount: Decimal


class Receivable(Row):
    """What a customer owes, and how much of it is settled, in units of its currency."""

    entity_set = "CustTransactions"

    amount_cur: Decimal
    settle_amount_cur: Decimal
    voucher: str


class Page(Wire):
    """A page of any set; `next_link` is an absolute URL, or absent on the last page."""

    rows: tuple[dict[str, object], ...] = Field(validation_alias="value")
    next_link: str | None = Field(default=None, validation_alias="@odata.nextLink")


class Posting(Wire):
    """What the firm's own posting service answers; it refuses with status 200 too."""

    success: bool
    voucher: str = ""
    message: str = ""


class Infolog(Wire):
    """What a failed operation logged, items joined by `;`."""

    message: str = ""


class Error(Wire):
    """The general error; its `code` is empty."""

    message: str = ""
    infolog: Infolog = Field(default=Infolog(), validation_alias="innererror")


class Fault(Wire):
    """The body of a refusal: with an error, or outside of OData with a bare message."""

    error: Error = Field(default=Error(), validation_alias="error")
    message: str = ""


class BusinessEvent(Wire):
    """What an environment tells an endpoint. Which members there are depends on the event."""

    business_event_id: Name
    event_id: Name
    legal_entity: Word = ""
    business_event_legal_entity: Word = ""
    invoice_id: Word = ""
    customer_account: Word = ""
    account_num: Word = ""
