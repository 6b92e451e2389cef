"""What every request for data passes: session, daily limit, version, and errors as arrays."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from re import Pattern
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, compile_path

from world.sandboxes.admin import Admin
from world.sandboxes.box import Body, Box, Transaction
from world.sandboxes.salesforce import errors, limits, oauth, wire
from world.sandboxes.salesforce.caller import Caller

VERSIONS = {"58.0": "Summer '23", "59.0": "Winter '24", "60.0": "Spring '24"}
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


@dataclass(frozen=True)
class Call:
    """One request inside its transaction."""

    tx: Transaction
    settings: dict[str, Any]
    usage: limits.Usage
    caller: Caller
    resources: Sequence["Resource"]
    params: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    raw: bytes

    @property
    def version(self) -> str:
        """Return the version in the path: `v60.0`."""
        return self.caller.version

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
Acts = Mapping[str, Act]


@dataclass(frozen=True)
class Resource:
    """What the vendor does under a path below `/services/data/vNN.0`; each method has its act."""

    path: str
    acts: Acts

    @cached_property
    def pattern(self) -> Pattern[str]:
        """Return what the paths of the resource look like."""
        return compile_path(self.path)[0]


class Door:
    """Mounts the resources under the path of every version. `done` hears of each request."""

    def __init__(
        self, box: Box, admin: Admin, resources: Sequence[Resource], done: Callable[[], None]
    ) -> None:
        self._box = box
        self._admin = admin
        self._resources = tuple(resources)
        self._done = done

    def routes(self) -> list[Route]:
        """Return the routes of the resources, and that of the list of versions."""
        return [self._versions(), *(each for one in self._resources for each in self._both(one))]

    def _both(self, resource: Resource) -> list[Route]:
        """Return the routes of a resource: a slash at the end makes no difference."""

        async def endpoint(request: Request) -> Response:
            return self._answer(request, await request.body(), resource.acts)

        path = "/services/data/{version}" + resource.path
        paths = [path] if resource.path.endswith(":path}") else [path, f"{path}/"]
        return [Route(each, endpoint, methods=METHODS) for each in paths]

    def _versions(self) -> Route:
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

    def _answer(self, request: Request, raw: bytes, acts: Acts) -> Response:
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
                response = act(self._call(request, raw, tx, settings, usage))
        except errors.Refused as refused:
            response = refused.response()
        response.headers["Sforce-Limit-Info"] = usage.header
        self._done()
        return response

    def _admit(self, request: Request, settings: dict[str, Any]) -> None:
        with self._box.transaction() as tx:
            oauth.check(tx, request.headers.get("Authorization", ""), settings)

    def _call(
        self,
        request: Request,
        raw: bytes,
        tx: Transaction,
        settings: dict[str, Any],
        usage: limits.Usage,
    ) -> Call:
        version = request.path_params["version"]
        instance_url = settings["instance_url"] or str(request.base_url).rstrip("/")
        return Call(
            tx=tx,
            settings=settings,
            usage=usage,
            caller=Caller.of(request.headers, version, instance_url),
            resources=self._resources,
            params=request.path_params,
            query=request.query_params,
            headers=request.headers,
            raw=raw,
        )


def act_of(resources: Sequence[Resource], method: str, path: str) -> tuple[Act, dict[str, str]]:
    """Return what is done under a path below the version, and the parameters in the path.

    Raises:
        Refused: nothing is there, or not by this method.
    """
    for resource in resources:
        if found := resource.pattern.match(path.rstrip("/")):
            return _by_method(resource.acts, method), found.groupdict()
    raise errors.not_found()


def _act(request: Request, acts: Acts, usage: limits.Usage) -> Act:
    limits.check(usage)
    if request.path_params["version"] not in {f"v{number}" for number in VERSIONS}:
        raise errors.not_found()
    return _by_method(acts, request.method)


def _by_method(acts: Acts, method: str) -> Act:
    act = acts.get(method)
    if act is None:
        message = f"HTTP Method '{method}' not allowed. Allowed are {','.join(acts)}"
        status = HTTPStatus.METHOD_NOT_ALLOWED
        raise errors.Refused(message, code="METHOD_NOT_ALLOWED", status=status)
    return act
