"""Business events: raised with what causes them, and queued for each endpoint that wants them.

An event whose transaction is rolled back is never sent. `ControlNumber` rises, with gaps.
"""

import json
import uuid
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal

from world.sandboxes.box import Body, Transaction
from world.sandboxes.dynamics import _activations
from world.sandboxes.dynamics._activations import Activation
from world.sandboxes.dynamics._event_data import EVENT_CATALOG, catalog
from world.sandboxes.dynamics._session import Session
from world.sandboxes.dynamics._settings import Settings
from world.sandboxes.dynamics._values import day, plain

QUEUE = "_business_event"
TEST_EVENT = "BusinessEventsTestEndpointContract"
_ZERO = datetime(1970, 1, 1, tzinfo=UTC)
Members = Mapping[str, str | Decimal]


def raise_event(session: Session, event: str, company: str, members: Members) -> None:
    """Queue an event of a company for its endpoints, in the transaction that causes it."""
    wanted = [
        each
        for each in _activations.kept(session.tx)
        if each.event == event and each.legal_entity in ("", company)
    ]
    if wanted:
        common = _common(session, event, company)
        queue(session.tx, session.settings, wanted, _json({**common, **members}))


def queue(tx: Transaction, settings: Settings, wanted: Iterable[Activation], payload: str) -> None:
    """Queue a payload for endpoints, as often as it is to come."""
    for activation in wanted:
        for _ in range(settings.business_event_copies):
            key = f"{tx.next('BusinessEvent'):012}"
            body: Body = {
                "id": key,
                "event": activation.event,
                "url": str(activation.url),
                "payload": payload,
                "due": tx.now.isoformat(),
                "tries": 0,
                "state": "waiting",
            }
            tx.put(QUEUE, key, body)


def test_message(now: datetime) -> str:
    """Return what an endpoint is tried with when it is activated. Its members are a choice."""
    return _json(
        {
            "BusinessEventId": TEST_EVENT,
            "ControlNumber": Decimal(0),
            "EventId": str(uuid.uuid4()).upper(),
            "EventTime": moment(now),
            "MajorVersion": Decimal(0),
            "MinorVersion": Decimal(0),
        }
    )


def list_catalog(tx: Transaction, settings: Settings) -> None:
    """Let the catalog show the events that can be activated."""
    for row in catalog(settings.payment_event):
        tx.put(EVENT_CATALOG.name, EVENT_CATALOG.key(row), row)


def moment(when: datetime) -> str:
    """Return a moment as the payload writes it: `/Date(milliseconds)/`."""
    return f"/Date({int((when - _ZERO).total_seconds() * 1000)})/"


def calendar_day(kept: str) -> str:
    """Return a kept date as the payload writes it."""
    return moment(datetime.fromisoformat(day(kept)).replace(tzinfo=UTC))


def _common(session: Session, event: str, company: str) -> dict[str, str | Decimal | list[str]]:
    return {
        "BusinessEventId": event,
        "BusinessEventLegalEntity": company.upper(),
        "ContextRecordSubject": "",
        "ControlNumber": Decimal(session.record_id()),
        "EventId": str(uuid.uuid4()).upper(),
        "EventTime": moment(session.now),
        "EventTimeIso8601": session.now.strftime("%Y-%m-%dT%H:%M:%S.%f0Z"),
        "InitiatingUserAADObjectId": f"{{{uuid.UUID(int=0)}}}",
        "MajorVersion": Decimal(0),
        "MinorVersion": Decimal(0),
        "ParentContextRecordSubjects": [],
    }


def _json(members: Mapping[str, str | Decimal | list[str]]) -> str:
    """Return a JSON object, its numbers digit by digit."""
    parts = (
        f"{json.dumps(name)}:{plain(value) if isinstance(value, Decimal) else json.dumps(value)}"
        for name, value in members.items()
    )
    return f"{{{','.join(parts)}}}"
