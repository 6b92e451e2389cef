"""Tax: how an invoice is treated, and why."""

from typing import Literal

from canonical.base import Record, Rule
from canonical.clients import TaxProfile

Treatment = Literal["domestic", "exempt", "reverse_charge", "outside_scope"]

REVERSE_CHARGE_NOTE = "Reverse charge"  # Directive 2006/112/EC, Art. 226 (11a)


class TaxDecision(Record):
    """How a client is taxed, the note the invoice must carry, and the rule that said so."""

    treatment: Treatment
    note: str = ""
    rule: Rule
    supplier_country: str
    client: TaxProfile
