"""Salesforce REST and outbound messages: accounts, opportunities and what we write back."""

from connectors.salesforce._client import Salesforce
from connectors.salesforce._connect import connect
from connectors.salesforce._outbound import OutboundMessages

__all__ = ["OutboundMessages", "Salesforce", "connect"]
