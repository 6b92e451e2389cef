"""Installs a stack: its callers' credentials, what is pushed where, and the shipped firm."""

from typing import Any

import httpx

from world.stage import loader, systems
from world.stage.keys import Keys
from world.stage.ledgers import PushUrl, nowhere
from world.stage.systems import Urls

_ACCOUNT = ("Id", "Name", "LastModifiedDate")
_OPPORTUNITY = ("Id", "StageName", "LastModifiedDate")
_SCHEDULE_LINE = ("Id", "Opportunity__c", "LastModifiedDate")


async def install(
    urls: Urls,
    keys: Keys,
    outbound_url: str,
    *,
    push_url: PushUrl = nowhere,
    transport: httpx.AsyncBaseTransport | None = None,
) -> None:
    """Set everything up through the admin doors and the systems' own APIs.

    The same once more changes nothing.

    The CRM pushes to `outbound_url`, an ERP to what `push_url` says for its id.

    Raises:
        StageError: a system does not answer, or does not take its settings.
    """
    async with systems.connect(urls, keys, transport) as opened:
        await opened.crm.door.change_settings(_crm(keys, outbound_url))
        await opened.psa.door.change_settings({"tokens": list(keys.kantata_tokens)})
        firm = loader.shipped_firm()
        await opened.erp.install(keys, firm, push_url)
        await opened.set_up(firm)


def _crm(keys: Keys, outbound_url: str) -> dict[str, Any]:
    return {
        "consumer_key": keys.consumer_key,
        "username": keys.username,
        "certificate_pem": keys.certificate_pem,
        "organization_id": keys.organization_id,
        "change_data_capture": ["Account", "Billing_Schedule_Line__c", "Opportunity"],
        "outbound_messages": [
            {
                "object": "Opportunity",
                "when": {"StageName": "Closed Won"},
                "fields": list(_OPPORTUNITY),
                "url": outbound_url,
            },
            {  # un-won: what was created for it is closed
                "object": "Opportunity",
                "when": {"IsWon": False, "Delivery_Status__c": "active"},
                "fields": list(_OPPORTUNITY),
                "url": outbound_url,
            },
            {"object": "Account", "when": {}, "fields": list(_ACCOUNT), "url": outbound_url},
            {
                "object": "Billing_Schedule_Line__c",
                "when": {},
                "fields": list(_SCHEDULE_LINE),
                "url": outbound_url,
            },
        ],
    }
