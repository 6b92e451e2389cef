"""Microsoft Entra ID for one tenant with one application: tokens, and whose they are."""

import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from world.sandboxes.box import Transaction
from world.sandboxes.dynamics._settings import Settings

_TOKENS = "_token"
_SUFFIX = "/.default"


class DeniedError(Exception):
    """No token, with Entra's error and code. Statuses other than 401 are unverified."""

    def __init__(self, status: int, error: str, code: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.error = error
        self.code = code
        self.text = text

    def body(self, now: datetime) -> dict[str, Any]:
        """Return Entra's error body."""
        trace, correlation = str(uuid.uuid4()), str(uuid.uuid4())
        at = now.strftime("%Y-%m-%d %H:%M:%SZ")
        ids = f"Trace ID: {trace} Correlation ID: {correlation} Timestamp: {at}"
        return {
            "error": self.error,
            "error_description": f"AADSTS{self.code}: {self.text} {ids}",
            "error_codes": [self.code],
            "timestamp": at,
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": f"https://login.microsoftonline.com/error?code={self.code}",
        }


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A request for a token, at the endpoint of `version` 1 or 2 of one tenant.

    `base` is the URL of the environment that tokens are for.
    """

    version: int
    tenant: str
    base: str
    form: dict[str, str]


def issue(tx: Transaction, settings: Settings, asked: Asked) -> dict[str, Any]:
    """Give out a token for client credentials.

    Raises:
        DeniedError: Entra would not.
    """
    form = asked.form
    _check_caller(settings, asked.tenant, form)
    resource = _needed(form, "resource") if asked.version == 1 else _resource(form)
    if resource.rstrip("/") != asked.base.rstrip("/"):
        text = f"The resource principal named {resource} was not found in the tenant."
        raise DeniedError(400, "invalid_resource", 500011, text)
    token = secrets.token_urlsafe(48)
    ends = tx.now + timedelta(seconds=settings.token_seconds)
    tx.put(_TOKENS, token, {"client_id": form["client_id"], "ends": ends.isoformat()})
    return _granted(settings.token_seconds, token, tx.now, resource if asked.version == 1 else "")


def caller(tx: Transaction, authorization: str) -> str:
    """Return the application that a valid token was given to, or nothing."""
    scheme, _, token = authorization.partition(" ")
    held = tx.get(_TOKENS, token) if scheme.lower() == "bearer" else None
    if held is None or datetime.fromisoformat(held["ends"]) <= tx.now:
        return ""
    return str(held["client_id"])


def _check_caller(settings: Settings, tenant: str, form: dict[str, str]) -> None:
    if tenant != settings.tenant:
        raise DeniedError(400, "invalid_request", 90002, f"Tenant '{tenant}' not found.")
    if _needed(form, "grant_type") != "client_credentials":
        text = f"The app requested an unsupported grant type '{form['grant_type']}'."
        raise DeniedError(400, "unsupported_grant_type", 70003, text)
    client = _needed(form, "client_id")
    if client != settings.client_id:
        text = f"Application with identifier '{client}' was not found in the directory '{tenant}'."
        raise DeniedError(400, "unauthorized_client", 700016, text)
    if not secrets.compare_digest(
        _needed(form, "client_secret").encode(), settings.client_secret.encode()
    ):
        text = f"Invalid client secret provided for app '{client}'."
        raise DeniedError(401, "invalid_client", 7000215, text)
    if settings.client_secret_is_expired:
        text = f"The provided client secret keys for app '{client}' are expired."
        raise DeniedError(401, "invalid_client", 7000222, text)


def _resource(form: dict[str, str]) -> str:
    scope = _needed(form, "scope")
    if not urlsplit(scope).scheme or " " in scope:
        text = f"The provided value for the input parameter 'scope' is not valid: {scope}."
        raise DeniedError(400, "invalid_scope", 70011, text)
    if not scope.endswith(_SUFFIX):
        text = f"The scope {scope} must be suffixed with {_SUFFIX} for client credentials."
        raise DeniedError(400, "invalid_scope", 1002012, text)
    return scope.removesuffix(_SUFFIX)


def _needed(form: dict[str, str], name: str) -> str:
    if not form.get(name):
        text = f"The request body must contain the following parameter: '{name}'."
        raise DeniedError(400, "invalid_request", 900144, text)
    return form[name]


def _granted(seconds: int, token: str, now: datetime, resource: str) -> dict[str, Any]:
    body: dict[str, Any] = {"token_type": "Bearer", "access_token": token}
    if not resource:
        return {**body, "expires_in": seconds, "ext_expires_in": seconds}
    ends = int((now + timedelta(seconds=seconds)).timestamp())
    return {
        **body,
        "expires_in": str(seconds),
        "ext_expires_in": str(seconds),
        "expires_on": str(ends),
        "not_before": str(int(now.timestamp())),
        "resource": resource,
    }
