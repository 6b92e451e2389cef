"""The connector on the sandbox in this process, with other people at work in the same org."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
from pydantic import SecretStr

from canonical.landscape import SystemInstance
from canonical.notices import Notices
from connectors import salesforce
from tests.connectors.salesforce.org import CRM
from tests.world.salesforce.house import APP, KEY, Org, private_pem, public_pem
from world.sandboxes.box import Box
from world.sandboxes.salesforce import sandbox

URL = "http://org.example"
CAPTURED = ["Account", "Opportunity", "Billing_Schedule_Line__c"]
CREDENTIAL = {
    "consumer_key": SecretStr(APP["consumer_key"]),
    "username": SecretStr(APP["username"]),
    "private_key": SecretStr(private_pem(KEY).decode()),
}


@dataclass
class Follower:
    """Polls an org, each time from where it was; the last of `times` is on our own clock."""

    org: Org
    crm: salesforce.Salesforce
    times: list[datetime]
    cursor: str = ""

    async def polls(self) -> Notices:
        found = await self.crm.changes(self.cursor, self.times[-1])
        self.cursor = found.cursor
        return found

    async def hears(self) -> list[tuple[str, str]]:
        """Poll, and return what was told about which record."""
        found = await self.polls()
        return [(notice.kind, notice.subject.value) for notice in found.notices]

    async def sleeps(self, wait: timedelta) -> None:
        """Let time pass, here and there, without a poll."""
        self.times.append(self.times[-1] + wait)
        await self.org.move_clock(self.times[-1])
        await self.org.sign_in()


@asynccontextmanager
async def following(folder: Path, **options: str) -> AsyncIterator[Follower]:
    """Open the connector on an org that tells of changes."""
    box = Box(folder / "org.db")
    transport = httpx.ASGITransport(sandbox(box))
    instance = SystemInstance(
        id=CRM, vendor="salesforce", role="crm", url=URL, credential="crm", options=options
    )
    times = [datetime.now(UTC)]
    async with (
        httpx.AsyncClient(transport=transport, base_url=URL) as people,
        salesforce.connect(
            instance, CREDENTIAL, clock=lambda: times[-1], transport=transport
        ) as crm,
    ):
        org = Org(people)
        # Our clock is moved with the org's, and what signs and verifies is not.
        await org.set_up(
            certificate_pem=public_pem(),
            change_data_capture=CAPTURED,
            jwt_exp_within_3_minutes=False,
            **APP,
        )
        await org.sign_in()
        yield Follower(org, crm, times)
    box.close()
