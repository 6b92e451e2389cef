"""A query at work: which rows it finds, and what it shows of each."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from world.sandboxes.box import Transaction
from world.sandboxes.salesforce import columns, conditions, errors, objects, soql, values
from world.sandboxes.salesforce.columns import Column, Reader, Row
from world.sandboxes.salesforce.schema import Field, SObject


@dataclass(frozen=True)
class Answer:
    """How records are written out: the API version in their addresses, and what an org may vary."""

    version: str
    empty_is_null: bool

    def attributes(self, sobject: SObject, row: Row) -> dict[str, Any]:
        """Return a record that says only what and where it is."""
        url = f"/services/data/{self.version}/sobjects/{sobject.name}/{row['Id']}"
        return {"attributes": {"type": sobject.name, "url": url}}


@dataclass(frozen=True)
class _Child:
    """A subquery, and the reference by which its rows hang on a row of the query."""

    name: str
    link: Field
    selection: "Selection"


class Selection:
    """A query bound to the org's objects.

    Raises:
        Refused: it asks for what is not there.
    """

    def __init__(self, select: soql.Select, sobject: SObject) -> None:
        self.sobject = sobject
        self._select = select
        self._columns = [columns.resolve(sobject, path) for path in select.columns]
        for number, column in enumerate(self._columns):
            if column in self._columns[:number]:
                message = f"duplicate field selected: {column.field.name}"
                raise errors.Refused(message, code="INVALID_FIELD")
        self._children = [_child(sobject, child) for child in select.children]
        self._test = conditions.bind(sobject, select.where) if select.where else None
        self._order = [(columns.resolve(sobject, o.path), o) for o in select.order]

    def found(self, tx: Transaction, *, with_deleted: bool = False) -> list[Row]:
        """Return the rows that match, in the order asked for."""
        return self.picked(Reader(tx), self._candidates(tx), with_deleted=with_deleted)

    def picked(self, reader: Reader, rows: list[Row], *, with_deleted: bool = False) -> list[Row]:
        """Return those of the rows that match, in the order asked for."""
        picked = [
            row
            for row in rows
            if (with_deleted or not row["IsDeleted"])
            and (not self._test or self._test(reader, row))
        ]
        for column, order in reversed(self._order):
            picked.sort(key=_sort_key(reader, column, order), reverse=order.descending)
        return picked[: self._select.limit]

    def named(self) -> Iterator[tuple[SObject, Field]]:
        """Yield each field that the query shows, with its object, those of children too."""
        for column in self._columns:
            at = objects.target(column.parents[-1]) if column.parents else self.sobject
            yield at, column.field
        for child in self._children:
            yield from child.selection.named()

    def shown(self, tx: Transaction, rows: list[Row], answer: Answer) -> list[dict[str, Any]]:
        """Return the records that an answer carries for these rows."""
        reader = Reader(tx)
        return [self._record(tx, reader, row, answer) for row in rows]

    def _candidates(self, tx: Transaction) -> list[Row]:
        wanted = conditions.wanted(self.sobject, self._select.where)
        if wanted is None:
            return tx.all(self.sobject.name)
        field, keys = wanted
        if field.name == "Id":
            rows: list[Row] = [row for key in set(keys) if (row := tx.get(self.sobject.name, key))]
        else:
            rows = [
                row for key in set(keys) for row in tx.tagged(self.sobject.name, field.name, key)
            ]
        return sorted(rows, key=lambda row: str(row["Id"]))

    def _record(self, tx: Transaction, reader: Reader, row: Row, answer: Answer) -> dict[str, Any]:
        record = answer.attributes(self.sobject, row)
        for column in self._columns:
            _place(reader, record, row, column, answer)
        for child in self._children:
            rows = tx.tagged(child.selection.sobject.name, child.link.name, row["Id"])
            picked = child.selection.picked(reader, rows)
            records = child.selection.shown(tx, picked, answer)
            is_null = not records and answer.empty_is_null
            whole = {"totalSize": len(records), "done": True, "records": records}
            record[child.name] = None if is_null else whole
        return record


def bind(text: str) -> Selection:
    """Return the selection that a query's text asks for.

    Raises:
        Refused: it is no SOQL, or asks for what is not there.
    """
    select = soql.parse(text)
    sobject = objects.find(select.source)
    if sobject is None:
        raise errors.no_type(select.source)
    return Selection(select, sobject)


def _child(sobject: SObject, select: soql.Select) -> _Child:
    for by, link in objects.referring(sobject):
        if link.children and link.children.lower() == select.source.lower():
            return _Child(link.children, link, Selection(select, by))
    message = f"Didn't understand relationship '{select.source}' in FROM part of query call."
    raise errors.Refused(message, code="INVALID_TYPE")


def _place(
    reader: Reader, record: dict[str, Any], row: Row, column: Column, answer: Answer
) -> None:
    for link in column.parents:
        parent = reader.parent(link, row)
        if parent is None:
            record[link.relationship] = None
            return
        known = record.setdefault(
            link.relationship, answer.attributes(objects.target(link), parent)
        )
        record, row = known, parent
    field = column.field
    record[field.name] = values.shown(field, row.get(field.name))


def _sort_key(reader: Reader, column: Column, order: soql.Order) -> Any:  # noqa: ANN401 - of a sort
    # `reverse` turns the place of the nulls round too.
    rank_of_null = order.nulls_last != order.descending

    def key(row: Row) -> tuple[bool, Any]:
        value = values.comparable(column.field, reader.value(column, row))
        return (rank_of_null, "") if value is None else (not rank_of_null, value)

    return key
