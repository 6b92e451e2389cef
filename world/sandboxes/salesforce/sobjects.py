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
    sobject = _sobject(call)
    return _created(call, sobject, rows(call).create(sobject, call.body()))


def get(call: Call) -> Response:
    """Answer a row, or those of its fields that `fields` names."""
    sobject = _sobject(call)
    return wire.answer(_record(call, sobject, rows(call).existing(sobject, call.params["id"])))


def update(call: Call) -> Response:
    """Change a row: 204."""
    sobject, known = _sobject(call), rows(call)
    known.update(sobject, known.existing(sobject, call.params["id"]), call.body())
    return Response(status_code=HTTPStatus.NO_CONTENT)


def delete(call: Call) -> Response:
    """Put a row in the bin: 204."""
    sobject, known = _sobject(call), rows(call)
    known.delete(sobject, known.existing(sobject, call.params["id"]))
    return Response(status_code=HTTPStatus.NO_CONTENT)


def get_by_external_id(call: Call) -> Response:
    """Answer the row with this external id; 300 if there are several."""
    sobject = _sobject(call)
    found = rows(call).matching(sobject, external(call, sobject), call.params["value"])
    if not found:
        raise errors.not_found()
    if len(found) > 1:
        return _choices(call, sobject, found)
    return wire.answer(_record(call, sobject, found[0]))


def upsert(call: Call) -> Response:
    """Create the row with this external id (201), or change it (200); 300 if there are several."""
    sobject, known, body = _sobject(call), rows(call), call.body()
    field = external(call, sobject)
    for name in body:
        if name.lower() in ("id", field.name.lower()):
            message = f"The {name} field should not be specified in the sobject data."
            raise errors.Refused(message, code="INVALID_FIELD")
    found = known.matching(sobject, field, call.params["value"])
    if len(found) > 1:
        return _choices(call, sobject, found)
    if found:
        known.update(sobject, found[0], body)
        return wire.answer(done(found[0]) | {"created": False})
    if call.query.get("updateOnly") == "true":
        raise errors.not_found()
    row = known.create(sobject, body | {field.name: call.params["value"]})
    return _created(call, sobject, row, created=True)


def rows(call: Call) -> Rows:
    """Return the rows that a request reads and writes."""
    return Rows(call.tx, call.settings, call.caller)


def _sobject(call: Call) -> SObject:
    sobject = objects.find(call.params["sobject"])
    if sobject is None:
        raise errors.not_found()
    return sobject


def external(call: Call, sobject: SObject) -> Field:
    """Return the external id that the path names.

    Raises:
        Refused: the object has none of this name.
    """
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
        fields = tuple(column(sobject, name.strip()) for name in names)
    record = Answer(call.version, empty_is_null=True).attributes(sobject, row)
    return record | {field.name: value(field, row) for field in fields}


def value(field: Field, row: Row) -> object:
    """Return a field of a row as an answer carries it."""
    return values.shown(field, row.get(field.name))


def column(sobject: SObject, name: str) -> Field:
    """Return a field that a request names.

    Raises:
        Refused: the object has none of this name.
    """
    field = sobject.field(name)
    if field is None:
        raise errors.no_column(name, sobject.name)
    return field


def _choices(call: Call, sobject: SObject, found: list[Row]) -> Response:
    records = [_record(call, sobject, row) for row in found]
    urls = [record["attributes"]["url"] for record in records]
    body = urls if call.settings["choices_are_urls"] else records
    return wire.answer(body, status=HTTPStatus.MULTIPLE_CHOICES)


def _created(call: Call, sobject: SObject, row: Row, **told: object) -> Response:
    response = wire.answer(done(row) | told, status=HTTPStatus.CREATED)
    url = f"/services/data/{call.version}/sobjects/{sobject.name}/{row['Id']}"
    response.headers["Location"] = url
    return response


def done(row: Row) -> dict[str, object]:
    """Return what an answer says of a row that was written."""
    return {"id": row["Id"], "success": True, "errors": []}
