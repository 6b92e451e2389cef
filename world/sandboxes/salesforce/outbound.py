"""Outbound messages: queued with the change that causes them, sent until acknowledged.

At least once and in any order. A message survives the server, carries the row as it is when it
is sent, and is given up after a day without an acknowledgment.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from world.sandboxes.admin import Admin
from world.sandboxes.box import Body, Box, Transaction
from world.sandboxes.salesforce import envelope, ids, objects, values
from world.sandboxes.salesforce.columns import Row
from world.sandboxes.salesforce.schema import SObject

_QUEUE = "_outbound"
_LARGEST_MESSAGE = 100
_LONGEST_WAIT = timedelta(hours=2)
_PATIENCE = timedelta(hours=24)
_TIMEOUT_SECONDS = 10.0
_PAUSE_SECONDS = 0.1
_MOST_DOUBLINGS = 20


def queue(
    tx: Transaction, settings: dict[str, Any], sobject: SObject, row: Row, instance_url: str
) -> None:
    """Queue the messages that a change of a row causes, in the change's own transaction."""
    for number, outbound in enumerate(settings["outbound_messages"], start=1):
        if not _is_caused(outbound, sobject, row):
            continue
        key = ids.make("04l", tx.next("04l"))
        now = tx.now.isoformat()
        message = {
            "id": key,
            "action": ids.make("04k", number),
            "url": outbound["url"],
            "object": sobject.name,
            "fields": outbound["fields"],
            "record": row["Id"],
            "instance_url": instance_url,
            "attempts": 0,
            "queued": now,
            "due": now,
        }
        tx.put(_QUEUE, key, message)


def _is_caused(outbound: Body, sobject: SObject, row: Row) -> bool:
    if outbound["object"] != sobject.name:
        return False
    shown = _shown(sobject, row, outbound["when"])
    return all(shown[name] == value for name, value in outbound["when"].items())


def _shown(sobject: SObject, row: Row, names: Iterable[str]) -> dict[str, object]:
    columns = (field for name in names if (field := sobject.field(name)))
    return {field.name: values.shown(field, row.get(field.name)) for field in columns}


class Sender:
    """Sends what is queued while the server is up."""

    def __init__(self, box: Box, admin: Admin) -> None:
        self._box = box
        self._admin = admin
        self._changed = asyncio.Event()
        self._sending: set[str] = set()

    def routes(self) -> list[Route]:
        """Return the admin's `GET /_admin/outbound`: messages not yet acknowledged."""
        return [Route("/_admin/outbound", self._waiting)]

    def wake(self) -> None:
        """Look at the queue now."""
        self._changed.set()

    @asynccontextmanager
    async def lifespan(self, _: Starlette) -> AsyncIterator[None]:
        """Send in the background."""
        async with asyncio.TaskGroup() as tasks:
            sending = tasks.create_task(self._send_forever())
            yield
            sending.cancel()

    async def _waiting(self, _: Request) -> Response:
        with self._box.transaction() as tx:
            return JSONResponse(tx.all(_QUEUE))

    async def _send_forever(self) -> None:
        async with (
            httpx.AsyncClient(timeout=_TIMEOUT_SECONDS, trust_env=False) as client,
            asyncio.TaskGroup() as tasks,
        ):
            while True:
                self._changed.clear()
                with self._box.transaction() as tx:
                    queued = tx.all(_QUEUE)
                    due = [message for message in queued if self._is_due(message, tx.now)]
                for batch in _batches(due):
                    tasks.create_task(self._send(client, batch))
                    self._sending.update(message["id"] for message in batch)
                with suppress(TimeoutError):
                    # A clock that is moved makes messages due without waking anybody.
                    async with asyncio.timeout(_PAUSE_SECONDS if queued else None):
                        await self._changed.wait()

    def _is_due(self, message: Body, now: datetime) -> bool:
        wait = datetime.fromisoformat(message["due"]) - now
        # A wait longer than any: the clock was moved back.
        is_time = wait <= timedelta(0) or wait > _LONGEST_WAIT
        return is_time and message["id"] not in self._sending

    async def _send(self, client: httpx.AsyncClient, batch: list[Body]) -> None:
        settings = self._admin.settings()
        with self._box.transaction() as tx:
            sent_at = tx.now
            found = [(message, _notification(tx, message)) for message in batch]
        body = envelope.compose(
            [notification for _, notification in found if notification],
            organization=settings["organization_id"],
            action=batch[0]["action"],
            instance_url=batch[0]["instance_url"],
        )
        is_done = await _is_taken(client, batch[0]["url"], body)
        first = timedelta(seconds=settings["outbound_first_retry_seconds"])
        with self._box.transaction() as tx:
            for message, notification in found:
                if is_done:
                    told = {name: message[name] for name in ("id", "object", "record")}
                    tx.log("outbound.acknowledged", told)
                if is_done or notification is None or _is_given_up(message, tx.now):
                    tx.delete(_QUEUE, message["id"])
                else:
                    tx.put(_QUEUE, message["id"], _put_off(message, first, sent_at))
        self._sending.difference_update(message["id"] for message in batch)


def _batches(due: list[Body]) -> list[list[Body]]:
    groups: dict[tuple[str, str], list[Body]] = {}
    for message in due:
        groups.setdefault((message["action"], message["url"]), []).append(message)
    return [
        group[start : start + _LARGEST_MESSAGE]
        for group in groups.values()
        for start in range(0, len(group), _LARGEST_MESSAGE)
    ]


def _notification(tx: Transaction, message: Body) -> envelope.Notification | None:
    sobject = objects.find(message["object"])
    row = tx.get(message["object"], message["record"])
    if sobject is None or row is None or row["IsDeleted"]:
        return None
    shown = _shown(sobject, row, message["fields"])
    return envelope.Notification(message["id"], sobject.name, shown)


async def _is_taken(client: httpx.AsyncClient, url: str, body: bytes) -> bool:
    headers = {"Content-Type": "text/xml; charset=UTF-8", "SOAPAction": '""'}
    try:
        answer = await client.post(url, content=body, headers=headers)
    except (httpx.HTTPError, httpx.InvalidURL):
        return False
    return answer.status_code == HTTPStatus.OK and envelope.is_acknowledged(answer.content)


def _is_given_up(message: Body, now: datetime) -> bool:
    return now - datetime.fromisoformat(message["queued"]) > _PATIENCE


def _put_off(message: Body, first: timedelta, now: datetime) -> Body:
    wait = min(first * 2 ** min(message["attempts"], _MOST_DOUBLINGS), _LONGEST_WAIT)
    return message | {"attempts": message["attempts"] + 1, "due": (now + wait).isoformat()}
