"""Queries over HTTP: a page of records, and a locator for the next."""

import re
from datetime import datetime, timedelta

from starlette.responses import Response

from world.sandboxes.box import Body
from world.sandboxes.salesforce import errors, ids, security, selection, wire
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
    locator = re.fullmatch(r"(\w+)-(\d{1,9})", call.params["locator"])
    cursor = call.tx.get(_CURSORS, locator[1]) if locator else None
    if locator is None or cursor is None or _is_dead(call, cursor):
        raise _no_locator()
    start = int(locator[2])
    if not 0 < start < len(cursor["ids"]):
        raise _no_locator()
    call.tx.put(_CURSORS, cursor["key"], cursor | {"used": call.tx.now.isoformat()})
    chosen = selection.bind(cursor["q"])
    keys = cursor["ids"][start : start + cursor["size"]]
    rows: list[Row] = [row for key in keys if (row := call.tx.get(chosen.sobject.name, key))]
    return _page(call, chosen, rows, cursor, start)


def _first(call: Call, *, with_deleted: bool) -> Response:
    text = call.query.get("q", "")
    chosen = selection.bind(text)
    security.check(call.settings, chosen.named())
    rows = chosen.found(call.tx, with_deleted=with_deleted)
    size = _page_size(call)
    cursor: Body = {
        "key": "",
        "q": text,
        "ids": [row["Id"] for row in rows],
        "size": size,
        "used": call.tx.now.isoformat(),
    }
    if len(rows) > size:
        _forget_dead(call)
        cursor["key"] = ids.make("01g", call.tx.next("01g"))
        call.tx.put(_CURSORS, cursor["key"], cursor)
    return _page(call, chosen, rows[:size], cursor, 0)


def _page(call: Call, chosen: Selection, rows: list[Row], cursor: Body, start: int) -> Response:
    total = len(cursor["ids"])
    end = start + cursor["size"]
    body: dict[str, object] = {"totalSize": total, "done": end >= total}
    if end < total:
        body["nextRecordsUrl"] = f"/services/data/{call.version}/query/{cursor['key']}-{end}"
    answer = Answer(call.version, call.settings["empty_subquery_is_null"])
    body["records"] = chosen.shown(call.tx, rows, answer)
    return wire.answer(body)


def _page_size(call: Call) -> int:
    asked = re.search(
        r"batchSize=(\d{1,9})", call.headers.get("Sforce-Query-Options", ""), re.IGNORECASE
    )
    hint = int(asked[1]) if asked else _LARGEST_PAGE
    size = min(max(hint, _SMALLEST_PAGE), _LARGEST_PAGE)
    return min(size, int(call.settings["max_page"]))


def _is_dead(call: Call, cursor: Body) -> bool:
    unused = call.tx.now - datetime.fromisoformat(cursor["used"])
    return unused > timedelta(seconds=call.settings["locator_seconds"])


def _forget_dead(call: Call) -> None:
    for cursor in call.tx.all(_CURSORS):
        if _is_dead(call, cursor):
            call.tx.delete(_CURSORS, cursor["key"])


def _no_locator() -> errors.Refused:
    return errors.Refused("invalid query locator", code="INVALID_QUERY_LOCATOR")
