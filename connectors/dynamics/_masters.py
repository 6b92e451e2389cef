"""Customers, project contracts and projects, under keys that we choose."""

from typing import TypeVar

from canonical.clients import Client
from canonical.codes import CustomerCodes
from canonical.contracts import Contract
from canonical.organization import EntityId
from canonical.projects import Project
from canonical.systems import ForeignId
from connectors import errors
from connectors.dynamics import _faults, _mapping, _wire
from connectors.dynamics._environment import Environment
from connectors.dynamics._faults import VENDOR

_R = TypeVar("_R", bound=_wire.Row)


class Masters(Environment):
    """At most two requests a call: create, and see whose it is if it is there."""

    async def create_customer(
        self, entity: EntityId, client: Client, codes: CustomerCodes
    ) -> ForeignId:
        """Create the client's account. Class A: the same name under the id is the same client."""
        row = _mapping.new_customer(entity, client, codes, self._options)
        try:
            customer = await self._insert(row, _wire.Customer)
        except errors.Rejected as refusal:
            customer = await self._in_the_way(
                refusal, _wire.Customer, dataAreaId=row.area, CustomerAccount=client.id
            )
            if customer.organization_name != client.name:
                raise _taken(client.id, customer.organization_name) from None
        return self._under(client.id, customer.customer_account)

    async def create_contract(self, contract: Contract, customer: ForeignId) -> ForeignId:
        """Create the project contract. Class A.

        Under the id it is the same contract if the same customer funds it; without the
        option `funding_source`, if its name and currency are the same.
        """
        funding = self._options.funding_source
        try:
            await self._insert_all(_mapping.new_contract(contract, customer, funding))
        except errors.Rejected as refusal:
            wanted = customer.value if funding else f"{contract.name}, {contract.currency}"
            found = await self._holder(refusal, contract)
            if found != wanted:
                raise _taken(contract.id, found) from None
        return self._id(contract.id)

    async def create_project(
        self, project: Project, contract: ForeignId, project_group: str
    ) -> ForeignId:
        """Create the project. Class A: our code as reference, and the contract, make it ours."""
        row = _mapping.new_project(project, contract, project_group, self._options)
        try:
            created = await self._insert(row, _wire.Project)
        except errors.Rejected as refusal:
            created = await self._in_the_way(
                refusal, _wire.Project, dataAreaId=row.area, ProjectId=project.code
            )
            source, owner = created.integration_source_data_id, created.project_contract_id
            if (source, owner) != (project.code, contract.value):
                raise _taken(project.code, f"contract {owner!r}, source {source!r}") from None
        return self._under(project.code, created.project_id)

    async def _holder(self, refusal: errors.Rejected, contract: Contract) -> str:
        area = _mapping.area(contract.entity)
        if not self._options.funding_source:
            there = await self._in_the_way(
                refusal, _wire.Contract, dataAreaId=area, ProjectContractID=contract.id
            )
            return f"{there.name}, {there.sales_currency}"
        source = await self._in_the_way(
            refusal,
            _wire.FundingSource,
            dataAreaId=area,
            ProjectContractID=contract.id,
            FundingSourceId=self._options.funding_source,
        )
        return source.customer_or_organization

    async def _in_the_way(self, refusal: errors.Rejected, model: type[_R], **key: str | int) -> _R:
        """Return the row for which F&O refused ours."""
        if not _faults.is_taken(refusal):
            raise refusal
        try:
            return await self._read(model, **key)
        except errors.Missing:
            raise refusal from None

    def _under(self, ours: str, theirs: str) -> ForeignId:
        """Return the record's id if it is ours.

        Raises:
            Rejected: a number sequence overruled it; every further try would make one more.
        """
        if theirs.casefold() != ours.casefold():
            reason = (
                f"F&O has it as {theirs} instead of {ours}: remove it there and let keys be given"
                " by hand before this is tried again, or the next try creates another"
            )
            raise errors.Rejected(VENDOR, "the record has another key than ours", reason=reason)
        return self._id(theirs)


def _taken(key: str, owner: str) -> errors.Rejected:
    return errors.Rejected(VENDOR, "the key is another record's", reason=f"{key} is of {owner}")
