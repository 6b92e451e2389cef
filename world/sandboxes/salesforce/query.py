"""Queries over HTTP: a page of records, and a locator for the next."""

import re
from datetime import datetime, timedelta
from http import HTTPStatus

from starlette.responses import Response

from world.sandboxes.box import Body, Transaction
from world.sandboxes.salesforce import errors, ids, selection, wire
from world.sandboxes.salesforce.columns import Row
from world.sandboxes.salesforce.door import Call
from world.sandboxes.salesforce.selection import Answer, Selection

_CURSORS = "_cursor"
_SMALLEST_PAGE = 200
_LARGEST_PAGE = 2000


def query(call: Call) -> Response:
    """Answer the first page of a query."""
    return _first(call, with_deleted=False)


def query_all(call: Call) -> Response:
    """Answer the first page of a query that finds deleted rows too."""
    return _first(call, with_deleted=True)


def more(call: Call) -> Response:
    """Answer the page that a locator names: what was found then, as it is now."""
    locator = call.params["locator"]
    key, _, offset = locator.partition("-")
    cursor = call.tx.get(_CURSORS, key)
    if cursor is None or _is_dead(call, cursor) or not offset.isdecimal():
        raise _no_locator()
    start = int(offset)
    if not 0 < start < len(cursor["ids"]):
        raise _no_locator()
    call.tx.put(_CURSORS, key, cursor | {"used": call.tx.now.isoformat()})
    return _page(call, selection.bind(cursor["q"]), key, cursor, start)


def _first(call: Call, *, with_deleted: bool) -> Response:
    text = call.query.get("q", "")
    chosen = selection.bind(text)
    rows = chosen.found(call.tx, with_deleted=with_deleted)
    cursor: Body = {
        "q": text,
        "ids": [row["Id"] for row in rows],
        "size": _page_size(call),
        "used": call.tx.now.isoformat(),
    }
    key = ""
    if len(rows) > cursor["size"]:
        _forget_dead(call)
        key = ids.make("01g", call.tx.next("01g"))
        call.tx.put(_CURSORS, key, cursor)
    return _page(call, chosen, key, cursor, 0)


def _page(call: Call, chosen: Selection, key: str, cursor: Body, start: int) -> Response:
    end = start + cursor["size"]
    rows = _rows(call.tx, chosen, cursor["ids"][start:end])
    body: dict[str, object] = {
        "totalSize": len(cursor["ids"]),
        "done": end >= len(cursor["ids"]),
    }
    if not body["done"]:
        body["nextRecordsUrl"] = f"/services/data/{call.version}/query/{key}-{end}"
    answer = Answer(call.version, call.settings["empty_subquery_is_null"])
    body["records"] = chosen.shown(call.tx, rows, answer)
    return wire.answer(body)


def _rows(tx: Transaction, chosen: Selection, keys: list[str]) -> list[Row]:
    return [row for key in keys if (row := tx.get(chosen.sobject.name, key))]


def _page_size(call: Call) -> int:
    asked = re.search(r"batchSize=(\d{1,9})", call.headers.get("Sforce-Query-Options", ""), re.I)
    hint = int(asked[1]) if asked else _LARGEST_PAGE
    size = min(max(hint, _SMALLEST_PAGE), _LARGEST_PAGE)
    return min(size, int(call.settings["max_page"]))


def _is_dead(call: Call, cursor: Body) -> bool:
    unused = call.tx.now - datetime.fromisoformat(cursor["used"])
    return unused > timedelta(seconds=call.settings["locator_seconds"])


def _forget_dead(call: Call) -> None:
    with_keys = [(cursor["key"], cursor) for cursor in call.tx.all(_CURSORS)]
    for key, cursor in with_keys:
        if _is_dead(call, cursor):
            call.tx.delete(_CURSORS, key)


def _no_locator() -> errors.Refused:
    return errors.Refused(
        "INVALID_QUERY_LOCATOR", "invalid query locator", status=HTTPStatus.BAD_REQUEST
    )
