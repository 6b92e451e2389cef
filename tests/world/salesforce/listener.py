"""A receiver of outbound messages that answers as it is told, and remembers."""

import asyncio
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import TracebackType
from typing import Self
from xml.etree.ElementTree import Element

from defusedxml import ElementTree
from typing_extensions import override

OUTBOUND = "{http://soap.sforce.com/2005/09/outbound}"
ENTERPRISE = "{urn:sobject.enterprise.soap.sforce.com}"
_PATIENCE_SECONDS = 15.0


def ack(word: str = "true") -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>'
        '<notificationsResponse xmlns="http://soap.sforce.com/2005/09/outbound">'
        f"<Ack>{word}</Ack></notificationsResponse></soapenv:Body></soapenv:Envelope>"
    ).encode()


class Message:
    """One POST that came in."""

    def __init__(self, media_type: str, body: bytes) -> None:
        self.at = time.monotonic()
        self.media_type = media_type
        self._root: Element = ElementTree.fromstring(body)

    def text(self, tag: str) -> str | None:
        found = self._root.find(f".//{OUTBOUND}{tag}")
        return found.text if found is not None else None

    @property
    def ids(self) -> list[str]:
        found = self._root.iterfind(f".//{OUTBOUND}Notification/{OUTBOUND}Id")
        return [str(key.text) for key in found]

    @property
    def rows(self) -> list[dict[str, str | None]]:
        return [
            {field.tag.removeprefix(ENTERPRISE): field.text for field in row}
            for row in self._root.iterfind(f".//{OUTBOUND}Notification/{OUTBOUND}sObject")
        ]


class Listener:
    """Listens on loopback until the block ends. `answers` are taken in turn, the last forever."""

    def __init__(self, *answers: tuple[int, bytes], port: int = 0) -> None:
        self.answers = list(answers) or [(200, ack())]
        self.messages: list[Message] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", port), _handler(self._take))
        self.url = f"http://127.0.0.1:{self._server.server_port}/salesforce/s3cret"

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

    async def heard(self, count: int) -> list[Message]:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while len(self.messages) < count:
            assert time.monotonic() < deadline, f"only {len(self.messages)} messages came"
            await asyncio.sleep(0.02)
        return self.messages

    def _take(self, message: Message) -> tuple[int, bytes]:
        self.messages.append(message)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def _handler(take: Callable[[Message], tuple[int, bytes]]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, answer = take(Message(str(self.headers["Content-Type"]), body))
            self.send_response(status)
            self.send_header("Content-Type", "text/xml")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        @override
        def log_message(self, *_: object) -> None:
            pass

    return Handler
