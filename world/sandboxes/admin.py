"""The admin door: what a person would do in the vendor's own pages, and what tests order.

`GET /_admin/health` · `GET /_admin/log?after=SEQ` · `PUT /_admin/clock {"now": …}` ·
`GET|PUT /_admin/settings` · `GET|POST|DELETE /_admin/faults` ·
`PUT /_admin/latency {"seconds": …}` ·
`PUT /_admin/date {"skew_seconds": …}`

Input that cannot be used answers 400 and says why; nothing of it is kept.
"""

import re
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

from pydantic import TypeAdapter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from world.sandboxes.box import Box
from world.sandboxes.dates import Dates
from world.sandboxes.faults import Fault, Faults

SETTINGS = "_settings"
Settings = dict[str, Any]
_Handler = Callable[[Request], Awaitable[Response]]
_FAULT = TypeAdapter(Fault)


class Admin:
    """The door of one sandbox. `defaults` are its settings, the unverified facts among them.

    `check` refuses settings by raising ValueError with the reason.
    """

    def __init__(
        self, box: Box, defaults: Settings, *, check: Callable[[Settings], None] | None = None
    ) -> None:
        self._box = box
        self._defaults = defaults
        self._check = check
        self.faults: Faults | None = None
        self.dates: Dates | None = None

    def routes(self) -> list[Route]:
        """Return the routes to mount beside the vendor's own."""
        return [
            Route("/_admin/health", self._health),
            Route("/_admin/log", _explained(self._log)),
            Route("/_admin/clock", _explained(self._clock), methods=["PUT"]),
            Route("/_admin/settings", _explained(self._settings), methods=["GET", "PUT"]),
            Route("/_admin/faults", _explained(self._faults), methods=["GET", "POST", "DELETE"]),
            Route("/_admin/latency", _explained(self._latency), methods=["PUT"]),
            Route("/_admin/date", _explained(self._date), methods=["PUT"]),
        ]

    def settings(self) -> Settings:
        """Return the settings in force."""
        with self._box.transaction() as tx:
            return self._defaults | (tx.get(SETTINGS, "all") or {})

    async def _health(self, _: Request) -> Response:
        return JSONResponse({"now": self._box.now().isoformat()})

    async def _log(self, request: Request) -> Response:
        with self._box.transaction() as tx:
            return JSONResponse(tx.logged(after=int(request.query_params.get("after", 0))))

    async def _clock(self, request: Request) -> Response:
        now = datetime.fromisoformat((await request.json())["now"])
        if now.tzinfo is None:
            message = "`now` needs an offset, such as 2026-03-01T08:00:00Z"
            raise ValueError(message)
        self._box.set_clock(now)
        return await self._health(request)

    async def _settings(self, request: Request) -> Response:
        if request.method == "PUT":
            changes = await request.json()
            unknown = sorted(set(changes) - set(self._defaults))
            if unknown:
                return JSONResponse({"unknown": unknown, "known": sorted(self._defaults)}, 400)
            if self._check:
                self._check(self.settings() | changes)
            with self._box.transaction() as tx:
                tx.put(SETTINGS, "all", (tx.get(SETTINGS, "all") or {}) | changes)
        return JSONResponse(self.settings())

    async def _faults(self, request: Request) -> Response:
        assert self.faults is not None  # noqa: S101 - `serve.wrap` sets it before the first request
        if request.method == "POST":
            self.faults.ordered.append(_FAULT.validate_json(await request.body()))
        if request.method == "DELETE":
            self.faults.ordered.clear()
            self.faults.kept.clear()
        return JSONResponse(self.faults.described())

    async def _latency(self, request: Request) -> Response:
        assert self.faults is not None  # noqa: S101 - as above
        self.faults.latency_seconds = float((await request.json())["seconds"])
        return await self._health(request)

    async def _date(self, request: Request) -> Response:
        assert self.dates is not None  # noqa: S101 - as above
        self.dates.skew = timedelta(seconds=float((await request.json())["skew_seconds"]))
        return await self._health(request)


def _explained(handler: _Handler) -> _Handler:
    async def answer(request: Request) -> Response:
        try:
            return await handler(request)
        except (KeyError, TypeError, ValueError, re.error) as error:
            return JSONResponse({"error": f"{type(error).__name__}: {error}"}, 400)

    return answer
