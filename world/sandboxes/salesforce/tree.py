"""A tree of new rows in one request: parents with the children that hang on them, all or none."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import NamedTuple

from starlette.responses import Response

from world.sandboxes.box import Body
from world.sandboxes.salesforce import errors, objects, sobjects, wire
from world.sandboxes.salesforce.collection import MOST_ROWS
from world.sandboxes.salesforce.door import Call
from world.sandboxes.salesforce.schema import Field, SObject

_DEEPEST = 5
_MOST_KINDS = 5


class _Leaf(NamedTuple):
    """A row to be made, under the name by which the answer speaks of it."""

    name: str
    sobject: SObject
    fields: Body
    link: Field | None = None
    parent: str = ""


def create(call: Call) -> Response:
    """Keep every row of the tree (201), or none of them (400)."""
    sobject = objects.find(call.params["sobject"])
    if sobject is None:
        raise errors.not_found()
    leaves = list(_leaves(sobject, call.body(), None, ""))
    _check(leaves)
    made: dict[str, str] = {}
    failed: list[Body] = []
    with call.tx.part() as whole:
        for leaf in leaves:
            _make(call, leaf, made, failed)
        whole.is_undone = bool(failed)
    if failed:
        body = {"hasErrors": True, "results": failed}
        return wire.answer(body, status=HTTPStatus.BAD_REQUEST)
    results = [{"referenceId": name, "id": key} for name, key in made.items()]
    return wire.answer({"hasErrors": False, "results": results}, status=HTTPStatus.CREATED)


def _make(call: Call, leaf: _Leaf, made: dict[str, str], failed: list[Body]) -> None:
    if leaf.link and leaf.parent not in made:
        return
    link = {leaf.link.name: made[leaf.parent]} if leaf.link else {}
    try:
        with call.tx.part():
            row = sobjects.rows(call).create(leaf.sobject, leaf.fields | link)
    except errors.Refused as refused:
        failed.append({"referenceId": leaf.name, "errors": [refused.of_a_record()]})
    else:
        made[leaf.name] = str(row["Id"])


def _leaves(
    sobject: SObject, body: Body, link: Field | None, parent: str, depth: int = 1
) -> Iterator[_Leaf]:
    records = body.get("records")
    if not isinstance(records, list) or depth > _DEEPEST:
        message = f"records: a list of at most {_DEEPEST} levels was expected"
        raise errors.unreadable(message)
    for record in records:
        attributes = record.get("attributes") if isinstance(record, dict) else None
        if not isinstance(attributes, dict) or not attributes.get("referenceId"):
            message = "referenceId is missing"
            raise errors.invalid(message)
        name = str(attributes["referenceId"])
        children = {key: value for key, value in record.items() if _is_children(sobject, key)}
        fields = {key: value for key, value in record.items() if key not in children}
        yield _Leaf(name, sobject, fields, link, parent)
        for key, value in children.items():
            by, down = _children(sobject, key)
            yield from _leaves(by, value, down, name, depth + 1)


def _children(sobject: SObject, relationship: str) -> tuple[SObject, Field]:
    wanted = relationship.lower()
    referring = objects.referring(sobject)
    return next((by, link) for by, link in referring if link.children.lower() == wanted)


def _is_children(sobject: SObject, name: str) -> bool:
    relationships = {link.children.lower() for _, link in objects.referring(sobject)}
    return name.lower() in relationships - {""}


def _check(leaves: list[_Leaf]) -> None:
    names = {leaf.name for leaf in leaves}
    if len(names) < len(leaves):
        message = "Duplicate ReferenceId provided in the request."
        raise errors.invalid(message)
    kinds = {leaf.sobject.name for leaf in leaves}
    if len(leaves) > MOST_ROWS or len(kinds) > _MOST_KINDS:
        message = f"A tree has at most {MOST_ROWS} records of {_MOST_KINDS} types"
        raise errors.invalid(message, "LIMIT_EXCEEDED")
