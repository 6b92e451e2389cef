"""What a kind of system can do for us, in our words; a vendor's package makes it true.

A write declares its delivery class: A, repeating it under the same key or id
changes nothing; B, it can be found again by our reference; C, neither.
Besides the errors named here, any call may raise `Transient`, `Unauthorized`
or `Drifted`, and any write `Uncertain`.
"""

from connectors.ports.crm import Crm
from connectors.ports.delivery import Delivery, ErpDelivery, ErpFeature
from connectors.ports.erp import CreditNotes, Document, Erp
from connectors.ports.examined import Examined
from connectors.ports.psa import MILESTONES_AT_ONCE, Psa, TimePage

__all__ = [
    "MILESTONES_AT_ONCE",
    "CreditNotes",
    "Crm",
    "Delivery",
    "Document",
    "Erp",
    "ErpDelivery",
    "ErpFeature",
    "Examined",
    "Psa",
    "TimePage",
]
