"""A project in the real Tryton, with all that a clerk needs to write on it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from typing import NamedTuple

from tests.tryton_server import TrytonServer
from tests.world.stage.tryton_clerk import Clerk, Sold
from tests.world.stage.tryton_town import Town, founded
from world.stage import witness
from world.stage.evidence import Evidence
from world.stage.readings import Books, CrmDeal, TimeEntry, Work
from world.stage.witness import DealReadings

CLIENT = "CL-00001"
BILLED = date(2026, 5, 31)


class Deal(NamedTuple):
    """A project by its number, in a town, with the clerk who writes on it."""

    town: Town
    clerk: Clerk
    party: int
    work: int
    number: int

    @property
    def code(self) -> str:
        return f"PR-{self.number:05}"

    @property
    def reference(self) -> str:
        return f"CT-{self.number:05}/1/1"

    @property
    def batch(self) -> str:
        return f"erp-tryton/DEMF/0/{self.number}"

    async def books(self) -> Books:
        return await self.town.finance.read("DEMF", self.code)

    async def posted(self, *lines: Sold, **more: str) -> int:
        made = await self.draft(*lines, **more)
        await self.clerk.post("account.invoice", made)
        return made

    async def draft(self, *lines: Sold, **more: str) -> int:
        return await self.clerk.invoice(
            self.party, self.reference, BILLED, self.code, *lines, **more
        )


@asynccontextmanager
async def street(server: TrytonServer) -> AsyncIterator[Town]:
    """Found a town with one client in it, for whom every deal is."""
    async with founded(server) as found:
        clerk = await Clerk(found.platform, "DEMF").begin()
        await clerk.client(CLIENT, "Atelier Lumière SAS", "FR", "FR40303265045")
        yield found


async def opened(town: Town) -> Deal:
    """Open a project of the client's, with the next number."""
    clerk = await Clerk(town.platform, "DEMF").begin()
    number = len(await town.admin.select("project.work", [["parent", "=", None]], [])) + 1
    (party,) = await town.admin.select("party.party", [["code", "=", CLIENT]], [])
    names = (f"CT-{number:05}", f"PR-{number:05}", "Rollout 100%")
    work = await clerk.project(party["id"], *names)
    return Deal(town, clerk, party["id"], work, number)


def evidence(books: Books, *entries: TimeEntry) -> Evidence:
    """Return what the books prove of a deal with these entries of time."""
    deal = CrmDeal(
        opportunity="006",
        stage="Closed Won",
        entity="DEMF",
        currency="EUR",
        billing_model="Time and materials",
        project_code="PR",
        delivery_status=None,
        prices=(),
        schedule=(),
        invoices=(),
    )
    return witness.evidence([DealReadings(deal, Work(entries=entries), books)], [], {})
