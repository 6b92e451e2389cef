"""Microsoft Dynamics 365 Finance & Operations: customers, projects, hours, free text invoices."""

from connectors.dynamics._business_events import BusinessEvents
from connectors.dynamics._client import Dynamics
from connectors.dynamics._connection import connect

__all__ = ["BusinessEvents", "Dynamics", "connect"]
