"""One OData request: a path, a method, a body; alone or as a part of a batch."""

import json
import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote

from world.sandboxes.dynamics import _keys, _metadata, _query, _writes
from world.sandboxes.dynamics._catalog import CATALOG
from world.sandboxes.dynamics._infolog import bad_request, no_route, not_found, wrong_method
from world.sandboxes.dynamics._iso4217 import OutOfRange
from world.sandboxes.dynamics._schema import EntitySet, Row
from world.sandboxes.dynamics._session import Session

JSON = "application/json; odata.metadata=minimal"
_PATH = re.compile(r"(?P<name>\w+)(?:\((?P<keys>.*)\)|/(?P<count>\$count))?", re.DOTALL)


class Call(NamedTuple):
    """A request below `/data`. `base` is the absolute URL of that."""

    method: str
    base: str
    path: str
    query: str = ""
    body: bytes = b""
    if_match: str = ""

    @property
    def url(self) -> str:
        """Return the request's URL."""
        return f"{self.base}/{self.path}" + (f"?{self.query}" if self.query else "")

    @property
    def params(self) -> dict[str, str]:
        """Return the query's options."""
        return dict(parse_qsl(self.query, keep_blank_values=True))


_PLAIN = {"Content-Type": JSON}


class Answer(NamedTuple):
    """What to send back."""

    status: int
    body: str = ""
    headers: Mapping[str, str] = _PLAIN


_DONE = Answer(status=204, headers={})


def answered(session: Session, call: Call) -> Answer:
    """Do what the call asks for. Refused if the vendor would refuse it."""
    if call.path in {"", "$metadata"}:
        return _described(call)
    match = _route(call.path)
    if match is None or match["name"] not in CATALOG:
        raise no_route(call.url)
    entity = CATALOG[match["name"]]
    try:
        if match["keys"] is not None:
            return _of_row(session, call, entity, _keys.parsed(entity, match["keys"]))
        return _of_set(session, call, entity, counts=bool(match["count"]))
    except OutOfRange as error:
        message = f"{error} is out of range."
        raise bad_request(message) from None


@lru_cache(maxsize=1024)
def _route(path: str) -> re.Match[str] | None:
    return _PATH.fullmatch(path)


def decoded(path: str) -> str:
    """Return a path of a request line as a call holds it."""
    return unquote(path)


def _described(call: Call) -> Answer:
    if call.method != "GET":
        raise wrong_method(call.method)
    if call.path == "$metadata":
        return Answer(
            status=200, body=_metadata.document(), headers={"Content-Type": "application/xml"}
        )
    sets = [{"name": name, "kind": "EntitySet", "url": name} for name in CATALOG]
    return Answer(
        status=200, body=json.dumps({"@odata.context": f"{call.base}/$metadata", "value": sets})
    )


def _of_set(session: Session, call: Call, entity: EntitySet, *, counts: bool) -> Answer:
    if call.method == "POST" and not counts:
        row = _writes.create(session, entity, _object(call.body))
        return Answer(status=201, body=_rendered(call, entity, row, None))
    if call.method != "GET":
        raise wrong_method(call.method)
    query = _query.parsed(entity, call.params)
    if counts:
        number = len(_query.matching(session, query))
        return Answer(status=200, body=str(number), headers={"Content-Type": "text/plain"})
    return Answer(status=200, body=_query.page(session, query, call.base))


def _of_row(session: Session, call: Call, entity: EntitySet, keys: Row) -> Answer:
    across = _query.is_cross_company(call.params)
    if call.method == "GET":
        row = session.rows.get(entity, entity.key(keys))
        if row is None or not (across or _writes.in_default_company(session, entity, row)):
            raise not_found()
        select = _query.parsed(entity, call.params).select
        return Answer(status=200, body=_rendered(call, entity, row, select))
    if call.method not in {"PATCH", "PUT", "DELETE"}:
        raise wrong_method(call.method)
    row = _writes.selected(session, entity, keys, if_match=call.if_match, cross_company=across)
    if call.method == "DELETE":
        _writes.delete(session, entity, row)
    else:
        _writes.update(session, entity, row, _object(call.body))
    return _DONE


def _rendered(call: Call, entity: EntitySet, row: Row, select: tuple[str, ...] | None) -> str:
    names = f"({','.join(select)})" if select else ""
    context = f"{call.base}/$metadata#{entity.name}{names}/$entity"
    return entity.render(row, select, context)


def _object(body: bytes) -> dict[str, Any]:
    """Read a JSON object, its numbers exactly as they stand."""
    try:
        read = _EXACT_JSON.decode(body.decode())
    except (ValueError, InvalidOperation, RecursionError):
        message = "The request body is not valid JSON."
        raise bad_request(message) from None
    if not isinstance(read, dict):
        message = "The request body must be a JSON object."
        raise bad_request(message)
    return read


def _no_constant(name: str) -> None:
    raise ValueError(name)


_EXACT_JSON = json.JSONDecoder(parse_float=Decimal, parse_constant=_no_constant)
