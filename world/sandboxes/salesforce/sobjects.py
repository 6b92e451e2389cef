"""Rows over HTTP: one by its id, or by the value of an external id."""

from http import HTTPStatus
from typing import Any

from starlette.responses import Response

from world.sandboxes.salesforce import errors, objects, values, wire
from world.sandboxes.salesforce.columns import Row
from world.sandboxes.salesforce.door import Call
from world.sandboxes.salesforce.rows import Rows
from world.sandboxes.salesforce.schema import Field, SObject
from world.sandboxes.salesforce.selection import Answer


def create(call: Call) -> Response:
    """Keep a new row: 201 with its id."""
    row = _rows(call).create(_sobject(call), call.body())
    return wire.answer(_done(row), status=HTTPStatus.CREATED)


def get(call: Call) -> Response:
    """Answer a row, or those of its fields that `fields` names."""
    sobject = _sobject(call)
    return wire.answer(_record(call, sobject, _rows(call).existing(sobject, call.params["id"])))


def update(call: Call) -> Response:
    """Change a row: 204."""
    sobject, rows = _sobject(call), _rows(call)
    rows.update(sobject, rows.existing(sobject, call.params["id"]), call.body())
    return Response(status_code=HTTPStatus.NO_CONTENT)


def delete(call: Call) -> Response:
    """Put a row in the bin: 204."""
    sobject, rows = _sobject(call), _rows(call)
    rows.delete(sobject, rows.existing(sobject, call.params["id"]))
    return Response(status_code=HTTPStatus.NO_CONTENT)


def get_by_external_id(call: Call) -> Response:
    """Answer the row with this external id; 300 if there are several."""
    sobject = _sobject(call)
    found = _rows(call).matching(sobject, _external(call, sobject), call.params["value"])
    if not found:
        raise errors.not_found()
    if len(found) > 1:
        return _choices(call, sobject, found)
    return wire.answer(_record(call, sobject, found[0]))


def upsert(call: Call) -> Response:
    """Create the row with this external id (201), or change it (200); 300 if there are several."""
    sobject, rows, body = _sobject(call), _rows(call), call.body()
    field = _external(call, sobject)
    for name in body:
        if name.lower() in ("id", field.name.lower()):
            message = f"The {name} field should not be specified in the sobject data."
            raise errors.Refused(message, code="INVALID_FIELD")
    found = rows.matching(sobject, field, call.params["value"])
    if len(found) > 1:
        return _choices(call, sobject, found)
    if found:
        rows.update(sobject, found[0], body)
        return wire.answer(_done(found[0]) | {"created": False})
    if call.query.get("updateOnly") == "true":
        raise errors.not_found()
    row = rows.create(sobject, body | {field.name: call.params["value"]})
    return wire.answer(_done(row) | {"created": True}, status=HTTPStatus.CREATED)


def _rows(call: Call) -> Rows:
    return Rows(call.tx, call.settings, call.instance_url)


def _sobject(call: Call) -> SObject:
    sobject = objects.find(call.params["sobject"])
    if sobject is None:
        raise errors.not_found()
    return sobject


def _external(call: Call, sobject: SObject) -> Field:
    name = call.params["field"]
    field = sobject.field(name)
    if field is None or not field.external:
        message = f"Provided external ID field does not exist or is not accessible: {name}"
        bare = bool(call.settings["upsert_not_found_is_bare"])
        raise errors.Refused(message, code="NOT_FOUND", status=HTTPStatus.NOT_FOUND, bare=bare)
    return field


def _record(call: Call, sobject: SObject, row: Row) -> dict[str, Any]:
    fields = sobject.fields
    if asked := call.query.get("fields"):
        names = dict.fromkeys([*asked.split(","), "Id"])
        fields = tuple(_column(sobject, name.strip()) for name in names)
    record = Answer(call.version, empty_is_null=True).attributes(sobject, row)
    return record | {f.name: values.shown(f, row.get(f.name)) for f in fields}


def _column(sobject: SObject, name: str) -> Field:
    field = sobject.field(name)
    if field is None:
        raise errors.no_column(name, sobject.name)
    return field


def _choices(call: Call, sobject: SObject, found: list[Row]) -> Response:
    records = [_record(call, sobject, row) for row in found]
    urls = [record["attributes"]["url"] for record in records]
    body = urls if call.settings["choices_are_urls"] else records
    return wire.answer(body, status=HTTPStatus.MULTIPLE_CHOICES)


def _done(row: Row) -> dict[str, object]:
    return {"id": row["Id"], "success": True, "errors": []}
