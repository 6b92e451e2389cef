"""Tryton's sessions: a password is sent once for all calls, and once more when one has ended."""

import asyncio
import base64
from collections.abc import AsyncGenerator
from datetime import timedelta
from http import HTTPStatus

import httpx
from pydantic import SecretStr
from typing_extensions import override

from connectors import errors, http
from connectors.tryton import _faults
from connectors.tryton._faults import VENDOR
from connectors.tryton._wire import Wire

_LOGIN = "common.db.login"
_REFUSED = "LoginException"
_AGAIN = {HTTPStatus.NOT_FOUND, HTTPStatus.TOO_MANY_REQUESTS}  # 404: it cannot open the database
_LOCKED_OUT = timedelta(seconds=60)  # Tryton does not say how long; asking sooner prolongs it


class _Login(Wire):
    """What a login grants: user, token, and an address to subscribe at."""

    result: tuple[int, SecretStr, str | None]


class Session(httpx.Auth):
    """A session of one user. Tryton slows and locks out: a refused password is not sent again."""

    def __init__(self, url: str, user: SecretStr, password: SecretStr) -> None:
        self._url = url
        self._user = user.get_secret_value()
        self._password = password
        self._header: str | None = None
        self._logging_in = asyncio.Lock()
        self._is_refused = False

    @override
    async def async_auth_flow(
        self, request: httpx.Request
    ) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Send the request in a session; begin another one once if it has ended.

        A 401 comes before the call is looked at, so sending it again doubles nothing.

        Raises:
            Unauthorized: Tryton refuses the password, now or earlier.
            Transient: Tryton throttles or fails; the call was not sent.
            Drifted: what it grants is no session; the call was not sent.
        """
        ended: str | None = None
        for _ in range(2):
            async with self._logging_in:
                if self._header is None or self._header == ended:
                    self._refuse_again()
                    answer = yield self._login_request(request)
                    await answer.aread()
                    self._keep(answer)
                header = self._current()
            request.headers["Authorization"] = header
            response = yield request
            if response.status_code != HTTPStatus.UNAUTHORIZED:
                return
            ended = header

    def _login_request(self, request: httpx.Request) -> httpx.Request:
        secret = self._password.get_secret_value()
        params: http.Json = [self._user, {"password": secret}, "en"]
        return httpx.Request(
            "POST",
            self._url,
            content=http.write_json({"id": 0, "method": _LOGIN, "params": params}),
            headers={"Content-Type": "application/json"},
            extensions={"timeout": request.extensions.get("timeout", {})},
        )

    def _keep(self, answer: httpx.Response) -> None:
        detail = f"login answered {answer.status_code}"
        said = _faults.error(answer)
        if answer.status_code == HTTPStatus.UNAUTHORIZED or said[:1] == [_REFUSED]:
            self._is_refused = True
            raise errors.Unauthorized(VENDOR, detail)
        if said or answer.status_code in _AGAIN or answer.is_server_error:
            busy = answer.status_code == HTTPStatus.TOO_MANY_REQUESTS
            wait = http.retry_after(answer) or (_LOCKED_OUT if busy else None)
            raise errors.Transient(VENDOR, detail, retry_after=wait)
        if not answer.is_success:
            raise errors.Drifted(VENDOR, detail)
        granted = http.parsed(answer, _Login, vendor=VENDOR, otherwise=errors.Drifted)
        user, token, *_ = granted.result
        session = f"{self._user}:{user}:{token.get_secret_value()}"
        self._header = f"Session {base64.b64encode(session.encode()).decode()}"

    def _refuse_again(self) -> None:
        if self._is_refused:
            raise errors.Unauthorized(
                VENDOR, "the password was refused before; restart with another"
            )

    def _current(self) -> str:
        if self._header is None:  # `_keep` ran, so this is a bug
            raise RuntimeError
        return self._header
