"""Clients: what the CRM says of an account, and the golden record that every system gets."""

from typing import Literal, NewType

from canonical.base import Record
from canonical.money import Currency
from canonical.systems import ForeignId

ClientId = NewType("ClientId", str)
CountryCode = NewType("CountryCode", str)  # ISO 3166-1 alpha-2
PaymentTerms = NewType("PaymentTerms", str)  # our code: NET30
TaxStatus = Literal["business", "consumer", "exempt"]


class Address(Record):
    """A postal address. `country` is ISO 3166-1 alpha-2."""

    street: str = ""
    city: str = ""
    postal_code: str = ""
    country: CountryCode


class TaxProfile(Record):
    """What decides the tax of a client. `tax_id` is the VAT id in the EU, with its prefix."""

    country: CountryCode
    status: TaxStatus
    tax_id: str | None = None


class Account(Record):
    """A client as the CRM has it now, complete or not.

    `customer` and `company` are what the ERP and the PSA call it, as the account says.
    """

    id: ForeignId
    name: str
    street: str = ""
    city: str = ""
    postal_code: str = ""
    country: CountryCode | None = None
    tax_status: TaxStatus | None = None
    tax_id: str | None = None
    payment_terms: PaymentTerms | None = None
    currency: Currency
    customer: str | None = None
    company: str | None = None


class Client(Record):
    """The golden record of a client: complete, and the same in every system."""

    id: ClientId
    account: ForeignId
    name: str
    address: Address
    tax_profile: TaxProfile
    payment_terms: PaymentTerms
    currency: Currency


class ClientLinks(Record):
    """What the other systems call a client; goes back to the CRM."""

    client: ClientId
    erp: ForeignId
    psa: ForeignId


class ClientClaims(Record):
    """What an account says that other systems call its client; whoever says it may be wrong."""

    customer: str | None = None
    company: str | None = None


class Customer(Record):
    """A customer as an ERP has it now, whoever created it."""

    id: ForeignId
    name: str
    country: CountryCode | None = None
    tax_ids: tuple[str, ...] = ()


class Company(Record):
    """A company as a PSA has it now; `client` is the id of ours that it carries."""

    id: ForeignId
    name: str
    client: ClientId | None = None
