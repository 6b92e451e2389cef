"""Tryton's records, in Tryton's words. Only fields that we read are named."""

from datetime import date, timedelta
from decimal import Decimal
from typing import ClassVar

from pydantic import AliasPath, BaseModel, ConfigDict, Field
from typing_extensions import override

_CANCELLED = "cancelled"


class Wire(BaseModel):
    """Tryton names fields as Python does, and nests those of a related record under `name.`."""

    model_config = ConfigDict(extra="ignore", frozen=True, populate_by_name=True)


class Row(Wire):
    """A record as Tryton has it."""

    model: ClassVar[str]

    id: int

    @classmethod
    def reads(cls) -> list[str]:
        """Return the fields to read: those that are named here."""
        return [_path(name, field.validation_alias) for name, field in cls.model_fields.items()]


class Coded(Row):
    """A record that the firm or we found by a code."""

    code: str


class Guarded(Row):
    """A record that is written only if nobody wrote it since: `stamp` is when that was."""

    stamp: str = Field(validation_alias="_timestamp")


class Company(Coded):
    """A legal entity; the code is its party's."""

    model = "company.company"

    code: str = Field(validation_alias=AliasPath("party.", "code"))
    currency: int
    currency_code: str = Field(validation_alias=AliasPath("currency.", "code"))
    smallest: Decimal = Field(validation_alias=AliasPath("currency.", "rounding"))


class Currency(Coded):
    """`rate` is units of it for one of the base, on the day in the context."""

    model = "currency.currency"

    rate: Decimal | None
    rounding: Decimal


class Country(Row):
    """A country."""

    model = "country.country"


class Language(Row):
    """A language."""

    model = "ir.lang"


class Category(Row):
    """What a party is called by the firm: our customer group."""

    model = "party.category"


class PaymentTerm(Row):
    """When an invoice is to be paid."""

    model = "account.invoice.payment_term"


class Address(Row):
    """An address of a party; `invoice` says that invoices go there."""

    model = "party.address"

    invoice: bool | None


class Party(Coded):
    """A customer; term and account are those of the company in the context."""

    model = "party.party"

    name: str | None
    customer_payment_term: int | None
    account_receivable: int | None
    addresses: list[Address] = Field(validation_alias="addresses.")

    @classmethod
    @override
    def reads(cls) -> list[str]:
        """Return the fields to read: of the addresses, theirs."""
        own = [name for name in super().reads() if name != "addresses."]
        return [*own, *(f"addresses.{name}" for name in Address.reads())]


class Configuration(Row):
    """The company's defaults."""

    model = "account.configuration"

    default_account_receivable: int | None


class Account(Row):
    """An account of the company."""

    model = "account.account"


class Journal(Row):
    """A journal, of all companies."""

    model = "account.journal"


class Tax(Row):
    """A tax of the company."""

    model = "account.tax"


class Unit(Row):
    """A unit of measure; a quantity has at most `digits` decimals."""

    model = "product.uom"

    digits: int


class Product(Row):
    """What a project sells: our project group."""

    model = "product.product"


class Period(Row):
    """A month of a fiscal year; the last day is within it."""

    model = "account.period"

    state: str
    start_date: date
    end_date: date


class Axis(Guarded):
    """An analytic axis: the root of its values."""

    model = "analytic_account.account"


class AxisValue(Coded):
    """A value on an analytic axis."""

    model = "analytic_account.account"


class Employee(Coded):
    """Somebody who works for the company; the code is the party's: our employee number."""

    model = "company.employee"

    code: str = Field(validation_alias=AliasPath("party.", "code"))


class Work(Guarded):
    """A project contract, or a project below one; the name begins with our id."""

    model = "project.work"

    name: str
    party: int | None
    parent: int | None
    timesheet_works: list[int]

    @property
    def code(self) -> str:
        """Return our id: the name's first word."""
        return self.name.partition(" ")[0]


class TimesheetWork(Guarded):
    """What timesheet lines belong to; each project has one."""

    model = "timesheet.work"


class TimesheetLine(Row):
    """Time of an employee."""

    model = "timesheet.line"

    description: str | None
    duration: timedelta


class Move(Guarded):
    """A move of the ledger; it has a number once it is posted.

    One that is filled has a debit and a credit at least, one that is not only a placeholder.
    """

    model = "account.move"

    state: str
    number: str | None
    description: str | None
    lines: list[int]

    @property
    def is_filled(self) -> bool:
        """Tell whether it has more than the placeholder."""
        return len(self.lines) > 1


class MoveLine(Row):
    """Debit and credit are in the company's currency, the second amount is in the cost's."""

    model = "account.move.line"

    description: str | None
    debit: Decimal
    account: int
    amount_second_currency: Decimal | None
    second_currency: str | None = Field(
        default=None, validation_alias=AliasPath("second_currency.", "code")
    )


class FoundInvoice(Row):
    """A customer invoice as it is found."""

    model = "account.invoice"

    state: str
    number: str | None
    reference: str | None

    @property
    def is_posted(self) -> bool:
        """Tell whether it has been posted; it may be paid or credited since."""
        is_credited = self.state == _CANCELLED and self.number is not None
        return is_credited or self.state in {"posted", "paid"}

    @property
    def is_dropped(self) -> bool:
        """Tell whether somebody cancelled it while it was a draft."""
        return self.state == _CANCELLED and self.number is None


class Invoice(FoundInvoice, Guarded):
    """Amounts are in units of its currency, those of a draft too."""

    model = "account.invoice"

    currency: str = Field(validation_alias=AliasPath("currency.", "code"))
    untaxed_amount: Decimal
    tax_amount: Decimal
    amount_to_pay: Decimal | None
    voucher: str | None = Field(default=None, validation_alias=AliasPath("move.", "number"))
    lines: list[int]


class InvoiceLine(Row):
    """The amount is in units of the invoice's currency: quantity × price, rounded."""

    model = "account.invoice.line"

    sequence: int | None
    description: str | None
    amount: Decimal


def _path(name: str, alias: object) -> str:
    if isinstance(alias, AliasPath):
        return "".join(str(step) for step in alias.path)
    return alias if isinstance(alias, str) else name
