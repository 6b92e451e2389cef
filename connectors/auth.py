"""OAuth flows as httpx auth: a token is fetched once, shared, and renewed once when refused."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Callable, Mapping
from datetime import UTC, datetime, timedelta
from http import HTTPStatus

import httpx
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError
from typing_extensions import override

from connectors import errors, http

Clock = Callable[[], datetime]
Credential = Mapping[str, SecretStr]
_EARLY = timedelta(seconds=60)  # renew before the vendor's clock can call it expired


def utc_now() -> datetime:
    """Return the time; connectors get it injected so that tests can move it."""
    return datetime.now(UTC)


class Token(BaseModel):
    """What a token endpoint grants; `expires_in` is in seconds and often absent."""

    model_config = ConfigDict(extra="ignore")

    access_token: SecretStr
    expires_in: int = Field(default=1800, gt=0)
    instance_url: str | None = None


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
        """
        refused: Token | None = None
        for _ in range(2):
            async with self._granting:
                if self._is_stale(refused):
                    answer = yield self.grant_request()
                    await answer.aread()
                    self._keep(self._granted(answer))
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

    def _keep(self, token: Token) -> None:
        self._token = token
        self._good_until = self._clock() + timedelta(seconds=token.expires_in) - _EARLY

    def _granted(self, response: httpx.Response) -> Token:
        detail = f"token endpoint answered {response.status_code}"
        if response.is_server_error or response.status_code == HTTPStatus.TOO_MANY_REQUESTS:
            raise errors.Transient(self._vendor, detail, retry_after=http.retry_after(response))
        try:
            return Token.model_validate_json(response.content)
        except ValidationError:
            raise errors.Unauthorized(self._vendor, detail) from None
