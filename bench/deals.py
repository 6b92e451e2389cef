"""Deals to measure with: sold, won, and followed until their project is active."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count

from sqlmodel import col, select

from bench.house import TODAY, BenchError, House
from canonical.contracts import Contract
from canonical.projects import Project
from canonical.systems import ForeignId, SystemId
from store import contracts, engagements
from store.tables.effects import AuditRow

_PATIENCE = timedelta(seconds=60)
_LOOK = timedelta(milliseconds=50)
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
        self._numbers = count(1)

    async def sold(self) -> str:
        """Put a deal into the CRM that is not won yet, and return its id there."""
        story, crm = self._house.script.scenario, self._house.systems.crm
        number = next(self._numbers)
        (deal,) = story.deals.values()
        account = await crm.add_client(story.clients[deal.client], number)
        return await crm.add_deal(deal, account, number, TODAY)

    async def won(self, opportunity: str) -> Active:
        """Win a deal and follow it until every system has its project."""
        crm = self._house.systems.crm
        await crm.win(opportunity, TODAY)
        closed_at = datetime.now(UTC)
        contract, project, active_at = await self._followed(opportunity, closed_at)
        return Active(contract, project, active_at - closed_at)

    async def active(self) -> Active:
        """Return a fresh deal whose project is active."""
        return await self.won(await self.sold())

    async def _followed(
        self, opportunity: str, since: datetime
    ) -> tuple[Contract, Project, datetime]:
        while datetime.now(UTC) - since < _PATIENCE:
            found = await self._look(opportunity)
            if found is not None:
                return found
            await asyncio.sleep(_LOOK.total_seconds())
        text = f"deal {opportunity} is not active after {_PATIENCE.total_seconds():g} s"
        raise BenchError(text)

    async def _look(self, opportunity: str) -> tuple[Contract, Project, datetime] | None:
        crm = next(each.id for each in self._house.running.landscape.systems if each.role == "crm")
        subject = ForeignId(system=SystemId(crm), value=opportunity)
        async with self._house.running.database.reading() as tx:
            engagement = await engagements.latest(tx, subject)
            contract = await contracts.find(tx, engagement.contract) if engagement else None
            projects = await contracts.projects(tx, contract.id) if contract else ()
            for project in projects:
                moment = select(AuditRow.at).where(
                    col(AuditRow.subject) == project.code, col(AuditRow.action) == _ACTIVATED
                )
                at = (await tx.exec(moment)).first()
                if contract is not None and at is not None:
                    return contract, project, at
        return None
