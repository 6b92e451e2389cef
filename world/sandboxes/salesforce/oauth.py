"""The token endpoint: what a client shows becomes a session."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from world.sandboxes.admin import Admin
from world.sandboxes.box import Box, Transaction
from world.sandboxes.salesforce import errors, grants

USER = "005xx0000000001AAB"
_SESSIONS = "_session"
_SCHEMES = ("bearer", "oauth")
_NO_SUCH_GRANT = ("unsupported_grant_type", "grant type not supported")


class Tokens:
    """Grants sessions, and ends them all when the admin says so."""

    def __init__(self, box: Box, admin: Admin) -> None:
        self._box = box
        self._admin = admin

    def routes(self) -> list[Route]:
        """Return the token endpoint and the admin's `DELETE /_admin/sessions`."""
        return [
            Route("/services/oauth2/token", self._grant, methods=["POST"]),
            Route("/_admin/sessions", self._end, methods=["DELETE"]),
        ]

    async def _grant(self, request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode("latin-1")))
        settings = self._admin.settings()
        base = str(request.base_url).rstrip("/")
        login = settings["login_url"] or base
        now = self._box.now() if settings["jwt_clock"] == "sandbox" else datetime.now(UTC)
        try:
            is_signed = _admit(form, request.headers, settings, login=login, base=base, now=now)
        except grants.Denied as denied:
            body = {"error": denied.error, "error_description": denied.description}
            return JSONResponse(body, HTTPStatus.BAD_REQUEST, {"Cache-Control": "no-store"})
        body = _granted(settings, login, base, self._open(settings))
        if is_signed:
            body |= _signature(settings, body["id"], now)
        return JSONResponse(body, headers={"Cache-Control": "no-store"})

    def _open(self, settings: dict[str, Any]) -> str:
        token = f"{settings['organization_id'][:15]}!{secrets.token_urlsafe(48)}"
        with self._box.transaction() as tx:
            _touch(tx, _digest(token))
        return token

    async def _end(self, _: Request) -> Response:
        with self._box.transaction() as tx:
            for session in tx.all(_SESSIONS):
                tx.delete(_SESSIONS, session["id"])
        return Response(status_code=HTTPStatus.NO_CONTENT)


def _admit(  # noqa: PLR0913 - by name
    form: dict[str, str],
    headers: Mapping[str, str],
    settings: dict[str, Any],
    *,
    login: str,
    base: str,
    now: datetime,
) -> bool:
    """Let a client pass that shows what its flow asks for; say if the answer is signed."""
    match form.get("grant_type"):
        case grants.JWT_BEARER:
            grants.verify_assertion(form, settings, login, now)
            return bool(settings["jwt_answer_is_signed"])
        case grants.CLIENT_CREDENTIALS:
            grants.verify_client(form, headers.get("Authorization", ""), settings, base)
            return True
        case _:
            raise grants.Denied(*_NO_SUCH_GRANT)


def check(tx: Transaction, authorization: str, settings: dict[str, Any]) -> None:
    """Let a request with a live token pass; each use keeps the session alive.

    Raises:
        Refused: the token is missing, unknown, or too long unused.
    """
    scheme, _, token = authorization.partition(" ")
    session = tx.get(_SESSIONS, _digest(token)) if scheme.lower() in _SCHEMES else None
    if session is None:
        raise errors.no_session()
    unused = tx.now - datetime.fromisoformat(session["used"])
    if unused > timedelta(seconds=settings["session_seconds"]):
        raise errors.no_session()
    _touch(tx, session["id"])


def _touch(tx: Transaction, key: str) -> None:
    tx.put(_SESSIONS, key, {"id": key, "used": tx.now.isoformat()})


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _granted(settings: dict[str, Any], login: str, base: str, token: str) -> dict[str, str]:
    return {
        "access_token": token,
        "scope": "api",
        "instance_url": settings["instance_url"] or base,
        "id": f"{login}/id/{settings['organization_id']}/{USER}",
        "token_type": "Bearer",
    }


def _signature(settings: dict[str, Any], identity: str, now: datetime) -> dict[str, str]:
    issued = str(int(now.timestamp() * 1000))
    secret = settings["consumer_secret"].encode()
    signature = hmac.digest(secret, (identity + issued).encode(), "sha256")
    return {"issued_at": issued, "signature": base64.b64encode(signature).decode()}
