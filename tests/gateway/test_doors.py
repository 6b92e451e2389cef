"""Doors: whose pushes come in, and what each has to present."""

import json
from collections.abc import Mapping

import httpx
import pytest
from pydantic import SecretStr
from sqlmodel import select
from temporalio.client import Client

from canonical.landscape import Landscape
from canonical.systems import SystemId
from gateway import app, doors
from gateway.dispatcher import Dispatcher
from gateway.webhooks import Door
from store.database import Database
from store.tables.traffic import InboxRow
from tests.fakes import CRM, ERP

_SECRET = "in-the-path-and-nowhere-else"  # noqa: S105 - a test's
_EVENT = {
    "BusinessEventId": "CustFreeTextInvoicePostedBusinessEvent",
    "LegalEntity": "usmf",
    "EventId": "6A1B0B2E-7B0A-4F39-9A43-0D3E9E7F1C55",
    "InvoiceId": "FTI-00000077",
}


def _secrets(**more: str) -> dict[str, dict[str, SecretStr]]:
    crm = {"organization": "00D5f0000000001EAA", "webhook_secret": _SECRET}
    return {
        "crm-main": {name: SecretStr(value) for name, value in crm.items()},
        "erp-main": {name: SecretStr(value) for name, value in more.items()},
    }


def _doors(landscape: Landscape, secrets: doors.Credentials) -> Mapping[SystemId, Door]:
    return doors.build(doors.pushing(landscape, secrets), secrets)


def test_an_erp_has_a_door_once_its_credential_has_a_secret(landscape: Landscape) -> None:
    only_the_crm = {"crm-main": _secrets()["crm-main"]}

    assert set(_doors(landscape, only_the_crm)) == {CRM}
    assert set(_doors(landscape, _secrets(client_id="x"))) == {CRM}
    assert set(_doors(landscape, _secrets(webhook_secret=_SECRET))) == {CRM, ERP}


def test_a_crm_without_a_secret_is_a_mistake(landscape: Landscape) -> None:
    with pytest.raises(KeyError, match="webhook_secret"):
        _doors(landscape, {"crm-main": {"organization": SecretStr("00D5f0000000001EAA")}})


async def test_an_event_of_the_erp_is_kept_once_however_often_it_comes(
    landscape: Landscape, database: Database, nobody: Client
) -> None:
    known = _doors(landscape, _secrets(webhook_secret=_SECRET))
    transport = httpx.ASGITransport(app.build(database, known, Dispatcher(nobody, database)))
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as erp:
        door, other = f"/webhooks/{ERP}/{_SECRET}", f"/webhooks/{ERP}/guessed"
        test = {"BusinessEventId": "BusinessEventsTestEndpointContract", "EventId": "1"}
        bodies = [json.dumps(each).encode() for each in (test, _EVENT, _EVENT)]

        answers = [await erp.post(door, content=body) for body in bodies]
        stranger = await erp.post(other, content=bodies[1])
        garbage = await erp.post(door, content=b"<xml/>")

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert (stranger.status_code, garbage.status_code) == (404, 400)
    async with database.reading() as tx:
        rows = (await tx.exec(select(InboxRow))).all()
    assert [(row.source, row.message, row.kind, row.subject) for row in rows] == [
        (
            SystemId("erp-main"),
            _EVENT["EventId"],
            "invoice",
            '{"system":"erp-main","value":"USMF/FTI-00000077"}',
        )
    ]
