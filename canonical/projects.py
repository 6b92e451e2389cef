"""Projects: where the work of a contract is planned, done and costed."""

from datetime import date
from typing import NewType

from canonical.base import Record
from canonical.clients import ClientId
from canonical.contracts import ContractId, MilestoneTerm
from canonical.money import Currency
from canonical.organization import EntityId
from canonical.workstreams import Workstream

ProjectCode = NewType("ProjectCode", str)


class FinancialDimensions(Record):
    """What every posting of a project carries, in the ERP's own values."""

    business_unit: str
    project: ProjectCode


class Project(Record):
    """A project under one code in every system. It delivers the contract line of its workstream."""

    code: ProjectCode
    contract: ContractId
    client: ClientId
    entity: EntityId
    name: str
    currency: Currency
    starts_on: date
    ends_on: date
    dimensions: FinancialDimensions
    milestones: tuple[MilestoneTerm, ...] = ()
    workstream: Workstream = None
