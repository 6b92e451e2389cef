"""Codes of another system that a record needs there, as the mappings give them."""

from canonical.base import Record


class CustomerCodes(Record):
    """The ERP's own codes that a customer needs."""

    customer_group: str
    payment_terms: str
    tax_group: str


class InvoiceCodes(Record):
    """The ERP's own codes that an invoice needs."""

    tax_group: str
    revenue_account: str
