"""Ownership: the one system role whose value of a field counts (R-023)."""

from collections.abc import Iterable
from typing import Literal

from canonical.base import Record, RuleError

OwnerRole = Literal["crm", "psa", "hr", "erp"]


class NotOwnerError(RuleError):
    """A role writes a field that another role owns: a conflict for a person, never a write."""


class Ownership(Record):
    """Who owns each field of each kind of record."""

    owners: dict[str, dict[str, OwnerRole]]

    def refuse_strangers(self, kind: str, fields: Iterable[str], role: OwnerRole) -> None:
        """Refuse a write by a role to fields that are not its own.

        Raises:
            NotOwnerError: naming the fields and their owners; nobody owns an unlisted field.
        """
        known = self.owners.get(kind, {})
        others = {name: known.get(name, "nobody") for name in fields}
        wrong = {name: owner for name, owner in others.items() if owner != role}
        if wrong:
            named = ", ".join(f"{kind}.{name} is {owner}'s" for name, owner in wrong.items())
            msg = f"{role} writes what it does not own: {named}"
            raise NotOwnerError(msg)
