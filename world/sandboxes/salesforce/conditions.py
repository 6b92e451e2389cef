"""WHERE, bound to an object: a condition becomes a test of a row."""

import operator
from collections.abc import Callable
from typing import Any

from world.sandboxes.salesforce import columns, errors, ids, literals, soql, values
from world.sandboxes.salesforce.columns import Column, Reader, Row
from world.sandboxes.salesforce.literals import Kind, Value
from world.sandboxes.salesforce.schema import Field, SObject, Type

Test = Callable[[Reader, Row], bool]
_ORDERED: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_KINDS: dict[Type, Kind] = {
    "currency": "number",
    "double": "number",
    "int": "number",
    "date": "date",
    "datetime": "datetime",
    "boolean": "boolean",
}


def bind(sobject: SObject, condition: soql.Condition) -> Test:
    """Return the test that a condition is for rows of this object.

    Raises:
        Refused: it names no field, or compares it with what it cannot be.
    """
    match condition:
        case soql.Combined(operator="and"):
            every = [bind(sobject, part) for part in condition.parts]
            return lambda reader, row: all(test(reader, row) for test in every)
        case soql.Combined():
            some = [bind(sobject, part) for part in condition.parts]
            return lambda reader, row: any(test(reader, row) for test in some)
        case soql.Negated():
            part = bind(sobject, condition.part)
            return lambda reader, row: not part(reader, row)
        case soql.Comparison():
            return _comparison(columns.resolve(sobject, condition.path), condition)


def wanted(sobject: SObject, condition: soql.Condition | None) -> tuple[Field, list[str]] | None:
    """Return an indexed field and the only values that rows may have in it, if it says so."""
    if isinstance(condition, soql.Combined) and condition.operator == "and":
        found = (wanted(sobject, part) for part in condition.parts)
        return next((one for one in found if one), None)
    if not isinstance(condition, soql.Comparison) or condition.operator not in ("=", "in"):
        return None
    field = sobject.field(condition.path[0]) if len(condition.path) == 1 else None
    if field is None or not (field.name == "Id" or field.is_indexed):
        return None
    keys = [_literal(field, value) for value in condition.values]
    return None if None in keys else (field, keys)


def _comparison(column: Column, comparison: soql.Comparison) -> Test:
    if comparison.operator == "like":
        return _like(column, comparison.values[0])
    field = column.field
    keys = tuple(_literal(field, value) for value in comparison.values)
    among = frozenset(keys)
    match comparison.operator:
        case "=" | "in":
            return lambda reader, row: _read(reader, column, row) in among
        case "!=" | "not in":
            return lambda reader, row: _read(reader, column, row) not in among
        case ordered:
            if keys[0] is None or field.type == "boolean":
                raise _no_operator(field)
            return _ordered(column, _ORDERED[ordered], keys[0])


def _ordered(column: Column, holds: Callable[[Any, Any], bool], key: object) -> Test:
    def test(reader: Reader, row: Row) -> bool:
        value = _read(reader, column, row)
        return value is not None and holds(value, key)

    return test


def _like(column: Column, value: Value) -> Test:
    if column.field.type in ("id", "reference", *_KINDS):
        raise _no_operator(column.field)
    if value.kind != "string":
        raise _wrong_kind(column.field, "string")
    pattern = literals.pattern(value.value)

    def test(reader: Reader, row: Row) -> bool:
        text = reader.value(column, row)
        return text is not None and bool(pattern.fullmatch(str(text)))

    return test


def _read(reader: Reader, column: Column, row: Row) -> Any:  # noqa: ANN401 - of the field's type
    return values.comparable(column.field, reader.value(column, row))


def _literal(field: Field, value: Value) -> Any:  # noqa: ANN401 - of the field's type
    if value.kind == "null":
        return None
    kind = _KINDS.get(field.type, "string")
    if value.kind != kind:
        raise _wrong_kind(field, kind)
    if kind != "string":
        return value.value
    text = literals.plain(value.value)
    if field.type not in ("id", "reference"):
        return text.casefold()
    key = ids.full(text)
    if key is None:
        message = f"invalid ID field: {text}"
        raise errors.Refused(message, code="INVALID_QUERY_FILTER_OPERATOR")
    return key


def _wrong_kind(field: Field, kind: Kind) -> errors.Refused:
    quotes = "should be enclosed" if kind == "string" else "should not be enclosed"
    message = (
        f"value of filter criterion for field '{field.name}' must be of type {field.type}"
        f" and {quotes} in quotes"
    )
    return errors.Refused(message, code="INVALID_FIELD")


def _no_operator(field: Field) -> errors.Refused:
    message = f"invalid operator on {field.type} field"
    return errors.Refused(message, code="INVALID_QUERY_FILTER_OPERATOR")
