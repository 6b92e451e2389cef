"""What finance set up in F&O, as far as an examination reads it."""

from pydantic import Field

from connectors.dynamics._wire import Row, Wire


class Code(Row):
    """A row that is known by a code."""

    code: str

    @classmethod
    def key(cls) -> str:
        """Return F&O's name of the code."""
        return str(cls.model_fields["code"].alias)


class OwnCode(Code):
    """A row that is known by a code within a company."""

    area: str = Field(alias="dataAreaId")


class LegalEntity(Code):
    """A company."""

    entity_set = "LegalEntities"

    code: str = Field(alias="LegalEntityId")


class Currency(Code):
    """A currency, of all companies."""

    entity_set = "Currencies"

    code: str = Field(alias="CurrencyCode")


class Category(Code):
    """A category of hours, of all companies."""

    entity_set = "ProjectTransactionCategories"

    code: str = Field(alias="CategoryId")


class MainAccount(Code):
    """An account, of a chart that companies share."""

    entity_set = "MainAccounts"

    code: str = Field(alias="MainAccountId")


class BusinessUnit(Code):
    """A value of a financial dimension."""

    entity_set = "FinancialDimensionValues"

    code: str = Field(alias="DimensionValue")
    dimension: str = Field(alias="FinancialDimension")


class CustomerGroup(OwnCode):
    """A group of customers."""

    entity_set = "CustomerGroups"

    code: str = Field(alias="CustomerGroupId")


class PaymentTerm(OwnCode):
    """When an invoice is to be paid."""

    entity_set = "PaymentTerms"

    code: str = Field(alias="Name")


class TaxGroup(OwnCode):
    """A sales tax group."""

    entity_set = "TaxGroups"

    code: str = Field(alias="TaxGroupCode")


class ProjectGroup(OwnCode):
    """A project group."""

    entity_set = "ProjectGroups"

    code: str = Field(alias="ProjectGroup")


class Operation(Wire):
    """An operation of a service."""

    name: str


class Operations(Wire):
    """`GET /api/services/GROUP/SERVICE`."""

    operations: tuple[Operation, ...]


class PeriodStatus(Wire):
    """Answer of the firm's own operation that tells whether a day can be posted to."""

    success: bool
    open: bool = False
    message: str = ""
