"""Engagements: how far a won deal has come."""

from enum import StrEnum


class Stage(StrEnum):
    """How far an engagement has come; the last two are its endings."""

    WON = "won"
    ACTIVE = "active"
    FULFILLED = "fulfilled"
    CANCELLED = "cancelled"
