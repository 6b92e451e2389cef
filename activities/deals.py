"""Deals: reading one again from the CRM, because a message about it is only a hint."""

from temporalio import activity

from activities import amendments, failures
from canonical.base import Record
from canonical.contracts import ContractId
from canonical.landscape import Landscape, UnknownEntityError
from canonical.opportunities import Opportunity
from canonical.organization import EntityId
from canonical.processes import Routes
from canonical.systems import ForeignId
from connectors import ports
from store import engagements
from store.database import Database


class ReadDeal(Record):
    """Read the opportunity that leads to a contract."""

    contract: ContractId
    opportunity: ForeignId


class DealRead(Record):
    """What decides how a deal goes on. `routes` is None while its entity is unknown."""

    is_won: bool
    is_changed: bool
    account: ForeignId
    routes: Routes | None


class CrmDeals:
    """Steps about deals, bound to one CRM by the worker."""

    def __init__(self, crm: ports.Crm, database: Database, landscape: Landscape) -> None:
        self._crm = crm
        self._database = database
        self._landscape = landscape

    @activity.defn(name="deals.read")
    async def read(self, question: ReadDeal) -> DealRead:
        """Read the deal, keep it, amend its contract. Idempotent: the newest state. 2 requests."""
        with failures.reported():
            deal = await self._crm.opportunity(question.opportunity)
            async with self._database.transaction() as tx:
                changed = await engagements.save_deal(tx, question.contract, deal)
                await amendments.take_over(tx, self._landscape, question.contract, deal)
        return DealRead(
            is_won=deal.is_won,
            is_changed=changed,
            account=deal.account,
            routes=self._routes(deal),
        )

    def _routes(self, deal: Opportunity) -> Routes | None:
        if deal.entity is None:
            return None
        return routes(self._landscape, deal.entity)


def routes(landscape: Landscape, entity: EntityId) -> Routes | None:
    """Return the systems of an entity, or None if the landscape does not have it."""
    try:
        landscape.entity(entity)
    except UnknownEntityError:
        return None
    known = landscape.routes[entity]
    return Routes(entity=entity, crm=known.crm, psa=known.psa, erp=known.erp)
