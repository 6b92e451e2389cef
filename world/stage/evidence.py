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


class Worked(Fact):
    """An entry of time that delivery approved, and what an hour of it costs, if anybody knows."""

    entry: str
    entity: str
    day: date
    seconds: Decimal
    per_hour: Decimal | None
    currency: str


class CostLine(Fact):
    """What an ERP's journals have of an entry; it is not posted where there is no voucher."""

    entry: str
    entity: str
    voucher: str
    hours: Decimal
    cost: Decimal
    currency: str


class Booking(Fact):
    """An amount on an account, debits positive, in the document's and in the books' currency.

    `entry` is the first word of its text, which on a line of cost is the entry of time.
    """

    entity: str
    journal: str
    voucher: str
    account: str
    entry: str = ""
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
    worked: tuple[Worked, ...] = ()
    costs: tuple[CostLine, ...] = ()
    bookings: tuple[Booking, ...] = ()
    sent: tuple[Sent, ...] = ()
