"""Webhooks: a message is checked, kept, and only then acknowledged (I6).

Its content is a hint: what it is about is read again from where it came.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from fastapi import APIRouter, HTTPException, Request, Response
from pydantic import SecretStr

from canonical.notices import Notice
from canonical.systems import SystemId
from connectors.inbound import Inbound, RefusedMessageError
from gateway.dispatcher import Dispatcher
from store import engagements, inbox
from store.database import ContendedError, Database, Transaction
from telemetry import logs

_LARGEST_BODY_BYTES = 1024 * 1024
_SOON = {"Retry-After": "5"}  # seconds


@dataclass(frozen=True)
class Door:
    """How one system's pushes are checked: its reader, our organization there, a secret path."""

    inbound: Inbound
    organization: str
    secret: SecretStr


def router(database: Database, doors: Mapping[SystemId, Door], dispatcher: Dispatcher) -> APIRouter:
    """Return the routes under /webhooks."""
    routes = APIRouter()

    @routes.post("/webhooks/{system}/{secret}")
    async def receive(system: str, secret: str, request: Request) -> Response:
        """Keep a message and acknowledge it; a stranger finds nothing here.

        Where others were in its way the sender is asked to send it again soon: nothing is kept.
        """
        door = doors.get(SystemId(system))
        if door is None or not _same(secret, door.secret):
            raise HTTPException(HTTPStatus.NOT_FOUND)
        notices = _read(door, await _body(request))
        try:
            await _keep(database, SystemId(system), notices)
        except ContendedError:
            raise HTTPException(HTTPStatus.SERVICE_UNAVAILABLE, headers=_SOON) from None
        dispatcher.wake()
        said = door.inbound.acknowledgement
        return Response(said.body, media_type=said.media_type)

    return routes


def _same(said: str, secret: SecretStr) -> bool:
    return hmac.compare_digest(said.encode(), secret.get_secret_value().encode())


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LARGEST_BODY_BYTES:
            detail = "a message is at most one megabyte"
            raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail)
    return bytes(body)


def _read(door: Door, body: bytes) -> tuple[Notice, ...]:
    try:
        return door.inbound.read(body, organization=door.organization)
    except RefusedMessageError as exc:
        logs.logger().warning("message.refused", reason=str(exc))
        raise HTTPException(HTTPStatus.BAD_REQUEST, str(exc)) from None


async def _keep(database: Database, system: SystemId, notices: tuple[Notice, ...]) -> None:
    async def keep(tx: Transaction) -> list[bool]:
        return [await _is_new(tx, system, notice) for notice in notices]

    for notice, new in zip(notices, await database.carry_out(keep), strict=True):
        event = "message.received" if new else "message.repeated"
        logs.logger().info(event, source=system, message=notice.id, kind=notice.kind)


async def _is_new(tx: Transaction, system: SystemId, notice: Notice) -> bool:
    new = await inbox.receive(tx, system, notice)
    if new:  # a repeated message opens nothing
        await inbox.give_generation(tx, system, notice, await _generation(tx, notice))
    return new


async def _generation(tx: Transaction, notice: Notice) -> int | None:
    if notice.kind == "opportunity":
        engagement = await engagements.claim(tx, notice.subject)
    elif notice.kind == "billing_schedule":  # it tells a running engagement, and wins none
        engagement = await engagements.running(tx, notice.subject)
    else:
        return None
    return engagement.generation if engagement else None
