"""What the systems themselves say, in the form that the laws compare."""

from datetime import date
from decimal import Decimal

from world.stage.facts import Fact


class Approved(Fact):
    """What delivery approved: an entry of time, or a milestone that was reached.

    `amount` is what the client owes for it by the CRM's prices: zero where a fixed price
    covers it or nobody pays, None where no price is valid. `alias` is another name that a
    slice may call it by.
    """

    source: str
    alias: str = ""
    seconds: Decimal
    amount: Decimal | None
    currency: str


class BilledLine(Fact):
    """A line of an invoice that the ledger has posted; `reference` is ours, `document` its own.

    `quantity` is None where the ledger shows no hours but an amount, and the hours in words.
    """

    reference: str
    document: str
    line: int
    quantity: Decimal | None
    net: Decimal
    currency: str


class InvoicedLine(Fact):
    """What a line of an invoice comes to, and its revenue account."""

    account: str
    net: Decimal
    tax: Decimal


class PostedInvoice(Fact):
    """An invoice that the ledger has posted; `owed` is its gross in the currency of the books."""

    entity: str
    document: str
    reference: str
    number: str
    voucher: str
    client: str
    day: date
    currency: str
    lines: tuple[InvoicedLine, ...]
    owed: Decimal | None


class CostLine(Fact):
    """An entry of time whose cost the ledger has posted."""

    entry: str
    voucher: str


class Booking(Fact):
    """An amount on an account, debits positive, in the document's and in the books' currency."""

    entity: str
    journal: str
    voucher: str
    account: str
    currency: str
    amount: Decimal
    accounting_currency: str
    accounting_amount: Decimal


class Sent(Fact):
    """A message that a system has told us, and about what."""

    source: str
    id: str
    about: str


class Evidence(Fact):
    """Everything that one play has left behind in the systems."""

    approved: tuple[Approved, ...] = ()
    billed: tuple[BilledLine, ...] = ()
    invoices: tuple[PostedInvoice, ...] = ()
    costs: tuple[CostLine, ...] = ()
    bookings: tuple[Booking, ...] = ()
    sent: tuple[Sent, ...] = ()
