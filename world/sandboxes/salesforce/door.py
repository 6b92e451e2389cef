"""What every request for data passes: session, daily limit, version, and errors as arrays."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from world.sandboxes.admin import Admin
from world.sandboxes.box import Body, Box, Transaction
from world.sandboxes.salesforce import errors, limits, oauth, wire

VERSIONS = {"58.0": "Summer '23", "59.0": "Winter '24", "60.0": "Spring '24"}
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


@dataclass(frozen=True)
class Call:
    """One request inside its transaction."""

    tx: Transaction
    settings: dict[str, Any]
    usage: limits.Usage
    version: str
    params: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    raw: bytes
    instance_url: str

    def body(self) -> Body:
        """Return the JSON object that was sent.

        Raises:
            Refused: it is not said to be JSON, or is none, or no object.
        """
        if not self.headers.get("content-type", "").startswith("application/json"):
            message = "Content-Type must be application/json"
            status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE
            raise errors.Refused(message, code="UNSUPPORTED_MEDIA_TYPE", status=status)
        try:
            body = wire.loads(self.raw)
        except ValueError as error:
            message = f"Unexpected character or end of input: {error}"
            raise errors.Refused(message, code="JSON_PARSER_ERROR") from error
        if not isinstance(body, dict):
            message = "Cannot deserialize instance of object: an object was expected"
            raise errors.Refused(message, code="JSON_PARSER_ERROR")
        return body


Act = Callable[[Call], Response]


class Door:
    """Mounts what the vendor does under a path of every version. `done` hears of each request."""

    def __init__(self, box: Box, admin: Admin, done: Callable[[], None]) -> None:
        self._box = box
        self._admin = admin
        self._done = done

    def route(self, path: str, acts: dict[str, Act]) -> Route:
        """Return the route of a path below `/services/data/vNN.0`; each method has its act."""

        async def endpoint(request: Request) -> Response:
            return self._answer(request, await request.body(), acts)

        return Route("/services/data/{version}" + path, endpoint, methods=METHODS)

    def versions(self) -> Route:
        """Return the route that lists the versions; it is not counted."""

        async def endpoint(request: Request) -> Response:
            settings = self._admin.settings()
            try:
                if settings["versions_need_token"]:
                    self._admit(request, settings)
            except errors.Refused as refused:
                return refused.response()
            return wire.answer(
                [
                    {"label": label, "url": f"/services/data/v{number}", "version": number}
                    for number, label in VERSIONS.items()
                ]
            )

        return Route("/services/data/", endpoint)

    def _answer(self, request: Request, raw: bytes, acts: dict[str, Act]) -> Response:
        settings = self._admin.settings()
        try:
            self._admit(request, settings)
        except errors.Refused as refused:
            return refused.response()
        with self._box.transaction() as tx:
            usage = limits.count(tx, settings)
        try:
            act = _act(request, acts, usage)
            with self._box.transaction() as tx:
                response = act(_call(request, raw, tx, settings, usage))
        except errors.Refused as refused:
            response = refused.response()
        response.headers["Sforce-Limit-Info"] = usage.header
        self._done()
        return response

    def _admit(self, request: Request, settings: dict[str, Any]) -> None:
        with self._box.transaction() as tx:
            oauth.check(tx, request.headers.get("Authorization", ""), settings)


def _act(request: Request, acts: dict[str, Act], usage: limits.Usage) -> Act:
    if usage.is_exceeded:
        message = "TotalRequests Limit exceeded."
        raise errors.Refused(message, code="REQUEST_LIMIT_EXCEEDED", status=HTTPStatus.FORBIDDEN)
    if request.path_params["version"] not in {f"v{number}" for number in VERSIONS}:
        raise errors.not_found()
    act = acts.get(request.method)
    if act is None:
        message = f"HTTP Method '{request.method}' not allowed. Allowed are {','.join(acts)}"
        status = HTTPStatus.METHOD_NOT_ALLOWED
        raise errors.Refused(message, code="METHOD_NOT_ALLOWED", status=status)
    return act


def _call(
    request: Request, raw: bytes, tx: Transaction, settings: dict[str, Any], usage: limits.Usage
) -> Call:
    return Call(
        tx=tx,
        settings=settings,
        usage=usage,
        version=request.path_params["version"],
        params=request.path_params,
        query=request.query_params,
        headers=request.headers,
        raw=raw,
        instance_url=settings["instance_url"] or str(request.base_url).rstrip("/"),
    )
