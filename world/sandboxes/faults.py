"""Faults that a test orders through the admin door, and the latency of every answer.

A fault strikes before the sandbox acts, or after it has committed and before it answers.
"""

import asyncio
import re
import time
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar, Literal

from pydantic import ConfigDict
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_REPLAYS = ("lag", "loop")


@dataclass(kw_only=True)
class Fault:
    """What goes wrong, on which requests (`path` and `body` are regular expressions), how often.

    `do` is one of: `status` (answer `status`, `headers`, `text`), `flood` (the same, followed by
    `size` spaces), `drop` (cut the connection), `truncate` (cut the answer after `cut` bytes),
    `hold` (answer `seconds` late), `alter` (answer with `text` for each match of `pattern`),
    `lag` (what is asked again is answered as it was first, until `seconds` have passed) and
    `loop` (every request is answered as the first that it struck). `{hit}` in `text` is how
    often it has struck.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    do: Literal["status", "flood", "drop", "truncate", "hold", "alter", "lag", "loop"]
    when: Literal["before", "after"] = "before"
    method: str = ".*"
    path: str = ".*"
    body: str = ""
    skip: int = 0
    times: int = 1
    status: int = 503
    headers: dict[str, str] = field(default_factory=dict)
    text: str = ""
    pattern: str = ""
    cut: int = 0
    size: int = 0
    seconds: float = 0.0
    hits: int = 0

    def __post_init__(self) -> None:
        """Refuse what is no regular expression."""
        for pattern in (self.method, self.path, self.body, self.pattern):
            re.compile(pattern)

    def said(self) -> str:
        """Return the text as this hit has it."""
        return self.text.replace("{hit}", str(self.hits))

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
        self.kept = Answers()
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
        replayed = next((f for f in struck if f.do in _REPLAYS), None)
        if replayed:
            await self._replay(replayed, scope, body, send, _after(struck))
            return
        before = next((f for f in struck if f.when == "before"), None)
        if before and before.do != "hold":
            await _answer(before, [], send)
            return
        if before:
            await asyncio.sleep(before.seconds)
        await self._serve(scope, body, send, _after(struck))

    async def _replay(
        self, fault: Fault, scope: Scope, body: bytes, send: Send, after: Fault | None
    ) -> None:
        known = self.kept.get(fault, scope, body)
        if known is None:
            known = await self._act(scope, body)
            self.kept.keep(fault, scope, body, known)
        if after:
            await _answer(after, known, send)
            return
        for message in known:
            await send(message)

    async def _serve(self, scope: Scope, body: bytes, send: Send, after: Fault | None) -> None:
        if after:
            await _answer(after, await self._act(scope, body), send)
        else:
            await self._app(scope, _whole(body), send)

    async def _act(self, scope: Scope, body: bytes) -> list[Message]:
        answer: list[Message] = []
        await self._app(scope, _whole(body), _into(answer))
        return answer


class Answers:
    """What was answered first, for the faults that answer so again."""

    def __init__(self) -> None:
        self._kept: dict[tuple[object, ...], tuple[float, list[Message]]] = {}

    def get(self, fault: Fault, scope: Scope, body: bytes) -> list[Message] | None:
        """Return what to answer again; None for what is new, or what a lag has caught up with."""
        since, answer = self._kept.get(_asked(fault, scope, body), (0.0, None))
        if fault.do == "lag" and time.monotonic() - since > fault.seconds:
            return None
        return answer

    def keep(self, fault: Fault, scope: Scope, body: bytes, answer: list[Message]) -> None:
        """Keep the first answer; what comes after a lag changes it no more."""
        self._kept.setdefault(_asked(fault, scope, body), (time.monotonic(), answer))

    def clear(self) -> None:
        """Forget everything."""
        self._kept.clear()


def _asked(fault: Fault, scope: Scope, body: bytes) -> tuple[object, ...]:
    if fault.do == "loop":
        return (id(fault),)
    return (id(fault), scope["method"], scope["path"], scope["query_string"], body)


def _after(struck: list[Fault]) -> Fault | None:
    return next((f for f in struck if f.when == "after" and f.do not in _REPLAYS), None)


def _into(answer: list[Message]) -> Send:
    async def keep(message: Message) -> None:
        answer.append(message)

    return keep


def _whole(body: bytes) -> Receive:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


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
        case "status" | "flood":
            headers = [
                (name.lower().encode(), value.encode()) for name, value in fault.headers.items()
            ]
            await send({"type": "http.response.start", "status": fault.status, "headers": headers})
            said = fault.said().encode() + b" " * (fault.size if fault.do == "flood" else 0)
            await send({"type": "http.response.body", "body": said})
        case "alter":
            await _altered(fault, answer, send)
        case "hold":
            await asyncio.sleep(fault.seconds)
            for message in answer:
                await send(message)
        case "drop":
            await _cut(send, b"")
        case "truncate":
            await _cut(send, _body(answer)[: fault.cut])
        case "lag" | "loop":
            raise AssertionError  # `_replay` has answered


async def _altered(fault: Fault, answer: list[Message], send: Send) -> None:
    text = re.sub(fault.pattern, fault.said().replace("\\", r"\\"), _body(answer).decode())
    start = dict(answer[0])
    length = [(name, value) for name, value in start["headers"] if name != b"content-length"]
    start["headers"] = [*length, (b"content-length", str(len(text.encode())).encode())]
    await send(start)
    await send({"type": "http.response.body", "body": text.encode()})


def _body(answer: list[Message]) -> bytes:
    return b"".join(message.get("body", b"") for message in answer)


async def _cut(send: Send, part: bytes) -> None:
    # The answer is never completed: the server has to close the connection.
    headers = [(b"content-length", str(len(part) + 1).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": part, "more_body": True})
