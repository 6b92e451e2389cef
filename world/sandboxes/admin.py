"""The admin door: what a person would do in the vendor's own pages, and what tests order.

`GET /_admin/health` · `GET /_admin/log?after=SEQ` · `PUT /_admin/clock {"now": …}` ·
`GET|PUT /_admin/settings` · `GET|POST|DELETE /_admin/faults` · `PUT /_admin/latency {"seconds": …}`
"""

from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from world.sandboxes.box import Box
from world.sandboxes.faults import Fault, Faults

SETTINGS = "_settings"


class Admin:
    """The door of one sandbox. `defaults` are its settings, the unverified facts among them."""

    def __init__(self, box: Box, defaults: dict[str, Any]) -> None:
        self._box = box
        self._defaults = defaults
        self.faults: Faults | None = None

    def routes(self) -> list[Route]:
        """Return the routes to mount beside the vendor's own."""
        return [
            Route("/_admin/health", self._health),
            Route("/_admin/log", self._log),
            Route("/_admin/clock", self._clock, methods=["PUT"]),
            Route("/_admin/settings", self._settings, methods=["GET", "PUT"]),
            Route("/_admin/faults", self._faults, methods=["GET", "POST", "DELETE"]),
            Route("/_admin/latency", self._latency, methods=["PUT"]),
        ]

    def settings(self) -> dict[str, Any]:
        """Return the settings in force."""
        with self._box.transaction() as tx:
            return self._defaults | (tx.get(SETTINGS, "all") or {})

    async def _health(self, _: Request) -> Response:
        return JSONResponse({"now": self._box.now().isoformat()})

    async def _log(self, request: Request) -> Response:
        with self._box.transaction() as tx:
            return JSONResponse(tx.logged(after=int(request.query_params.get("after", 0))))

    async def _clock(self, request: Request) -> Response:
        self._box.set_clock(datetime.fromisoformat((await request.json())["now"]))
        return await self._health(request)

    async def _settings(self, request: Request) -> Response:
        if request.method == "PUT":
            changes = await request.json()
            unknown = sorted(set(changes) - set(self._defaults))
            if unknown:
                return JSONResponse({"unknown": unknown, "known": sorted(self._defaults)}, 400)
            settings = self.settings() | changes
            with self._box.transaction() as tx:
                tx.put(SETTINGS, "all", settings)
        return JSONResponse(self.settings())

    async def _faults(self, request: Request) -> Response:
        assert self.faults is not None  # noqa: S101 - `serve.wrap` sets it before the first request
        if request.method == "POST":
            self.faults.ordered.append(Fault(**await request.json()))
        if request.method == "DELETE":
            self.faults.ordered.clear()
        return JSONResponse(self.faults.described())

    async def _latency(self, request: Request) -> Response:
        assert self.faults is not None  # noqa: S101 - as above
        self.faults.latency_seconds = float((await request.json())["seconds"])
        return await self._health(request)
