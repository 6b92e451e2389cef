"""Salesforce's JSON, in Salesforce's words. Amounts are in currency units, as JSON numbers."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Generic, Literal, Self, TypeVar

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from connectors.salesforce._ids import RecordId

Text = Annotated[str, StringConstraints(max_length=4000)]
Number = Annotated[Decimal, Field(max_digits=24)]
RowT = TypeVar("RowT", bound="Wire")


class Wire(BaseModel):
    """Every record brings `attributes`, and an org adds fields as it likes."""

    model_config = ConfigDict(extra="ignore")

    @classmethod
    def columns(cls) -> list[str]:
        """Return the names of the fields in SOQL."""
        return [field.alias or name for name, field in cls.model_fields.items()]


class Page(Wire, Generic[RowT]):
    """A query's answer, or the next piece of one; a subquery's nests in the parent's record."""

    total_size: int = Field(alias="totalSize")
    done: bool
    locator: str | None = Field(
        default=None,
        alias="nextRecordsUrl",
        pattern=r"^/services/data/v\d{2,3}\.0/query/[0-9A-Za-z-]{1,60}$",
    )
    records: tuple[RowT, ...]

    @model_validator(mode="after")
    def _goes_on_or_ends(self) -> Self:
        if not self.done and self.locator is None:
            msg = "not done, and no way on"
            raise ValueError(msg)
        return self


class LineItem(Wire):
    """`OpportunityLineItem`: for us the price of an hour (`UnitPrice`) from `ServiceDate` on."""

    product_code: Text | None = Field(alias="ProductCode")
    unit_price: Number = Field(alias="UnitPrice")
    service_date: date | None = Field(alias="ServiceDate")
    currency: Text = Field(alias="CurrencyIsoCode")
    project: Text | None = Field(alias="Project__c")


class ScheduleLine(Wire):
    """`Billing_Schedule_Line__c`: what is billed when a milestone is reached."""

    id: RecordId = Field(alias="Id")
    name: Text = Field(alias="Name")
    sequence: int = Field(alias="Sequence__c")
    amount: Number = Field(alias="Amount__c")
    due_date: date | None = Field(alias="Due_Date__c")
    currency: Text = Field(alias="CurrencyIsoCode")
    project: Text | None = Field(alias="Project__c")


class Opportunity(Wire):
    """`Opportunity`, the row itself."""

    id: RecordId = Field(alias="Id")
    name: Text = Field(alias="Name")
    account: RecordId = Field(alias="AccountId")
    is_won: bool = Field(alias="IsWon")
    close_date: date = Field(alias="CloseDate")
    currency: Text = Field(alias="CurrencyIsoCode")
    amount: Number | None = Field(alias="Amount")
    legal_entity: Text | None = Field(alias="Legal_Entity__c")
    billing_model: Text | None = Field(alias="Billing_Model__c")
    billing_frequency: Text | None = Field(alias="Billing_Frequency__c")
    practice: Text | None = Field(alias="Practice__c")
    service_start: date | None = Field(alias="Service_Start__c")
    service_end: date | None = Field(alias="Service_End__c")
    purchase_order: Text | None = Field(alias="Purchase_Order__c")
    not_to_exceed: Number | None = Field(alias="Not_To_Exceed__c")
    cap_policy: Text | None = Field(alias="Cap_Policy__c")
    billing_threshold: Number | None = Field(alias="Billing_Threshold__c")


class Deal(Opportunity):
    """An opportunity with its children; null stands for none of them."""

    line_items: Page[LineItem] | None = Field(alias="OpportunityLineItems")
    schedule: Page[ScheduleLine] | None = Field(alias="Billing_Schedule_Lines__r")


class Account(Wire):
    """`Account`; `BillingCountry` is an ISO 3166-1 alpha-2 code."""

    id: RecordId = Field(alias="Id")
    name: Text = Field(alias="Name")
    street: Text | None = Field(alias="BillingStreet")
    city: Text | None = Field(alias="BillingCity")
    postal_code: Text | None = Field(alias="BillingPostalCode")
    country: Text | None = Field(alias="BillingCountry")
    tax_id: Text | None = Field(alias="Tax_Id__c")
    tax_status: Text | None = Field(alias="Tax_Status__c")
    payment_terms: Text | None = Field(alias="Payment_Terms__c")
    currency: Text = Field(alias="CurrencyIsoCode")
    customer: Text | None = Field(alias="Erp_Customer__c")
    company: Text | None = Field(alias="Psa_Client__c")


class AccountLinks(Wire):
    """Body of `PATCH /sobjects/Account/{id}`."""

    client: str = Field(serialization_alias="Tiebeam_Client__c")
    customer: str = Field(serialization_alias="Erp_Customer__c")
    company: str = Field(serialization_alias="Psa_Client__c")


class Delivery(Wire):
    """Body of `PATCH /sobjects/Opportunity/{id}`."""

    project_code: str = Field(serialization_alias="Project_Code__c")
    status: str = Field(serialization_alias="Delivery_Status__c")


class Invoice(Wire):
    """Body of the upsert of `Invoice__c`; the external id stands in the path and not in here."""

    name: str = Field(serialization_alias="Name")
    opportunity: str = Field(serialization_alias="Opportunity__c")
    number: str | None = Field(serialization_alias="Number__c")
    status: Literal["Draft", "Posted"] = Field(serialization_alias="Status__c")
    invoice_date: date = Field(serialization_alias="Invoice_Date__c")
    net: Decimal = Field(serialization_alias="Net__c")
    tax: Decimal = Field(serialization_alias="Tax__c")
    gross: Decimal = Field(serialization_alias="Gross__c")
    balance: Decimal | None = Field(serialization_alias="Balance__c")
    currency: str = Field(serialization_alias="CurrencyIsoCode")


class Upserted(Wire):
    """Answer of an upsert, created (201) or updated (200)."""

    id: RecordId
    success: Literal[True]


class Match(Wire):
    """A record that a duplicate rule found, as deep in its result as Salesforce puts it."""

    record: dict[str, object]


class MatchResult(Wire):
    """What one matching rule found."""

    records: tuple[Match, ...] = Field(default=(), alias="matchRecords")


class DuplicateResult(Wire):
    """What a duplicate rule found."""

    matches: tuple[MatchResult, ...] = Field(default=(), alias="matchResults")


class Fault(Wire):
    """One element of an error array; a few resources answer it bare."""

    code: str = Field(alias="errorCode")
    message: str = ""
    fields: tuple[str, ...] = ()
    duplicates: DuplicateResult | None = Field(
        default=None, validation_alias=AliasChoices("duplicateResult", "duplicateResut")
    )

    @property
    def matched_records(self) -> tuple[str, ...]:
        """Return the ids of the records that this one would be a duplicate of."""
        results = self.duplicates.matches if self.duplicates else ()
        return tuple(str(each.record.get("Id")) for result in results for each in result.records)


class Part(Wire):
    """The outcome of one part of a composite, which answers 200 whatever became of its parts."""

    name: Text = Field(alias="referenceId")
    status: int = Field(alias="httpStatusCode")
    body: object


class Composite(Wire):
    """Answer of `POST /composite`."""

    parts: tuple[Part, ...] = Field(alias="compositeResponse")


class Trace(Wire):
    """A row of any object that we follow, as far as it says whom its change concerns."""

    id: RecordId = Field(alias="Id")
    modified: Text = Field(alias="SystemModstamp")
    is_deleted: bool = Field(alias="IsDeleted")
    is_won: bool = Field(default=False, alias="IsWon")
    opportunity: RecordId | None = Field(default=None, alias="Opportunity__c")
