"""Deals to measure with: sold, won, and followed until their project is active."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

from sqlmodel import col, select

from bench.house import TODAY, BenchError, House, until
from canonical.contracts import Contract
from canonical.projects import Project, ProjectCode
from store import contracts, rest
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
        async with self._house.running.database.reading() as tx:
            before = await rest.trail_length(tx)
        await self._house.systems.crm.win(opportunity, TODAY)
        closed_at = datetime.now(UTC)
        look = partial(self._look, before)
        activated = await until(look, f"the activation of deal {opportunity}", _PATIENCE)
        async with self._house.running.database.reading() as tx:
            project = await contracts.project(tx, ProjectCode(activated.subject))
            contract = await contracts.get(tx, project.contract)
        if contract.opportunity.value != opportunity:
            text = f"{project.code} is active, which is of deal {contract.opportunity}"
            raise BenchError(text)
        return Active(contract, project, activated.at - closed_at)

    async def active(self) -> Active:
        """Return a fresh deal whose project is active."""
        return await self.won(await self.sold())

    async def _look(self, before: int) -> AuditRow | None:
        query = select(AuditRow).where(col(AuditRow.seq) > before, AuditRow.action == _ACTIVATED)
        async with self._house.running.database.reading() as tx:
            return (await tx.exec(query)).first()
