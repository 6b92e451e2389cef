"""Value mappings: our code for a thing, and another system's code for it. Data, with an owner."""

from collections.abc import Iterable
from datetime import date
from typing import Literal

from canonical.base import Record, RuleError
from canonical.organization import EntityId
from canonical.systems import SystemId

MappingKind = Literal[
    "payment_terms",  # NET30
    "tax_group",  # treatment, or treatment/country where a country has its own
    "customer_group",  # tax status
    "business_unit",  # practice
    "project_group",  # billing model
    "category",  # role
    "revenue_account",  # billing model
    "role",  # the other system's name of a role stands in `ours`; our code in `theirs`
]


class MappingMissingError(RuleError):
    """No row maps the value; the text names the row to add and who adds it (E06)."""


class Mapping(Record):
    """One row: valid from a day on, until a later row of the same value takes over."""

    kind: MappingKind
    system: SystemId
    entity: EntityId | None = None  # None: every entity on that system
    ours: str
    theirs: str
    valid_from: date
    version: int
    owner: str


class Mappings(Record):
    """The rows of one system, as of one day."""

    system: SystemId
    rows: tuple[Mapping, ...]

    def value(self, kind: MappingKind, ours: str, *, entity: EntityId, on: date) -> str:
        """Return the other system's code; an entity's own row beats the general one.

        Raises:
            MappingMissingError: if no row is valid on that day.
        """
        row = self._latest(kind, ours, (entity, None), on)
        if row is None:
            text = f"{self.system} has no {kind} for {ours!r} on {on} ({entity}): add the mapping"
            raise MappingMissingError(text)
        return row.theirs

    def _latest(
        self, kind: str, ours: str, entities: Iterable[EntityId | None], on: date
    ) -> Mapping | None:
        for entity in entities:
            valid = [
                row
                for row in self.rows
                if (row.kind, row.ours, row.entity) == (kind, ours, entity) and row.valid_from <= on
            ]
            if valid:
                return max(valid, key=lambda row: (row.valid_from, row.version))
        return None
