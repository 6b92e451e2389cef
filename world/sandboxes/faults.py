"""Faults that a test orders through the admin door, and the latency of every answer.

A fault strikes before the sandbox acts, or after it has committed and before it answers.
"""

import asyncio
import re
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar, Literal

from pydantic import ConfigDict
from starlette.types import ASGIApp, Message, Receive, Scope, Send


@dataclass(kw_only=True)
class Fault:
    """What goes wrong, on which requests (`path` and `body` are regular expressions), how often.

    `do` is one of: `status` (answer `status`, `headers`, `text`), `drop` (cut the
    connection), `truncate` (cut the answer after `cut` bytes), `hold` (answer `seconds` late).
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    do: Literal["status", "drop", "truncate", "hold"]
    when: Literal["before", "after"] = "before"
    method: str = ".*"
    path: str = ".*"
    body: str = ""
    skip: int = 0
    times: int = 1
    status: int = 503
    headers: dict[str, str] = field(default_factory=dict)
    text: str = ""
    cut: int = 0
    seconds: float = 0.0
    hits: int = 0

    def __post_init__(self) -> None:
        """Refuse what is no regular expression."""
        for pattern in (self.method, self.path, self.body):
            re.compile(pattern)

    def strikes(self, method: str, path: str, body: bytes) -> bool:
        """Say whether this request is hit, and count it if so."""
        matched = (
            re.fullmatch(self.method, method)
            and re.search(self.path, path)
            and re.search(self.body, body.decode(errors="replace"))
        )
        if not matched or self.times <= 0:
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        self.times -= 1
        self.hits += 1
        return True


class Faults:
    """ASGI middleware around one sandbox."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.ordered: list[Fault] = []
        self.latency_seconds = 0.0

    def described(self) -> list[dict[str, Any]]:
        """Return the faults as they stand, with their hits."""
        return [asdict(fault) for fault in self.ordered]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request, with whatever fault it meets."""
        if scope["type"] != "http" or scope["path"].startswith("/_admin"):
            await self._app(scope, receive, send)
            return
        body = await _read(receive)
        query = scope["query_string"].decode()
        path = f"{scope['path']}?{query}" if query else scope["path"]
        if self.latency_seconds:
            await asyncio.sleep(self.latency_seconds)
        struck = [f for f in self.ordered if f.strikes(scope["method"], path, body)]
        before = next((f for f in struck if f.when == "before"), None)
        if before and before.do != "hold":
            await _answer(before, [], send)
            return
        if before:
            await asyncio.sleep(before.seconds)
        await self._serve(scope, body, send, next((f for f in struck if f.when == "after"), None))

    async def _serve(self, scope: Scope, body: bytes, send: Send, after: Fault | None) -> None:
        answer: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        async def keep(message: Message) -> None:
            answer.append(message)

        await self._app(scope, receive, keep if after else send)
        if after:
            await _answer(after, answer, send)


async def _read(receive: Receive) -> bytes:
    chunks: list[bytes] = []
    more = True
    while more:
        message = await receive()
        chunks.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(chunks)


async def _answer(fault: Fault, answer: list[Message], send: Send) -> None:
    match fault.do:
        case "status":
            headers = [
                (name.lower().encode(), value.encode()) for name, value in fault.headers.items()
            ]
            await send({"type": "http.response.start", "status": fault.status, "headers": headers})
            await send({"type": "http.response.body", "body": fault.text.encode()})
        case "hold":
            await asyncio.sleep(fault.seconds)
            for message in answer:
                await send(message)
        case "drop":
            await _cut(send, b"")
        case "truncate":
            whole = b"".join(message.get("body", b"") for message in answer)
            await _cut(send, whole[: fault.cut])


async def _cut(send: Send, part: bytes) -> None:
    # The answer is never completed: the server has to close the connection.
    headers = [(b"content-length", str(len(part) + 1).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": part, "more_body": True})
