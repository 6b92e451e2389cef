"""The `Date` of every answer: the real time, or as far from it as a wrong clock would be."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Dates:
    """ASGI middleware around one sandbox. `skew` is how far ahead of the real time its clock is.

    The sandbox's own clock is business time, which the stage moves; no client compares with it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.skew = timedelta(0)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request, and date its answer."""

        async def dated(message: Message) -> None:
            if message["type"] == "http.response.start":
                now = datetime.now(UTC) + self.skew
                MutableHeaders(scope=message)["Date"] = format_datetime(now, usegmt=True)
            await send(message)

        await self._app(scope, receive, dated)
