"""Where systems of one kind differ: what they enforce, and what they have."""

from enum import StrEnum

from canonical.base import Record


class Delivery(StrEnum):
    """What the vendor gives us to be exactly-once with, for one kind of write."""

    UNIQUE = "A"  # repeating it under the same key or id changes nothing
    FINDABLE = "B"  # it can be found again by our reference
    NEITHER = "C"  # only a person can find out


class ErpDelivery(Record):
    """How an ERP delivers each write. Posting and discarding go by its own ids: always class A."""

    customer: Delivery
    contract: Delivery
    project: Delivery
    journal: Delivery
    journal_lines: Delivery
    invoice: Delivery
    invoice_lines: Delivery


class ErpFeature(StrEnum):
    """What not every ERP has. Its connector does something else instead, told on its page."""

    CONTRACTS = "contracts"  # of projects, as records of their own
    CUSTOMER_GROUPS = "customer groups"
    PROJECT_GROUPS = "project groups"  # by billing model
    HOUR_CATEGORIES = "hour categories"  # by role
    HOUR_JOURNALS = "hour journals"  # one document that holds hours and posts their cost
    LINE_DATES = "line dates"  # each line of an hour journal is booked on its own day
    LINE_AMOUNTS = "line amounts"  # a line's amount is kept as it is sent, not computed
    CREDIT_NOTES = "credit notes"
