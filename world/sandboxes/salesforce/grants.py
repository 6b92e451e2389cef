"""What a client must show for a session: a JWT that the connected app signed, or its secret."""

import base64
import binascii
import hmac
from datetime import UTC, datetime, timedelta
from typing import Any

from joserfc import jwk, jws
from joserfc.errors import JoseError

from world.sandboxes.salesforce import pem, wire

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
CLIENT_CREDENTIALS = "client_credentials"
_FURTHEST = timedelta(minutes=3, seconds=1)  # clients round up to whole seconds
_SHARED_HOSTS = ("login.salesforce.com", "test.salesforce.com")
_NO_SUCH_CLIENT = ("invalid_client_id", "client identifier invalid")
_WRONG_SECRET = ("invalid_client", "invalid client credentials")
_NOT_ENABLED = ("invalid_grant", "no client credentials user enabled")
_NOT_HERE = ("invalid_grant", "request not supported on this domain")
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


def verify_assertion(
    form: dict[str, str], settings: dict[str, Any], login: str, now: datetime
) -> None:
    """Let a JWT pass that the connected app signed for its user.

    Raises:
        Denied: it is none, or good for something else.
    """
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


def verify_client(
    form: dict[str, str], authorization: str, settings: dict[str, Any], base: str
) -> None:
    """Let the connected app pass by its key and secret, at the org's own domain only.

    Raises:
        Denied: one of them is wrong, the flow is off, or the host is that of everybody's login.
    """
    if _is_shared(base, settings):
        raise Denied(*_NOT_HERE)
    key, secret = _basic(authorization) or (
        form.get("client_id", ""),
        form.get("client_secret", ""),
    )
    if not settings["consumer_key"] or key != settings["consumer_key"]:
        raise Denied(*_NO_SUCH_CLIENT)
    known = settings["consumer_secret"]
    if not known or not hmac.compare_digest(secret.encode(), known.encode()):
        raise Denied(*_WRONG_SECRET)
    if not settings["client_credentials_enabled"]:
        raise Denied(*_NOT_ENABLED)


def _is_shared(base: str, settings: dict[str, Any]) -> bool:
    if base.removeprefix("https://") in _SHARED_HOSTS:
        return True
    return base == settings["login_url"] and settings["instance_url"] not in ("", base)


def _basic(authorization: str) -> tuple[str, str] | None:
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        key, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise Denied(*_WRONG_SECRET) from None
    return key, secret
