"""The HTTP door: tokens, service protection, and the vendor's headers on every answer."""

import asyncio
import json
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from world.sandboxes.admin import Admin
from world.sandboxes.box import Box
from world.sandboxes.dynamics import _batch, _blobs, _entra, _packages, _posting
from world.sandboxes.dynamics._company import Company
from world.sandboxes.dynamics._infolog import Refused, general
from world.sandboxes.dynamics._odata import JSON, Call, answered
from world.sandboxes.dynamics._payments import Payment, post_payment
from world.sandboxes.dynamics._protection import Protection, Throttled
from world.sandboxes.dynamics._session import Session, opened
from world.sandboxes.dynamics._settings import Settings

_METHODS = ["GET", "POST", "PATCH", "PUT", "DELETE"]


@dataclass(frozen=True, kw_only=True)
class _Visit:
    """One request, read. `activity` is the vendor's id of it."""

    request: Request
    body: bytes
    settings: Settings
    activity: str

    @property
    def base(self) -> str:
        """Return the absolute URL of `/data`."""
        return f"{self.request.base_url}data"


_Handler = Callable[[_Visit], Response]


class Door:
    """The sandbox's own routes."""

    def __init__(self, box: Box, admin: Admin, *, done: Callable[[], None]) -> None:
        self._box = box
        self._admin = admin
        self._done = done  # told of every posting, which may have raised a business event
        self._protection = Protection()

    def routes(self) -> list[Route]:
        """Return the vendor's routes, and the door for what a person sets up."""
        data, services = partial(self._guarded, self._data), partial(self._guarded, self._post)
        return [
            Route("/{tenant}/oauth2/v2.0/token", partial(self._token, 2), methods=["POST"]),
            Route("/{tenant}/oauth2/token", partial(self._token, 1), methods=["POST"]),
            Route("/data", data, methods=_METHODS),
            Route("/data/{path:path}", data, methods=_METHODS),
            Route("/api/services/{path:path}", services, methods=["GET", "POST"]),
            *_blobs.routes(self._box),
            Route("/_admin/company", self._company, methods=["PUT"]),
            Route("/_admin/payments", self._pay, methods=["POST"]),
        ]

    async def _token(self, version: int, request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode(errors="replace")))
        asked = _entra.Asked(
            version=version,
            tenant=request.path_params["tenant"],
            base=str(request.base_url),
            form=form,
        )
        settings = self._settings()
        with self._box.transaction() as tx:
            try:
                granted = _entra.issue(tx, settings, asked)
            except _entra.DeniedError as denied:
                return JSONResponse(denied.body(tx.now), denied.status)
        return JSONResponse(granted)

    async def _guarded(self, handle: _Handler, request: Request) -> Response:
        visit = _Visit(
            request=request,
            body=await request.body(),
            settings=self._settings(),
            activity=str(uuid.uuid4()),
        )
        response = await self._answer(handle, visit)
        response.headers.update({"ms-dyn-aid": visit.activity, **_batch.VERSION})
        return response

    async def _answer(self, handle: _Handler, visit: _Visit) -> Response:
        with self._box.transaction() as tx:
            caller = _entra.caller(tx, visit.request.headers.get("authorization", ""))
        if caller not in visit.settings.registered_client_ids:
            return _unauthorized()
        throttled = self._protection.refusal(caller, self._box.now(), visit.settings)
        if throttled:
            return _too_many(throttled)
        with self._protection.counted(caller, self._box.now):
            if visit.settings.service_seconds:
                await asyncio.sleep(visit.settings.service_seconds)
            try:
                return handle(visit)
            except Refused as refused:
                return _json(refused.body, refused.status)

    def _data(self, visit: _Visit) -> Response:
        request = visit.request
        path = request.path_params.get("path", "")
        if path == "$batch" and request.method == "POST":
            return self._batch(visit)
        if path.startswith(_packages.GROUPS) and request.method == "POST":
            return _json(_packages.done(lambda: self._opened(visit), visit.base, path, visit.body))
        call = Call(
            method=request.method,
            base=visit.base,
            path=path,
            query=request.url.query,
            body=visit.body,
            if_match=request.headers.get("if-match", ""),
        )
        with opened(self._box, visit.settings, visit.activity) as session:
            answer = answered(session, call)
        return Response(answer.body, answer.status, headers=answer.headers)

    def _batch(self, visit: _Visit) -> Response:
        headers = visit.request.headers
        batch = _batch.Batch(
            settings=visit.settings,
            base=visit.base,
            content_type=headers.get("content-type", ""),
            prefer=headers.get("prefer", ""),
            body=visit.body,
        )
        content_type, body = _batch.run(batch, lambda: self._opened(visit))
        return Response(body, headers={"Content-Type": content_type})

    def _opened(self, visit: _Visit) -> AbstractContextManager[Session]:
        return opened(self._box, visit.settings, visit.activity)

    def _post(self, visit: _Visit) -> Response:
        request, settings = visit.request, visit.settings
        if request.method == "GET":
            return _json(_posting.listed(settings.posting_service, str(request.url)))
        posting = _posting.read(
            settings.posting_service, str(request.url), request.url.path, visit.body
        )
        try:
            with opened(self._box, settings, visit.activity) as session:
                result = posting.run(session)
            self._done()
            return _json(result)
        except Refused as refused:
            return _json(posting.refusal(refused, settings.posting_refusal_status))

    async def _company(self, request: Request) -> Response:
        try:
            company = Company.read(await request.body())
        except ValueError as error:
            return JSONResponse({"error": str(error)}, 400)
        company.keep(self._box)
        return JSONResponse({"dataAreaId": company.data_area})

    async def _pay(self, request: Request) -> Response:
        try:
            payment = Payment.model_validate_json(await request.body())
            with opened(self._box, self._settings(), str(uuid.uuid4())) as session:
                result = post_payment(session, payment)
        except ValueError as error:
            return JSONResponse({"error": str(error)}, 400)
        except Refused as refused:
            return JSONResponse({"error": refused.infolog}, 400)
        self._done()
        return JSONResponse(result)

    def _settings(self) -> Settings:
        return Settings.model_validate(self._admin.settings())


def _json(body: dict[str, Any], status: int = 200) -> Response:
    # Escaped, because a refusal may quote what is no valid text.
    return Response(json.dumps(body), status, headers={"Content-Type": JSON})


def _unauthorized() -> Response:
    """Answer a missing or old token or an unregistered application. The body is a choice."""
    refused = general("Unauthorized", status=401, kind="System.UnauthorizedAccessException")
    return JSONResponse(refused.body, refused.status, headers={"WWW-Authenticate": "Bearer"})


def _too_many(throttled: Throttled) -> Response:
    """Answer a request over a limit. The shape around the text is a choice."""
    refused = general(throttled.text, status=429, kind="System.InvalidOperationException")
    headers = {"Retry-After": str(throttled.retry_after)}
    return JSONResponse(refused.body, refused.status, headers=headers)
