"""Sends business events to HTTPS endpoints: three tries, then the error queue.

At least once and in no order. What failed stays in the error queue until an administrator
sends it again.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from world.sandboxes.admin import Admin
from world.sandboxes.box import Body, Box
from world.sandboxes.dynamics import _activations, _business_events
from world.sandboxes.dynamics._business_events import QUEUE
from world.sandboxes.dynamics._settings import Settings

_PAUSE_SECONDS = 0.1
_LONGEST_WAIT = timedelta(minutes=1)
_HEADERS = {"Content-Type": "application/json; charset=utf-8"}


class Sender:
    """Sends what is queued while the server is up."""

    def __init__(self, box: Box, admin: Admin) -> None:
        self._box = box
        self._admin = admin
        self._changed = asyncio.Event()
        self._sending: set[str] = set()

    def routes(self) -> list[Route]:
        """Return the administrator's routes.

        `GET /_admin/business_events` shows what is not delivered, `POST` sends the error queue
        again, `PUT` activates exactly the events of a list.
        """
        path = "/_admin/business_events"
        return [
            Route(path, self._listed),
            Route(path, self._resend, methods=["POST"]),
            Route(path, self._activate, methods=["PUT"]),
        ]

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

    async def _listed(self, _: Request) -> Response:
        with self._box.transaction() as tx:
            return JSONResponse(tx.all(QUEUE))

    async def _activate(self, request: Request) -> Response:
        settings = self._settings()
        try:
            wanted = _activations.read(await request.body())
            with self._box.transaction() as tx:
                _business_events.list_catalog(tx, settings)
                new = _activations.replace(tx, wanted)
                if settings.business_event_test_message:
                    _business_events.queue(tx, settings, new, _business_events.test_message(tx.now))
        except ValueError as error:
            return JSONResponse({"error": str(error)}, 400)
        self.wake()
        return JSONResponse({"active": len(wanted), "new": len(new)})

    def _settings(self) -> Settings:
        return Settings.model_validate(self._admin.settings())

    async def _resend(self, _: Request) -> Response:
        with self._box.transaction() as tx:
            failed = [each for each in tx.all(QUEUE) if each["state"] == "error"]
            for each in failed:
                fresh = {"state": "waiting", "tries": 0, "due": tx.now.isoformat()}
                tx.put(QUEUE, each["id"], each | fresh)
        self.wake()
        return JSONResponse({"resent": len(failed)})

    async def _send_forever(self) -> None:
        async with (
            httpx.AsyncClient(trust_env=False) as client,
            asyncio.TaskGroup() as tasks,
        ):
            while True:
                self._changed.clear()
                settings = self._settings()
                waiting = self._waiting(newest_first=settings.business_events_newest_first)
                for event in waiting:
                    if self._is_due(event):
                        self._sending.add(event["id"])
                        tasks.create_task(self._send(client, event, settings))
                with suppress(TimeoutError):
                    # A clock that is moved makes events due without waking anybody.
                    async with asyncio.timeout(_PAUSE_SECONDS if waiting else None):
                        await self._changed.wait()

    def _waiting(self, *, newest_first: bool) -> list[Body]:
        with self._box.transaction() as tx:
            waiting = [each for each in tx.all(QUEUE) if each["state"] == "waiting"]
        return waiting[::-1] if newest_first else waiting

    def _is_due(self, event: Body) -> bool:
        wait = datetime.fromisoformat(event["due"]) - self._box.now()
        # A wait longer than any: the clock was moved back.
        is_time = wait <= timedelta(0) or wait > _LONGEST_WAIT
        return is_time and event["id"] not in self._sending

    async def _send(self, client: httpx.AsyncClient, event: Body, settings: Settings) -> None:
        is_done = await _is_taken(client, event, settings.business_event_timeout_seconds)
        with self._box.transaction() as tx:
            if is_done:
                tx.log("business_event.delivered", {"id": event["id"], "event": event["event"]})
                tx.delete(QUEUE, event["id"])
            else:
                tx.put(QUEUE, event["id"], _put_off(event, settings, tx.now))
        self._sending.discard(event["id"])
        self.wake()


async def _is_taken(client: httpx.AsyncClient, event: Body, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            answer = await client.post(event["url"], content=event["payload"], headers=_HEADERS)
    except (httpx.HTTPError, TimeoutError):
        return False
    return answer.is_success


def _put_off(event: Body, settings: Settings, now: datetime) -> Body:
    tries = event["tries"] + 1
    is_over = tries >= settings.business_event_tries
    due = now + timedelta(seconds=settings.business_event_retry_seconds)
    state = "error" if is_over else "waiting"
    return event | {"tries": tries, "state": state, "due": due.isoformat()}
