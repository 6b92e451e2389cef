"""What an object is, as its user may see it: `GET /sobjects/X/describe`."""

from starlette.responses import Response

from world.sandboxes.salesforce import errors, objects, security, wire
from world.sandboxes.salesforce.door import Call
from world.sandboxes.salesforce.schema import Field, SObject

_CURRENCY = "CurrencyIsoCode"
_DIGITS = 18


def describe(call: Call) -> Response:
    """Answer an object with its fields and the relationships that lead to its children."""
    sobject = objects.find(call.params["sobject"])
    if sobject is None:
        raise errors.not_found()
    may_write = sobject.name not in call.settings["read_only_objects"]
    body = {
        "name": sobject.name,
        "custom": sobject.name.endswith("__c"),
        "queryable": True,
        **dict.fromkeys(("createable", "updateable", "deletable"), may_write),
        "fields": [
            _field(call, field, may_write=may_write)
            for field in security.seen(call.settings, sobject)
        ],
        "childRelationships": [_child(by, link) for by, link in objects.referring(sobject)],
    }
    return wire.answer(body)


def _field(call: Call, field: Field, *, may_write: bool) -> dict[str, object]:
    values = call.settings["currencies"] if field.name == _CURRENCY else field.values
    return {
        "name": field.name,
        "type": field.type,
        "custom": field.is_custom,
        "length": field.length if field.type in ("string", "textarea", "picklist") else 0,
        "precision": _DIGITS if field.type in ("currency", "double") else 0,
        "nillable": not field.required,
        "createable": may_write and field.writable,
        "updateable": may_write and field.writable and not field.fixed,
        "externalId": field.external,
        "unique": field.unique,
        "referenceTo": [field.to] if field.to else [],
        "relationshipName": field.relationship if field.type == "reference" else None,
        "picklistValues": [{"value": value, "active": True} for value in values],
    }


def _child(by: SObject, link: Field) -> dict[str, object]:
    return {
        "childSObject": by.name,
        "field": link.name,
        "relationshipName": link.children or None,
    }
