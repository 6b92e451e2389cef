"""The columns of a query, on the row itself or up the line of its parents."""

from dataclasses import dataclass

from world.sandboxes.box import Transaction
from world.sandboxes.salesforce import errors, objects
from world.sandboxes.salesforce.schema import Field, SObject
from world.sandboxes.salesforce.values import Stored

Row = dict[str, Stored]


@dataclass(frozen=True)
class Column:
    """A field, behind the references that lead to the row it is on."""

    parents: tuple[Field, ...]
    field: Field


def resolve(sobject: SObject, path: tuple[str, ...]) -> Column:
    """Return the column that a path names, such as `Account.Name` on an opportunity.

    Raises:
        Refused: a step or the field is not there.
    """
    parents = []
    at = sobject
    for step in path[:-1]:
        link = at.parent(step)
        if link is None:
            message = f"Didn't understand relationship '{step}' in field path."
            raise errors.Refused(message, code="INVALID_FIELD")
        parents.append(link)
        at = objects.target(link)
    field = at.field(path[-1])
    if field is None:
        raise errors.no_column(path[-1], at.name)
    return Column(tuple(parents), field)


class Reader:
    """Reads columns of rows; each parent is fetched once."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._parents: dict[str, Row | None] = {}

    def parent(self, link: Field, row: Row) -> Row | None:
        """Return the row that a reference leads to."""
        key = row.get(link.name)
        if not isinstance(key, str):
            return None
        if key not in self._parents:
            self._parents[key] = self._tx.get(link.to, key)
        return self._parents[key]

    def value(self, column: Column, row: Row) -> Stored:
        """Return a column's value; behind a missing parent there is none."""
        at: Row | None = row
        for link in column.parents:
            at = self.parent(link, at) if at else None
        return at.get(column.field.name) if at else None
