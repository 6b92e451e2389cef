"""A Bayeux client of the tests' own: one session, spoken to over HTTP."""

from dataclasses import dataclass
from typing import Any

import httpx

CHANNEL = "/data/ChangeEvents"
ENDPOINT = "/cometd/60.0"
Message = dict[str, Any]


@dataclass
class Stream:
    """One session. `connect` asks for what is there now, and does not wait."""

    client: httpx.AsyncClient
    key: str = ""

    async def send(self, channel: str, **members: object) -> list[Message]:
        message = {"channel": channel, "id": "1", "clientId": self.key, **members}
        answer = await self.client.post(ENDPOINT, json=[message])
        return list(answer.json())

    async def open(self, replay: int = -1, channel: str = CHANNEL) -> Message:
        """Shake hands and subscribe; return what the subscription answered."""
        shake = {"version": "1.0", "supportedConnectionTypes": ["long-polling"]}
        [shaken] = await self.send("/meta/handshake", **shake)
        self.key = shaken["clientId"]
        return await self.subscribe(replay, channel)

    async def subscribe(self, replay: int, channel: str = CHANNEL) -> Message:
        ext = {"replay": {channel: replay}}
        [answer] = await self.send("/meta/subscribe", subscription=channel, ext=ext)
        return answer

    async def connect(self) -> list[Message]:
        *events, answer = await self.send(
            "/meta/connect", connectionType="long-polling", advice={"timeout": 0}
        )
        assert answer["successful"], answer
        return [event["data"] for event in events]


def header(event: Message) -> Message:
    """Return what an event says of its change."""
    return dict(event["payload"]["ChangeEventHeader"])


def told(events: list[Message]) -> list[tuple[str, str, list[str]]]:
    """Return what changed, how, and of which rows."""
    heads = [header(event) for event in events]
    return [(head["entityName"], head["changeType"], head["recordIds"]) for head in heads]
