"""A network that does what networks do, between a connector and a real server."""

import asyncio
from enum import StrEnum

import httpx
from typing_extensions import override

_LATE_SECONDS = 0.3


class Trouble(StrEnum):
    """What becomes of the next call that changes something."""

    REFUSED = "refused"  # nothing was sent
    LOST = "lost"  # applied, and the answer is gone
    LATE = "late"  # the caller gives up first, and then it is applied
    TORN = "torn"  # applied, and half of the answer arrives
    PAGE = "page"  # a gateway's page in place of the answer


class Network(httpx.AsyncHTTPTransport):
    """Passes calls on; the next one whose content has `at` in it has the trouble instead."""

    def __init__(self) -> None:
        super().__init__()
        self._next: tuple[Trouble, bytes] | None = None
        self._under_way: list[asyncio.Task[None]] = []

    def does(self, trouble: Trouble, at: str) -> None:
        """Have the next call of a kind go wrong."""
        self._next = (trouble, at.encode())

    @property
    def is_done(self) -> bool:
        """Say whether the trouble has happened."""
        return self._next is None

    async def settled(self) -> None:
        """Wait until all that was sent late is through."""
        await asyncio.gather(*self._under_way)

    @override
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        said = request.method.encode() + b" " + str(request.url).encode() + await request.aread()
        if self._next is None or self._next[1] not in said:
            return await super().handle_async_request(request)
        trouble, self._next = self._next[0], None
        if trouble is Trouble.REFUSED:
            raise httpx.ConnectError(trouble, request=request)
        if trouble is Trouble.PAGE:
            return httpx.Response(502, html="<h1>Bad gateway</h1>", request=request)
        if trouble is Trouble.LATE:
            self._under_way.append(asyncio.create_task(self._later(request)))
            raise httpx.ReadTimeout(trouble, request=request)
        answer = await super().handle_async_request(request)
        content = await answer.aread()
        await answer.aclose()
        if trouble is Trouble.LOST:
            raise httpx.ReadError(trouble, request=request)
        headers = {"Content-Type": answer.headers.get("Content-Type", "")}
        return httpx.Response(answer.status_code, headers=headers, content=content[:-9])

    async def _later(self, request: httpx.Request) -> None:
        await asyncio.sleep(_LATE_SECONDS)
        answer = await super().handle_async_request(request)
        await answer.aread()
        await answer.aclose()
