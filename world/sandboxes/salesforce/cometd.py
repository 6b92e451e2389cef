"""The Streaming API: Bayeux over long polling, on which change events arrive.

Sessions live in memory, as they do behind the vendor's load balancer: a client whose session is
gone is told to shake hands again, and goes on from the last event that it has seen.
"""

import asyncio
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from world.sandboxes.admin import Admin
from world.sandboxes.box import Body, Box, Transaction
from world.sandboxes.salesforce import changes, errors, limits, oauth, wire

_MOST_EVENTS = 100  # in one answer
_UNUSED = timedelta(minutes=5)
_ALL, _NEW = -2, -1
_LOOK_SECONDS = 0.1
_EXPIRED = (
    "400::The replayId {{{}}} you provided was invalid.  Please provide a valid ID, -2 to replay"
    " all events, or -1 to replay only new events."
)
Message = dict[str, Any]


@dataclass
class _Session:
    """One client: how far it has read each channel, and when it was last heard of."""

    used: datetime
    positions: dict[str, int] = field(default_factory=dict[str, int])


class Streaming:
    """The endpoint of every version. `wake` is to be called when something may have changed."""

    def __init__(self, box: Box, admin: Admin) -> None:
        self._box = box
        self._admin = admin
        self._sessions: dict[str, _Session] = {}
        self._changed = asyncio.Event()
        self._answers: dict[str, Callable[[Message], Message]] = {
            "/meta/handshake": self._shake_hands,
            "/meta/subscribe": self._subscribe,
            "/meta/unsubscribe": self._unsubscribe,
            "/meta/disconnect": self._disconnect,
        }

    def routes(self) -> list[Route]:
        """Return the route of the endpoint."""
        return [Route("/cometd/{version}{rest:path}", self._endpoint, methods=["POST"])]

    def wake(self) -> None:
        """Let whoever waits for news look again."""
        self._changed.set()

    async def _endpoint(self, request: Request) -> Response:
        try:
            messages = wire.loads(await request.body())
        except ValueError:
            return Response(status_code=HTTPStatus.BAD_REQUEST)
        messages = messages if isinstance(messages, list) else [messages]
        if not all(isinstance(message, dict) for message in messages):
            return Response(status_code=HTTPStatus.BAD_REQUEST)
        settings = self._admin.settings()
        try:
            with self._box.transaction() as tx:
                oauth.check(tx, request.headers.get("Authorization", ""), settings)
        except errors.Refused:
            status = 401 if settings["handshake_refused_with_401"] else 200
            return wire.answer([_unknown_user(message) for message in messages], status=status)
        if refused := self._over_limit(settings):
            return refused
        answers: list[Message] = []
        for message in messages:
            answers += await self._answer(message)
        return wire.answer(answers)

    def _over_limit(self, settings: Body) -> Response | None:
        if not settings["streaming_is_counted"]:
            return None
        with self._box.transaction() as tx:
            usage = limits.count(tx, settings)
        try:
            limits.check(usage)
        except errors.Refused as refused:
            return refused.response()
        return None

    async def _answer(self, message: Message) -> list[Message]:
        channel = message.get("channel")
        if channel == "/meta/connect":
            return await self._connect(message)
        act = self._answers.get(str(channel))
        if act is None:
            return [_answered(message, error=f"400::Unknown channel {channel}")]
        return [act(message)]

    def _shake_hands(self, message: Message) -> Message:
        now = self._box.now()
        self._sessions = {
            key: session for key, session in self._sessions.items() if now - session.used <= _UNUSED
        }
        key = secrets.token_hex(16)
        self._sessions[key] = _Session(used=now)
        return _answered(message) | {
            "version": "1.0",
            "minimumVersion": "1.0",
            "supportedConnectionTypes": ["long-polling"],
            "clientId": key,
            "ext": {"replay": True, "payload.format": True},
        }

    def _subscribe(self, message: Message) -> Message:
        session = self._session(message)
        channel = message.get("subscription")
        told = {"subscription": channel}
        if session is None:
            return _unknown_client(message) | told
        settings = self._admin.settings()
        if channel not in changes.channels(settings):
            return _answered(message, error="403:denied_by_security_policy:create_denied") | told
        with self._box.transaction() as tx:
            position = _position(tx, settings, _asked(message, channel))
        if position is None:
            error = _EXPIRED.format(_asked(message, channel))
            return _answered(message, error=error) | told
        session.positions[channel] = position
        return _answered(message) | told

    def _unsubscribe(self, message: Message) -> Message:
        session = self._session(message)
        told = {"subscription": message.get("subscription")}
        if session is None:
            return _unknown_client(message) | told
        session.positions.pop(str(message.get("subscription")), None)
        return _answered(message) | told

    def _disconnect(self, message: Message) -> Message:
        self._sessions.pop(str(message.get("clientId")), None)
        return _answered(message)

    async def _connect(self, message: Message) -> list[Message]:
        session = self._session(message)
        if session is None:
            return [_unknown_client(message)]
        settings = self._admin.settings()
        found = self._news(session, settings)
        patience = _patience(message, settings)
        with suppress(TimeoutError):
            async with asyncio.timeout(patience):
                while not found and patience:
                    await self._news_or_a_while()
                    found = self._news(session, settings)
        advice = {"reconnect": "retry", "interval": 0, "timeout": int(patience * 1000)}
        return [*found, _answered(message) | {"advice": advice}]

    async def _news_or_a_while(self) -> None:
        self._changed.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(_LOOK_SECONDS):
                await self._changed.wait()

    def _news(self, session: _Session, settings: Body) -> list[Message]:
        found: list[Message] = []
        known = changes.channels(settings)
        with self._box.transaction() as tx:
            changes.first(tx, settings)
            for channel, position in session.positions.items():
                for number, payload in changes.after(tx, position, known.get(channel, ())):
                    if len(found) == _MOST_EVENTS:
                        return found
                    event = {"schema": "IeRuaY6cbI_HsV8Rv1Mc5g", "payload": payload}
                    data = event | {"event": {"replayId": number}}
                    found.append({"channel": channel, "data": data})
                    session.positions[channel] = number
        return found

    def _session(self, message: Message) -> _Session | None:
        session = self._sessions.get(str(message.get("clientId")))
        if session is not None:
            session.used = self._box.now()
        return session


