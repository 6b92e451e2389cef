"""The token endpoint: a JWT that the connected app signed becomes a session."""

import base64
import hashlib
import hmac
import secrets
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

from joserfc import jwk, jws
from joserfc.errors import JoseError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from world.sandboxes.admin import Admin
from world.sandboxes.box import Box, Transaction
from world.sandboxes.salesforce import errors, pem, wire

USER = "005xx0000000001AAB"
_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_FURTHEST = timedelta(minutes=3)
_SESSIONS = "_session"
_NO_SUCH_GRANT = ("unsupported_grant_type", "grant type not supported")
_NO_SUCH_CLIENT = ("invalid_client_id", "client identifier invalid")
_INVALID = ("invalid_grant", "invalid assertion")
_WRONG_AUDIENCE = ("invalid_grant", "audience is invalid")
_EXPIRED = ("invalid_grant", "expired authorization code")
_NOT_APPROVED = ("invalid_grant", "user hasn't approved this consumer")


class Denied(Exception):
    """What the token endpoint answers instead of a token."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(error, description)
        self.error = error
        self.description = description


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
            _verify(form, settings, login, now)
        except Denied as denied:
            body = {"error": denied.error, "error_description": denied.description}
            return JSONResponse(body, HTTPStatus.BAD_REQUEST, {"Cache-Control": "no-store"})
        body = _granted(settings, login, base, self._open(settings), now)
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


def check(tx: Transaction, authorization: str, settings: dict[str, Any]) -> None:
    """Let a request with a live token pass; each use keeps the session alive.

    Raises:
        Refused: the token is missing, unknown, or too long unused.
    """
    scheme, _, token = authorization.partition(" ")
    session = tx.get(_SESSIONS, _digest(token)) if scheme.lower() == "bearer" else None
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


def _verify(form: dict[str, str], settings: dict[str, Any], login: str, now: datetime) -> None:
    if form.get("grant_type") != _GRANT:
        raise Denied(*_NO_SUCH_GRANT)
    assertion = form.get("assertion", "")
    claims = _claims(assertion)
    if not settings["consumer_key"] or claims.get("iss") != settings["consumer_key"]:
        raise Denied(*_NO_SUCH_CLIENT)
    _verify_signature(assertion, settings["certificate_pem"])
    if claims.get("aud") != login:
        raise Denied(*_WRONG_AUDIENCE)
    expires = _moment(claims.get("exp"))
    is_far = expires is not None and expires - now > _FURTHEST
    if expires is None or expires <= now or (is_far and settings["jwt_exp_within_3_minutes"]):
        raise Denied(*_EXPIRED)
    if claims.get("sub") != settings["username"]:
        raise Denied(*_NOT_APPROVED)


def _claims(assertion: str) -> dict[str, Any]:
    try:
        claims = wire.loads(jws.extract_compact(assertion.encode()).payload)
    except (JoseError, ValueError):
        raise Denied(*_INVALID) from None
    if not isinstance(claims, dict):
        raise Denied(*_INVALID)
    return claims


def _verify_signature(assertion: str, certificate: str) -> None:
    try:
        key = jwk.RSAKey.import_key(pem.public_key(certificate))
        jws.deserialize_compact(assertion, key, algorithms=["RS256"])
    except (JoseError, ValueError):
        raise Denied(*_INVALID) from None


def _moment(exp: object) -> datetime | None:
    # Clients send it as a number or as the text of one.
    try:
        return datetime.fromtimestamp(float(str(exp)), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _granted(
    settings: dict[str, Any], login: str, base: str, token: str, now: datetime
) -> dict[str, str]:
    identity = f"{login}/id/{settings['organization_id']}/{USER}"
    body = {
        "access_token": token,
        "scope": "api",
        "instance_url": settings["instance_url"] or base,
        "id": identity,
        "token_type": "Bearer",
    }
    if not settings["jwt_answer_is_signed"]:
        return body
    issued = str(int(now.timestamp() * 1000))
    signature = hmac.digest(
        settings["consumer_secret"].encode(), (identity + issued).encode(), "sha256"
    )
    return body | {"issued_at": issued, "signature": base64.b64encode(signature).decode()}
