"""Engagements: how far a won deal has come."""

from enum import StrEnum


class Stage(StrEnum):
    """How far an engagement has come; the last two are its endings.

    `unwinding`: un-won after it was active, and what is open is billed or written off;
    `closing`: nothing is open, and its records are being closed. That goes to its end.
    """

    WON = "won"
    ACTIVE = "active"
    UNWINDING = "unwinding"
    CLOSING = "closing"
    FULFILLED = "fulfilled"
    CANCELLED = "cancelled"
