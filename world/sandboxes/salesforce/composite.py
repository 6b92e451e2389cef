"""Several requests in one: composite, whose parts build on each other, and batch, whose do not."""

import re
from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from starlette.datastructures import Headers
from starlette.responses import Response

from world.sandboxes.box import Body
from world.sandboxes.salesforce import door, errors, limits, wire
from world.sandboxes.salesforce.caller import Caller
from world.sandboxes.salesforce.door import Call

_MOST_PARTS = 25
_MOST_QUERIES = 5
_HEAVY = re.compile(r"/(?:query|queryAll|composite/sobjects)(?:[/?]|$)")
_REFERENCE = re.compile(r"@\{(\w+)((?:\[\d+\]|\.\w+)*)\}")
_HALTED = "PROCESSING_HALTED"
_ROLLED_BACK = (
    "The transaction was rolled back since another operation in the same transaction failed."
)
Part = dict[str, Any]


def composite(call: Call) -> Response:
    """Do up to 25 parts in turn: 200, whatever became of them."""
    body = call.body()
    parts = _parts(body, "compositeRequest", "referenceId")
    _check_parts(parts)
    done: dict[str, Part] = {}
    with call.tx.part() as whole:
        for part in parts:
            done[part["referenceId"]] = answer = _part(call, part, done)
            whole.is_undone = bool(body.get("allOrNone")) and not _is_good(answer)
            if whole.is_undone:
                break
    if whole.is_undone:
        done = _undone(parts, done)
    return wire.answer({"compositeResponse": list(done.values())})


def batch(call: Call) -> Response:
    """Do up to 25 parts, each a transaction of its own."""
    body = call.body()
    parts = _parts(body, "batchRequests", "url")
    results: list[Part] = []
    for part in parts:
        is_halted = body.get("haltOnError") and any(_failed(result) for result in results)
        results.append(_halted() if is_halted else _counted(call, part))
    has_errors = any(_failed(result) for result in results)
    return wire.answer({"hasErrors": has_errors, "results": results})


def _parts(body: Body, name: str, member: str) -> list[Part]:
    parts = body.get(name)
    is_list = isinstance(parts, list) and all(isinstance(part, dict) for part in parts)
    if not is_list or not parts:
        message = f"{name}: a list was expected"
        raise errors.unreadable(message)
    for part in parts:
        for needed in ("method", "url", member):
            if not isinstance(part.get(needed), str):
                message = f"{needed} is missing"
                raise errors.unreadable(message)
    if len(parts) > _MOST_PARTS:
        message = f"The maximum number of subrequests is {_MOST_PARTS}"
        raise errors.invalid(message, "LIMIT_EXCEEDED")
    return list(parts)


def _check_parts(parts: list[Part]) -> None:
    names = [part["referenceId"] for part in parts]
    if len(set(names)) < len(names) or not all(re.fullmatch(r"\w+", name) for name in names):
        message = "Each referenceId must be unique, and of letters, digits and underscores"
        raise errors.invalid(message)
    if sum(bool(_HEAVY.search(part["url"])) for part in parts) > _MOST_QUERIES:
        message = f"No more than {_MOST_QUERIES} parts may be queries or collections"
        raise errors.invalid(message, "LIMIT_EXCEEDED")


def _part(call: Call, part: Part, done: Mapping[str, Part]) -> Part:
    try:
        told = _resolved({**part, "referenceId": ""}, done)
        with call.tx.part():
            response = _answered(call, told, call.caller)
    except errors.Refused as refused:
        response = refused.response()
    headers = {
        name.title(): value
        for name, value in response.headers.items()
        if name.lower() not in ("content-type", "content-length")
    }
    return {
        "body": wire.loads(bytes(response.body)) if response.body else None,
        "httpHeaders": headers,
        "httpStatusCode": response.status_code,
        "referenceId": part["referenceId"],
    }


def _counted(call: Call, part: Part) -> Part:
    """Answer one part of a batch, which counts against the limit like a request."""
    caller = Caller.of(call.headers, call.version, call.caller.instance_url)
    try:
        if call.settings["batch_parts_are_counted"]:
            limits.check(limits.count(call.tx, call.settings))
        with call.tx.part():
            response = _answered(call, {**part, "body": part.get("richInput")}, caller)
    except errors.Refused as refused:
        response = refused.response()
    result = wire.loads(bytes(response.body)) if response.body else None
    return {"statusCode": response.status_code, "result": result}


def _answered(call: Call, part: Part, caller: Caller) -> Response:
    url = urlsplit(part["url"])
    path = "/" + url.path.removeprefix("/services/data/").removeprefix("/")
    below = path.removeprefix(f"/{call.version}")
    if below == path:
        raise errors.not_found()
    act, params = door.act_of(call.resources, part["method"].upper(), unquote(below))
    if act in (composite, batch):
        raise errors.not_found()
    headers = {**call.headers, "content-type": "application/json", **part.get("httpHeaders", {})}
    sub = replace(
        call,
        caller=caller,
        params=params,
        query=dict(parse_qsl(url.query)),
        headers=Headers(headers),
        raw=wire.dumps(part.get("body") or {}).encode(),
    )
    return act(sub)


def _resolved(told: Any, done: Mapping[str, Part]) -> Any:  # noqa: ANN401 - any JSON
    match told:
        case str():
            return _REFERENCE.sub(lambda found: _referred(found, done), told)
        case dict():
            return {name: _resolved(value, done) for name, value in told.items()}
        case list():
            return [_resolved(value, done) for value in told]
        case _:
            return told


def _referred(found: re.Match[str], done: Mapping[str, Part]) -> str:
    name, path = found[1], found[2]
    value = done[name]["body"] if name in done and _is_good(done[name]) else None
    for index, member in re.findall(r"\[(\d+)\]|\.(\w+)", path):
        value = _inside(value, index, member)
    if value is None or isinstance(value, dict | list):
        message = f"Invalid reference specified. No value for {name}{path} found in {name}"
        raise errors.Refused(message, code=_HALTED)
    return str(value)


def _inside(value: Any, index: str, member: str) -> Any:  # noqa: ANN401 - any JSON
    if index:
        at = int(index)
        return value[at] if isinstance(value, list) and at < len(value) else None
    return value.get(member) if isinstance(value, dict) else None


def _undone(parts: list[Part], done: Mapping[str, Part]) -> dict[str, Part]:
    failed = {name for name, part in done.items() if not _is_good(part)}
    return {
        name: done[name] if name in failed else _rolled_back(name)
        for name in (part["referenceId"] for part in parts)
    }


def _rolled_back(name: str) -> Part:
    return {
        "body": [{"errorCode": _HALTED, "message": _ROLLED_BACK}],
        "httpHeaders": {},
        "httpStatusCode": HTTPStatus.BAD_REQUEST,
        "referenceId": name,
    }


def _halted() -> Part:
    message = "Batch processing halted per request"
    error = {"errorCode": "BATCH_PROCESSING_HALTED", "message": message}
    return {"statusCode": HTTPStatus.PRECONDITION_FAILED, "result": [error]}


def _is_good(part: Part) -> bool:
    return bool(part["httpStatusCode"] < HTTPStatus.MULTIPLE_CHOICES)


def _failed(result: Part) -> bool:
    return bool(result["statusCode"] >= HTTPStatus.BAD_REQUEST)
