"""Composite keys in a URL: `CustomersV3(dataAreaId='usmf',CustomerAccount='US-001')`."""

import re
from decimal import Decimal

from world.sandboxes.dynamics._infolog import Refused, bad_request
from world.sandboxes.dynamics._schema import EntitySet, Field, Row
from world.sandboxes.dynamics._values import kept

_PART = re.compile(r"\s*(\w+)\s*=\s*('(?:[^']|'')*'|[^,'\s]+)\s*(?:,|$)")
_NUMBER = re.compile(r"-?\d{1,40}(\.\d{1,40})?")


def parsed(entity: EntitySet, text: str) -> Row:
    """Return the key fields' values. Refused unless each is named exactly once."""
    found: Row = {}
    at = 0
    while at < len(text):
        part = _PART.match(text, at)
        if part is None or part[1] not in entity.keys or part[1] in found:
            raise _malformed(entity)
        found[part[1]] = value(entity.by_name[part[1]], part[2])
        at = part.end()
    if len(found) != len(entity.keys):
        raise _malformed(entity)
    return found


def value(field: Field, literal: str) -> str | int:
    """Return a literal of the URL as a value of this property. Refused if it is none."""
    try:
        return kept(field, _read(literal), plain_dates=True)
    except ValueError as error:
        raise bad_request(str(error)) from None


def _read(literal: str) -> object:
    if literal.startswith("'"):
        return literal[1:-1].replace("''", "'")
    if _NUMBER.fullmatch(literal):
        return Decimal(literal) if "." in literal else int(literal)
    return literal


def _malformed(entity: EntitySet) -> Refused:
    return bad_request(
        "The number of keys specified in the URI does not match number of key properties for the"
        f" resource '{entity.name}': {', '.join(entity.keys)}."
    )
