"""The Streaming API: Bayeux messages over HTTP, read as a poll and not as a stream."""

from contextlib import suppress
from dataclasses import dataclass

import httpx
from pydantic import TypeAdapter, ValidationError

from connectors import errors, http
from connectors.salesforce import _events, _faults
from connectors.salesforce._events import Event, Message
from connectors.salesforce._faults import VENDOR

_EVERYTHING, _NEWS = -2, -1  # all that is kept, and only what is new
_MOST_EVENTS = 2000  # of one poll; the next one goes on from there
_MESSAGES: TypeAdapter[tuple[Message, ...]] = TypeAdapter(tuple[Message, ...])
_AT_ONCE: http.Json = {"timeout": 0}  # without it the answer waits for news


@dataclass(frozen=True)
class Read:
    """What a poll found. It began at the position, or with everything if that has expired."""

    events: tuple[Event, ...]
    is_all: bool
    is_expired: bool


class Feed:
    """Reads one channel; each poll is a session of its own, which it ends."""

    def __init__(self, http_client: httpx.AsyncClient, data: str, channel: str) -> None:
        self._http = http_client
        self._limits = f"{data}/limits"
        self._endpoint = f"/cometd/{data.rpartition('/v')[2]}"
        self._channel = channel

    async def read(self, position: int | None) -> Read:
        """Return the events after a position, or all that are kept.

        Raises:
            Rejected: the org does not let us follow the channel.
            Transient: it ended our session; nothing is lost.
        """
        client = await self._shake_hands()
        try:
            is_expired = False
            if position is None or not await self._subscribed(client, position):
                is_expired = position is not None
                if not await self._subscribed(client, _EVERYTHING):
                    raise errors.Drifted(VENDOR, "the feed refuses to replay all that it keeps")
            events = await self._drained(client)
        finally:
            await self._end(client)
        return Read(tuple(events), len(events) < _MOST_EVENTS, is_expired)

    async def can_be_followed(self) -> None:
        """Subscribe to what is new, and end it: three requests.

        Raises:
            Rejected: the org does not let us follow the channel.
        """
        client = await self._shake_hands()
        try:
            await self._subscribed(client, _NEWS)
        finally:
            await self._end(client)

    async def _end(self, client: str) -> None:
        with suppress(errors.ConnectorError):  # the org ends it by itself after a while
            await self._send("/meta/disconnect", client)

    async def _shake_hands(self) -> str:
        answers = await self._send(
            "/meta/handshake", version="1.0", supportedConnectionTypes=["long-polling"]
        )
        answer = _about("/meta/handshake", answers)
        if answer.is_successful and answer.client is not None:
            return answer.client
        if "401" in (answer.code, answer.failure_code):
            await self._renew_session()
            raise errors.Transient(VENDOR, "the session had ended")
        detail = f"the feed refuses a handshake ({answer.code})"
        raise errors.Rejected(VENDOR, detail, reason=answer.error)

    async def _renew_session(self) -> None:
        """Ask for what answers 401 in HTTP too, whereupon a new token is fetched."""
        request = self._http.build_request("GET", self._limits)
        await http.send(self._http, request, _faults.QUERY, write=False)

    async def _subscribed(self, client: str, position: int) -> bool:
        ext: http.Json = {"replay": {self._channel: position}}
        answers = await self._send("/meta/subscribe", client, subscription=self._channel, ext=ext)
        answer = _about("/meta/subscribe", answers)
        if answer.is_successful:
            return True
        if answer.code == "400":
            return False
        _raise_if_ended(answer)
        detail = f"the org lets us not follow {self._channel} ({answer.code})"
        raise errors.Rejected(VENDOR, detail, reason=answer.error)

    async def _drained(self, client: str) -> list[Event]:
        found: list[Event] = []
        while len(found) < _MOST_EVENTS:
            try:
                answers = await self._send(
                    "/meta/connect", client, connectionType="long-polling", advice=_AT_ONCE
                )
            except errors.Transient:  # no news came in time; what did come is kept
                return found
            events = [each for each in answers if each.channel == self._channel]
            found += [_events.event(each) for each in events]
            _raise_if_ended(_about("/meta/connect", answers))
            if not events:
                return found
        return found

    async def _send(
        self, channel: str, client: str | None = None, **members: http.Json
    ) -> tuple[Message, ...]:
        message: dict[str, http.Json] = {"channel": channel, "id": "1", **members}
        if client is not None:
            message["clientId"] = client
        request = self._http.build_request(
            "POST",
            self._endpoint,
            content=http.write_json([message]),
            headers={"Content-Type": "application/json"},
        )
        response = await http.send(self._http, request, _faults.QUERY, write=False)
        try:
            return _MESSAGES.validate_python(http.read_json(response.content))
        except ValidationError as exc:
            detail = f"{channel}: {http.misfits(exc)} do not fit"
        except ValueError:
            detail = f"{channel}: the answer is not JSON"
        raise errors.Drifted(VENDOR, detail)


def _about(channel: str, answers: tuple[Message, ...]) -> Message:
    for answer in answers:
        if answer.channel == channel:
            return answer
    raise errors.Drifted(VENDOR, f"{channel}: the feed answered something else")


def _raise_if_ended(answer: Message) -> None:
    if not answer.is_successful and answer.is_about_session:
        raise errors.Transient(VENDOR, "the feed ended our session")
    if not answer.is_successful and answer.channel == "/meta/connect":
        raise errors.Drifted(VENDOR, f"the feed refuses to connect ({answer.code})")
