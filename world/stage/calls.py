"""Calls to one system, as its own people and their tools make them."""

from collections.abc import AsyncGenerator, Callable, Mapping
from http import HTTPStatus
from typing import Any

import httpx
from typing_extensions import override

from world.stage import wire

TIMEOUT_SECONDS = 30.0
_LONGEST_QUOTE = 600


class StageError(Exception):
    """The story cannot go on: a system refused, does not answer, or lacks what it needs."""


class Calls:
    """One system. Any answer but a success is a StageError with the system's own words."""

    def __init__(self, system: str, client: httpx.AsyncClient) -> None:
        self._system = system
        self._client = client

    async def ask(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:  # noqa: ANN401 - any JSON
        """Return the answer's JSON, None where it has none.

        Raises:
            StageError: the system does not answer, or refuses.
        """
        content = None if body is None else wire.dumps(body)
        typed = {} if body is None else {"Content-Type": "application/json"}
        try:
            response = await self._client.request(
                method, path, params=params, content=content, headers={**typed, **(headers or {})}
            )
        except httpx.HTTPError as error:
            url = self._client.base_url
            message = f"{self._system} at {url} does not answer ({type(error).__name__}): is it up?"
            raise StageError(message) from error
        if not response.is_success:
            said = f"{response.status_code} {response.text[:_LONGEST_QUOTE]}"
            message = f"{self._system} refuses {method} {response.request.url.path}: {said}"
            raise StageError(message)
        return self._read(response)

    def _read(self, response: httpx.Response) -> Any:  # noqa: ANN401 - any JSON
        try:
            return wire.loads(response.content) if response.content else None
        except ValueError as error:
            said = response.text[:_LONGEST_QUOTE]
            message = f"{self._system} answers {response.request.url.path} with no JSON: {said}"
            raise StageError(message) from error


class Granted(httpx.Auth):
    """A token that the system grants, fetched once and once again when it is refused."""

    requires_response_body = True

    def __init__(self, request: Callable[[], httpx.Request]) -> None:
        self._request = request
        self._token = ""

    @override
    async def async_auth_flow(
        self, request: httpx.Request
    ) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Send the request with a token; the admin door is no part of the vendor and needs none."""
        if request.url.path.startswith("/_admin"):
            yield request
            return
        for is_fresh in (not self._token, True):
            if is_fresh:
                answer = yield self._request()
                await answer.aread()
                self._token = _token(answer)
            request.headers["Authorization"] = f"Bearer {self._token}"
            response = yield request
            if response.status_code != HTTPStatus.UNAUTHORIZED:
                return


def _token(answer: httpx.Response) -> str:
    if not answer.is_success:
        said = answer.text[:_LONGEST_QUOTE]
        message = f"{answer.request.url} grants no token: {answer.status_code} {said}"
        raise StageError(message)
    return str(answer.json()["access_token"])
