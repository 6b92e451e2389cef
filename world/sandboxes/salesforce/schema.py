"""What an object of the org is made of. The objects themselves are data in `objects`."""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

Type = Literal[
    "id", "reference", "string", "textarea", "picklist", "currency", "double", "int", "date",
    "datetime", "boolean",
]  # fmt: skip


@dataclass(frozen=True)
class Field:
    """One column of an object.

    `fixed` fields are set at creation and never after. `values` are all that a picklist takes.
    A reference leads `to` an object, whose subquery name for these rows is `children`.
    """

    name: str
    type: Type = "string"
    length: int = 255
    required: bool = False
    writable: bool = True
    fixed: bool = False
    unique: bool = False
    external: bool = False
    default: bool | None = None
    values: tuple[str, ...] = ()
    to: str = ""
    children: str = ""
    on_delete: Literal["clear", "cascade", "restrict"] = "clear"

    @property
    def relationship(self) -> str:
        """Return what a query calls the parent: `Account`, `Opportunity__r`."""
        return self.name.removesuffix("Id") if not self.is_custom else self.name[:-1] + "r"

    @property
    def is_custom(self) -> bool:
        """Say whether the firm added it."""
        return self.name.endswith("__c")

    @property
    def is_indexed(self) -> bool:
        """Say whether rows can be found by it without reading them all."""
        return self.type == "reference" or self.external or self.unique


@dataclass(frozen=True)
class SObject:
    """One object and its columns. Names of fields are found in any case."""

    name: str
    prefix: str
    fields: tuple[Field, ...]

    @cached_property
    def _by_name(self) -> dict[str, Field]:
        return {column.name.lower(): column for column in self.fields}

    @cached_property
    def references(self) -> tuple[Field, ...]:
        """Return the columns that lead to other objects."""
        return tuple(column for column in self.fields if column.type == "reference")

    def field(self, name: str) -> Field | None:
        """Return a column by its name."""
        return self._by_name.get(name.lower())

    def parent(self, relationship: str) -> Field | None:
        """Return the reference that leads to a parent, by what a query calls the parent."""
        wanted = relationship.lower()
        return next((r for r in self.references if r.relationship.lower() == wanted), None)
