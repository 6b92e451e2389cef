"""Kantata OX: clients, projects, milestones, approved time and mirrored invoices."""

from connectors.kantata._client import Kantata
from connectors.kantata._connection import connect

__all__ = ["Kantata", "connect"]
