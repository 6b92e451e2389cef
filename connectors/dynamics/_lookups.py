"""Masters found again by the keys that we gave them, and what F&O delivers of our writes."""

from typing import TypeVar

from canonical.clients import Client
from canonical.contracts import Contract
from canonical.organization import EntityId
from canonical.projects import Project
from canonical.systems import ForeignId
from connectors.dynamics import _mapping, _odata, _wire
from connectors.dynamics._environment import Environment, Selection
from connectors.ports import Delivery, ErpDelivery, ErpFeature

_R = TypeVar("_R", bound=_wire.Row)
_DELIVERS = ErpDelivery(
    customer=Delivery.UNIQUE,
    contract=Delivery.UNIQUE,
    project=Delivery.UNIQUE,
    journal=Delivery.FINDABLE,
    journal_lines=Delivery.UNIQUE,
    invoice=Delivery.FINDABLE,
    invoice_lines=Delivery.UNIQUE,
)


class Lookups(Environment):
    """One request a call. A key has one row at most."""

    @property
    def delivers(self) -> ErpDelivery:
        """Return the classes: F&O enforces the keys that we choose, and finds documents."""
        return _DELIVERS

    @property
    def lacks(self) -> frozenset[ErpFeature]:
        """Return what we cannot have F&O do: credits need a service of their own."""
        return frozenset({ErpFeature.CREDIT_NOTES})

    async def find_customers(self, entity: EntityId, client: Client) -> tuple[ForeignId, ...]:
        """Return the customer under the client's id."""
        area = _mapping.area(entity)
        return await self._under_key(_wire.Customer, client.id, area, CustomerAccount=client.id)

    async def find_contracts(self, contract: Contract) -> tuple[ForeignId, ...]:
        """Return the project contract under our id."""
        area = _mapping.area(contract.entity)
        return await self._under_key(
            _wire.Contract, contract.id, area, ProjectContractID=contract.id
        )

    async def find_projects(self, project: Project) -> tuple[ForeignId, ...]:
        """Return the project under our code."""
        area = _mapping.area(project.entity)
        return await self._under_key(_wire.Project, project.code, area, ProjectId=project.code)

    async def _under_key(
        self, model: type[_R], ours: str, area: str, **key: str
    ) -> tuple[ForeignId, ...]:
        # A filter, because a 404 could be that of a gateway, and nothing would look like nobody.
        where = _odata.equal(dataAreaId=area, **key)
        found = await self._rows(model, Selection(where, next(iter(key)), most=1))
        return (self._id(ours),) if found else ()
