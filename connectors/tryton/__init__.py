"""Tryton: parties, projects, hours as timesheets and cost, customer invoices and their credits."""

from connectors.tryton._client import Tryton
from connectors.tryton._connection import connect

__all__ = ["Tryton", "connect"]
