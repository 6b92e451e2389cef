"""The systems that a story plays in, opened together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date

import httpx

from world.stage import kantata, ledgers, salesforce
from world.stage.firm import Firm
from world.stage.kantata import Kantata
from world.stage.keys import Keys
from world.stage.ledgers import Finance, Ledger
from world.stage.salesforce import Salesforce


@dataclass(frozen=True, kw_only=True)
class Urls:
    """Where each system is, without a slash at the end."""

    crm: str
    psa: str
    erps: tuple[Ledger, ...]


@dataclass(frozen=True, kw_only=True)
class Systems:
    """Where the firm's people work: sales, delivery, finance."""

    crm: Salesforce
    psa: Kantata
    erp: Finance

    async def set_up(self, firm: Firm) -> None:
        """Set the firm up where it is not yet."""
        await self.crm.set_up(firm)
        await self.psa.set_up(firm)
        await self.erp.set_up(firm)

    async def move_clocks(self, day: date) -> None:
        """Move every clock to noon of a day, unless it shows the day already."""
        for door in (self.crm.door, self.psa.door):
            await door.move_clock(day)
        await self.erp.move_clocks(day)


@asynccontextmanager
async def connect(
    urls: Urls, keys: Keys, transport: httpx.AsyncBaseTransport | None = None
) -> AsyncIterator[Systems]:
    """Sign in everywhere."""
    async with (
        salesforce.connect(urls.crm, keys, transport) as crm,
        kantata.connect(urls.psa, keys, transport) as psa,
        ledgers.connect(urls.erps, keys, transport) as erp,
    ):
        yield Systems(crm=crm, psa=psa, erp=erp)
