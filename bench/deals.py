"""Deals to measure with: sold, won, and followed until their project is active."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

from sqlmodel import select

from bench.house import TODAY, House, until
from canonical.contracts import Contract
from canonical.projects import Project
from canonical.systems import ForeignId
from store import contracts, engagements
from store.tables.effects import AuditRow

_PATIENCE = timedelta(seconds=60)
_ACTIVATED = "project.activated"


@dataclass(frozen=True)
class Active:
    """A deal whose project is active; `took` is from the CRM's answer that it is won."""

    contract: Contract
    project: Project
    took: timedelta


class Deals:
    """Sells the same deal again and again, each time to a new client."""

    def __init__(self, house: House) -> None:
        self._house = house

    async def sold(self) -> str:
        """Put a deal into the CRM that is not won yet, and return its id there."""
        story, crm = self._house.script.scenario, self._house.systems.crm
        number = next(self._house.numbers)
        (deal,) = story.deals.values()
        account = await crm.add_client(story.clients[deal.client], number)
        return await crm.add_deal(deal, account, number, TODAY)

    async def won(self, opportunity: str) -> Active:
        """Win a deal and follow it until every system has its project."""
        await self._house.systems.crm.win(opportunity, TODAY)
        closed_at = datetime.now(UTC)
        look = partial(self._look, opportunity, closed_at)
        return await until(look, f"the activation of deal {opportunity}", _PATIENCE)

    async def active(self) -> Active:
        """Return a fresh deal whose project is active."""
        return await self.won(await self.sold())

    async def _look(self, opportunity: str, closed_at: datetime) -> Active | None:
        crm = next(each.id for each in self._house.running.landscape.systems if each.role == "crm")
        async with self._house.running.database.reading() as tx:
            engagement = await engagements.latest(tx, ForeignId(system=crm, value=opportunity))
            contract = await contracts.find(tx, engagement.contract) if engagement else None
            if contract is None:
                return None
            for project in await contracts.projects(tx, contract.id):
                moment = select(AuditRow.at).where(
                    AuditRow.subject == project.code, AuditRow.action == _ACTIVATED
                )
                active_at = (await tx.exec(moment)).first()
                if active_at is not None:
                    return Active(contract, project, active_at - closed_at)
        return None
