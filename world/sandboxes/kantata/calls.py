"""One call: its id, parameters and body, and the ways to serve it."""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic_core import to_json
from starlette.requests import Request
from starlette.responses import Response

from world.sandboxes.box import Body
from world.sandboxes.kantata import refusals
from world.sandboxes.kantata.collection import Collection
from world.sandboxes.kantata.desk import Desk
from world.sandboxes.kantata.office import Office

Endpoint = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, kw_only=True)
class Call:
    """What a request says."""

    operation: str
    key: str
    parameters: Mapping[str, str]
    payload: Body

    def given(self, collection: Collection, most: int) -> tuple[list[Body], bool]:
        """Return the records in the body, and whether they came as a list."""
        if most and collection.key in self.payload:
            several = self.payload[collection.key]
            if not isinstance(several, list) or not several:
                message = f"{collection.key} is not a list of records"
                raise refusals.malformed(message=message)
            if len(several) > most:
                message = f"At most {most} {collection.key} can be created at once"
                raise refusals.malformed(message=message)
            return [_record(one, collection.key) for one in several], True
        return [_record(self.payload.get(collection.one), collection.one)], False

    def wrapped(self, name: str) -> Body:
        """Return the object under a name of the body."""
        return _record(self.payload.get(name), name)


Reads = Callable[[Desk, Call], Body]
Writes = Callable[[Desk, Call], Body | None]


def reading(office: Office, serve: Reads) -> Endpoint:
    """Return an endpoint that changes nothing."""

    async def endpoint(request: Request) -> Response:
        call = await _call(request)
        with office.reading(request.scope["caller"]) as desk:
            return _json(serve(desk, call))

    return endpoint


def writing(office: Office, serve: Writes) -> Endpoint:
    """Return an endpoint whose call is logged if it is accepted; no answer means 204."""

    async def endpoint(request: Request) -> Response:
        call = await _call(request)
        with office.writing(request.scope["caller"]) as desk:
            answer = serve(desk, call)
            desk.log(call.operation, _accepted(call, desk, answer))
        return Response(status_code=204) if answer is None else _json(answer)

    return endpoint


def _json(answer: Body) -> Response:
    return Response(to_json(answer), media_type="application/json")


def _accepted(call: Call, desk: Desk, answer: Body | None) -> Body:
    return {
        "user_id": desk.user_id,
        "parameters": dict(call.parameters),
        "request": call.payload,
        "results": [] if answer is None else answer["results"],
    }


async def _call(request: Request) -> Call:
    raw = await request.body()
    # Numbers with a fraction are read as texts: money must not pass through a float.
    payload: Any = json.loads(raw, parse_float=str) if raw else {}
    if not isinstance(payload, dict):
        raise refusals.malformed(message="The body is not a JSON object")
    parameters: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        plain = name.removesuffix("[]")
        listed = plain != name and plain in parameters
        parameters[plain] = f"{parameters[plain]},{value}" if listed else value
    return Call(
        operation=f"{request.method} {request.url.path}",
        key=str(request.path_params.get("id", "")),
        parameters=parameters,
        payload=payload,
    )


def _record(value: object, name: str) -> Body:
    if not isinstance(value, dict):
        message = f"param is missing or the value is empty: {name}"
        raise refusals.malformed(message=message)
    return value
