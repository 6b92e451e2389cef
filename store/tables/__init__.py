"""The tables. A row never leaves `store`; canonical records do."""

from store.tables import effects, money, parties, reference, traffic, work

__all__ = ["effects", "money", "parties", "reference", "traffic", "work"]