def _asked(message: Message, channel: object) -> int:
    ext = message.get("ext")
    replay = ext.get("replay") if isinstance(ext, dict) else None
    asked = replay.get(channel) if isinstance(replay, dict) else None
    return asked if isinstance(asked, int) else _NEW


def _position(tx: Transaction, settings: Body, asked: int) -> int | None:
    """Return after which event a subscription begins; None if that one is not kept any more."""
    first, last = changes.first(tx, settings), changes.last(tx)
    if asked == _NEW:
        return last
    if asked == _ALL:
        return first - 1
    if first <= asked <= last:
        return asked
    return None if settings["expired_replay_is_refused"] else first - 1


def _patience(message: Message, settings: Body) -> float:
    held = float(settings["connect_seconds"])
    advice = message.get("advice")
    asked = advice.get("timeout") if isinstance(advice, dict) else None
    if isinstance(asked, int) and settings["connect_heeds_advice"]:
        return min(held, asked / 1000)
    return held


def _answered(message: Message, *, error: str = "") -> Message:
    told = {"channel": message.get("channel"), "successful": not error}
    for member in ("id", "clientId"):
        if member in message:
            told[member] = message[member]
    return told | ({"error": error} if error else {})


def _unknown_client(message: Message) -> Message:
    advice = {"reconnect": "handshake", "interval": 0}
    return _answered(message, error="403::Unknown client") | {"advice": advice}


def _unknown_user(message: Message) -> Message:
    reason = "401::Authentication invalid"
    told = {"ext": {"sfdc": {"failureReason": reason}}, "advice": {"reconnect": "none"}}
    is_handshake = message.get("channel") == "/meta/handshake"
    return _answered(message, error="403::Handshake denied" if is_handshake else reason) | told
