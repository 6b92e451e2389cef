"""OAuth flows as httpx auth: a token is fetched once, shared, and renewed once when refused."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Callable, Mapping
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import NamedTuple, NoReturn

import httpx
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError
from typing_extensions import override

from connectors import errors, http

Clock = Callable[[], datetime]
Credential = Mapping[str, SecretStr]
_EARLY = timedelta(seconds=60)  # renew before the vendor's clock can call it expired
_YEAR_SECONDS = 365 * 24 * 60 * 60
_BUSY = {420, HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS}
_BUSY_CODES = {"rate_limit_exceeded", "server_error", "temporarily_unavailable"}


def utc_now() -> datetime:
    """Return the time; connectors get it injected so that tests can move it."""
    return datetime.now(UTC)


class Token(BaseModel):
    """What a token endpoint grants; `expires_in` is in seconds and often absent."""

    model_config = ConfigDict(extra="ignore")

    access_token: SecretStr
    expires_in: int = Field(default=1800, gt=0, le=_YEAR_SECONDS)
    instance_url: str | None = None


class _Fault(BaseModel):
    """What a token endpoint says instead (RFC 6749 §5.2); only the code is safe to show."""

    model_config = ConfigDict(extra="ignore")

    error: str = Field(pattern="^[a-z_]{1,40}$")
    error_description: object = ""


class _Refused(NamedTuple):
    kind: http.Kind
    detail: str
    retry_after: timedelta | None
    reason: str = ""


class BearerToken(httpx.Auth):
    """A token that never expires."""

    def __init__(self, token: SecretStr) -> None:
        self._token = token

    @override
    async def async_auth_flow(
        self, request: httpx.Request
    ) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Add the token."""
        request.headers["Authorization"] = f"Bearer {self._token.get_secret_value()}"
        yield request


class GrantedToken(httpx.Auth, ABC):
    """A token that a vendor's endpoint grants; many requests at once cause one grant."""

    def __init__(self, vendor: str, clock: Clock = utc_now) -> None:
        self._vendor = vendor
        self._clock = clock
        self._token: Token | None = None
        self._good_until: datetime | None = None
        self._granting = asyncio.Lock()
        self._refused: _Refused | None = None
        self._refusals = 0

    @abstractmethod
    def grant_request(self) -> httpx.Request:
        """Return the request that asks for a token."""

    def address(self, request: httpx.Request, token: Token) -> None:
        """Point the request to where the token is good; by default where it already points."""

    @override
    async def async_auth_flow(
        self, request: httpx.Request
    ) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Send the request with a token; renew it once if the vendor refuses it.

        Raises:
            Unauthorized: the vendor grants no token.
            Transient: the vendor throttles or fails; nothing was sent.
            Drifted: what the vendor grants is no token; nothing was sent.
        """
        refused: Token | None = None
        for _ in range(2):
            known = self._refusals
            async with self._granting:
                if self._is_stale(refused):
                    self._share_refusal(known)
                    answer = yield self._timed_grant_request(request)
                    await answer.aread()
                    self._keep(_outcome(answer))
                token = self._current()
            request.headers["Authorization"] = f"Bearer {token.access_token.get_secret_value()}"
            self.address(request, token)
            response = yield request
            if response.status_code != HTTPStatus.UNAUTHORIZED:
                return
            refused = token

    def _is_stale(self, refused: Token | None) -> bool:
        if self._token is None or self._token is refused:
            return True
        return self._good_until is not None and self._clock() >= self._good_until

    def _current(self) -> Token:
        if self._token is None:  # `_keep` ran, so this is a bug
            raise RuntimeError
        return self._token

    def _timed_grant_request(self, request: httpx.Request) -> httpx.Request:
        grant = self.grant_request()
        # httpx gives the client's timeout only to the request that it was asked to send.
        timeout = request.extensions.get("timeout", {})
        grant.extensions = {"timeout": timeout, **grant.extensions}
        return grant

    def _share_refusal(self, known: int) -> None:
        """Whoever waited while another was refused asks no second time: endpoints lock out."""
        if self._refused is not None and self._refusals != known:
            self._raise(self._refused)

    def _keep(self, outcome: Token | _Refused) -> None:
        if isinstance(outcome, _Refused):
            self._refused = outcome
            self._refusals += 1
            self._raise(outcome)
        life = timedelta(seconds=outcome.expires_in)
        self._token = outcome
        self._good_until = self._clock() + life - min(_EARLY, life / 2)

    def _raise(self, refused: _Refused) -> NoReturn:
        raise refused.kind(
            self._vendor,
            refused.detail,
            retry_after=refused.retry_after,
            reason=refused.reason,
        )


def _outcome(response: httpx.Response) -> Token | _Refused:
    found = _fault(response)
    fault = found.error if found else ""
    reason = str(found.error_description) if found else ""
    detail = f"token endpoint answered {response.status_code} {fault}".rstrip()
    if response.is_server_error or response.status_code in _BUSY or fault in _BUSY_CODES:
        return _Refused(errors.Transient, detail, http.retry_after(response), reason)
    if fault or not response.is_success:
        return _Refused(errors.Unauthorized, detail, None, reason)
    try:
        return Token.model_validate_json(response.content)
    except ValidationError:
        return _Refused(errors.Drifted, f"{detail} without a token", None)


def _fault(response: httpx.Response) -> _Fault | None:
    try:
        return _Fault.model_validate_json(response.content)
    except ValidationError:
        return None
