"""sObject collections: up to 200 rows in one request, each with an outcome of its own.

A well-formed request answers 200, whatever became of its rows.
"""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import groupby

from starlette.responses import Response

from world.sandboxes.box import Body
from world.sandboxes.salesforce import errors, ids, objects, sobjects, wire
from world.sandboxes.salesforce.door import Call
from world.sandboxes.salesforce.schema import Field, SObject
from world.sandboxes.salesforce.selection import Answer

MOST_ROWS = 200
_MOST_RUNS = 10
_MOST_READ = 2000
_ROLLED_BACK = (
    "Record rolled back because not all records were valid and the request was using AllOrNone"
    " header"
)
Result = dict[str, object]
Write = Callable[[], Result]


def create(call: Call) -> Response:
    """Keep new rows, of as many as ten runs of one object."""
    body = call.body()
    records = _records(body)
    writes = [partial(_create, call, sobject, fields) for sobject, fields in _typed(records)]
    return _all_written(call, writes, is_all_or_none=_all_or_none(body))


def update(call: Call) -> Response:
    """Change rows; each record says its `id`."""
    body = call.body()
    records = _records(body)
    writes = [partial(_update, call, sobject, fields) for sobject, fields in _typed(records)]
    return _all_written(call, writes, is_all_or_none=_all_or_none(body))


def upsert(call: Call) -> Response:
    """Create or change rows of one object by an external id that each record says."""
    body = call.body()
    sobject = _sobject(call)
    field = sobjects.external(call, sobject)
    records = _records(body)
    writes = [partial(_upsert, call, sobject, field, fields) for _, fields in _typed(records)]
    return _all_written(call, writes, is_all_or_none=_all_or_none(body))


def delete(call: Call) -> Response:
    """Put rows in the bin, by their ids in the query."""
    keys = [key.strip() for key in call.query.get("ids", "").split(",") if key.strip()]
    _check_size(keys, MOST_ROWS)
    writes = [partial(_delete, call, key) for key in keys]
    is_all_or_none = call.query.get("allOrNone", "").lower() == "true"
    return _all_written(call, writes, is_all_or_none=is_all_or_none)


def get(call: Call) -> Response:
    """Answer rows of one object by their ids; what stands for a missing one is a setting."""
    sobject = _sobject(call)
    body = call.body()
    keys, names = _texts(body, "ids"), _texts(body, "fields")
    _check_size(keys, _MOST_READ)
    found = [_shown(call, sobject, key, names) for key in keys]
    if not call.settings["missing_row_of_collection_is_null"]:
        found = [row for row in found if row is not None]
    return wire.answer(found)


def _all_written(call: Call, writes: Sequence[Write], *, is_all_or_none: bool) -> Response:
    with call.tx.part() as part:
        results = [_written(call, write) for write in writes]
        part.is_undone = is_all_or_none and not all(result["success"] for result in results)
    if part.is_undone:
        results = [_rolled_back(result) if result["success"] else result for result in results]
    return wire.answer(results)


def _written(call: Call, write: Write) -> Result:
    try:
        with call.tx.part():
            return write()
    except errors.Refused as refused:
        return {"success": False, "errors": [refused.of_a_record()]}


def _rolled_back(result: Result) -> Result:
    code = "ALL_OR_NONE_OPERATION_ROLLED_BACK"
    error = {"statusCode": code, "message": _ROLLED_BACK, "fields": []}
    return result | {"success": False, "errors": [error]}


def _create(call: Call, sobject: SObject, fields: Body) -> Result:
    return sobjects.done(sobjects.rows(call).create(sobject, fields))


def _update(call: Call, sobject: SObject, fields: Body) -> Result:
    known = sobjects.rows(call)
    key = next((name for name in fields if name.lower() == "id"), "")
    if not key:
        message = "Id not specified in an update call"
        raise errors.invalid(message, "MISSING_ARGUMENT")
    row = known.existing(sobject, str(fields[key]))
    known.update(sobject, row, {name: fields[name] for name in fields if name != key})
    return sobjects.done(row)


def _upsert(call: Call, sobject: SObject, field: Field, fields: Body) -> Result:
    known = sobjects.rows(call)
    key = next((name for name in fields if name.lower() == field.name.lower()), "")
    if not key or not isinstance(fields[key], str):
        message = f"{field.name} not specified"
        raise errors.invalid(message, "MISSING_ARGUMENT")
    found = known.matching(sobject, field, fields[key])
    if len(found) > 1:
        message = f"{field.name}: more than one record found for external id field: {fields[key]}"
        raise errors.Refused(message, code="DUPLICATE_EXTERNAL_ID", fields=(field.name,))
    if not found:
        return sobjects.done(known.create(sobject, fields)) | {"created": True}
    changes = {name: fields[name] for name in fields if name != key}
    known.update(sobject, found[0], changes)
    return sobjects.done(found[0]) | {"created": False}


def _delete(call: Call, key: str) -> Result:
    whole = ids.full(key)
    sobject = next((one for one in objects.OBJECTS if (whole or "").startswith(one.prefix)), None)
    if whole is None or sobject is None:
        message = f"malformed id {key}"
        raise errors.invalid(message, "MALFORMED_ID")
    known = sobjects.rows(call)
    row = known.existing(sobject, whole)
    known.delete(sobject, row)
    return sobjects.done(row)


def _shown(call: Call, sobject: SObject, key: str, names: list[str]) -> Result | None:
    row = call.tx.get(sobject.name, ids.full(key) or "")
    if row is None or row["IsDeleted"]:
        return None
    record = Answer(call.version, empty_is_null=True).attributes(sobject, row)
    fields = (sobjects.column(sobject, name) for name in names)
    return record | {field.name: sobjects.value(field, row) for field in fields}


def _sobject(call: Call) -> SObject:
    return _named(call.params["sobject"])


def _named(name: object) -> SObject:
    sobject = objects.find(str(name))
    if sobject is None:
        raise errors.no_type(str(name))
    return sobject


def _records(body: Body) -> list[Body]:
    records = body.get("records")
    if not isinstance(records, list) or not all(isinstance(one, dict) for one in records):
        message = "records: a list was expected"
        raise errors.unreadable(message)
    _check_size(records, MOST_ROWS)
    return records


def _check_size(rows: Sequence[object], most: int) -> None:
    if len(rows) > most:
        message = f"record limit reached. cannot submit more than {most} records into this call"
        raise errors.invalid(message, "EXCEEDED_MAX_SIZE_REQUEST")


def _typed(records: list[Body]) -> list[tuple[SObject, Body]]:
    """Return each record beside its object; a request holds only so many runs of one object."""
    typed = [(_named(_attributes(record).get("type")), record) for record in records]
    runs = [name for name, _ in groupby(sobject.name for sobject, _ in typed)]
    if len(runs) > _MOST_RUNS:
        message = f"Cannot have more than {_MOST_RUNS} chunks in a single operation"
        raise errors.invalid(message)
    return typed


def _attributes(record: Body) -> Body:
    attributes = record.get("attributes")
    return attributes if isinstance(attributes, dict) else {}


def _all_or_none(body: Body) -> bool:
    return bool(body.get("allOrNone", False))


def _texts(body: Body, name: str) -> list[str]:
    found = body.get(name)
    if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
        message = f"{name}: a list was expected"
        raise errors.unreadable(message)
    return found
