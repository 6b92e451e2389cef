"""An HTTPS endpoint of business events that answers as it is told, and remembers."""

import asyncio
import json
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import TracebackType
from typing import Any, Self

from typing_extensions import override

_PATIENCE_SECONDS = 15.0


class Endpoint:
    """Listens on loopback until the block ends, and answers after `seconds`.

    `statuses` are taken in turn, the last forever.
    """

    def __init__(self, *statuses: int, seconds: float = 0) -> None:
        self.seconds = seconds
        self.statuses = list(statuses) or [200]
        self.events: list[dict[str, Any]] = []
        self.media_types: set[str] = set()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}/events/s3cret"

    def __enter__(self) -> Self:
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    async def heard(self, count: int) -> list[dict[str, Any]]:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while len(self.events) < count:
            assert time.monotonic() < deadline, f"only {len(self.events)} events came"
            await asyncio.sleep(0.02)
        return self.events

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                endpoint.media_types.add(str(self.headers["Content-Type"]))
                endpoint.events.append(json.loads(body))
                time.sleep(endpoint.seconds)
                many = len(endpoint.statuses) > 1
                self.send_response(endpoint.statuses.pop(0) if many else endpoint.statuses[0])
                self.send_header("Content-Length", "0")
                with suppress(BrokenPipeError):  # who asked has gone
                    self.end_headers()

            @override
            def log_message(self, *_: object) -> None:
                pass

        return Handler
