"""What every call passes: the rate limit, the bearer check, `.json`, and the form of errors."""

import json
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from world.sandboxes.kantata import refusals
from world.sandboxes.kantata.office import Office
from world.sandboxes.kantata.refusals import Refused


class Door:
    """ASGI middleware in front of the API's routes."""

    def __init__(self, office: Office, app: ASGIApp) -> None:
        self._office = office
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a call, or refuse it the way the vendor does."""

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["x-request-id"] = str(uuid4())
            await send(message)

        try:
            settings = self._office.settings()
            path = scope["path"].removesuffix(".json")
            if self._office.throttles(settings, path):
                await _throttled(settings["throttled_body"])(scope, receive, marked)
                return
            authorization = Headers(scope=scope).get("authorization", "")
            caller = self._office.caller(settings, authorization)
            await self._app({**scope, "path": path, "caller": caller}, receive, marked)
        except Refused as refused:
            await refused.response()(scope, receive, marked)
        except json.JSONDecodeError:
            answer = refusals.malformed(message="The body is not JSON").response()
            await answer(scope, receive, marked)
        except HTTPException:  # no such path, or no such method on it
            await refusals.missing().response()(scope, receive, marked)


def _throttled(body: str) -> Response:
    return Response(body, 429)
