"""The landscape: which systems there are, where, and which plays which role for whom."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field, model_validator

from canonical.base import Record, RuleError
from canonical.money import Exact
from canonical.organization import EntityId, LegalEntity
from canonical.systems import SystemId

SystemRole = Literal["crm", "psa", "erp"]


class UnknownEntityError(RuleError):
    """A deal names a legal entity that the landscape does not have."""


class SystemInstance(Record):
    """One running system. `longest_request` and `read_lag` decide when a lost answer is settled.

    `requests_per_second` is the budget of all our calls together; a step makes at most
    `requests_per_step`, as its connector's page says. `hours_decimals` is how finely
    it keeps hours: work whose cost does not survive that is held, never posted a cent off.
    `line_dates` says whether each line of an hour journal keeps its own date; where not, a batch
    is of one month. `batches_at_once` is how many batches of a lane it may be given before it
    has answered one: one, where writes to the same project are refused or wait for each other.
    `poll_every` is how often its feed is polled; None leaves it to the deployment.
    `options` are the vendor's own switches, each documented on the connector's page.
    """

    id: SystemId
    vendor: str
    role: SystemRole
    url: str
    credential: str
    longest_request: Annotated[timedelta, Field(gt=timedelta(0))] = timedelta(minutes=5)
    read_lag: Annotated[timedelta, Field(ge=timedelta(0))] = timedelta(seconds=30)
    requests_per_second: Annotated[int, Field(gt=0)] = 10
    requests_per_step: Annotated[int, Field(gt=0)] = 9
    hours_decimals: Annotated[int, Field(ge=0, le=12)] = 4
    line_dates: bool = True
    batches_at_once: Annotated[int, Field(gt=0, le=100)] = 4
    poll_every: Annotated[timedelta, Field(ge=timedelta(seconds=1))] | None = None
    options: dict[str, str] = Field(default_factory=dict)

    @property
    def settle(self) -> timedelta:
        """Return how long a write with a lost answer may still come to light."""
        return self.longest_request + self.read_lag


class Makers(Record):
    """Who makes each kind of ledger entry in one ERP; exactly one maker each.

    The types are what this version can do: it posts cost and drafts invoices, the ERP makes
    what follows from them, and what nobody makes yet is not made twice either.
    """

    cost: Literal["tiebeam"]
    accrual: Literal["nobody"]
    accrual_reversal: Literal["nobody"]
    invoice: Literal["tiebeam"]
    tax: Literal["erp"]
    realized_fx: Literal["erp"]
    revaluation: Literal["erp"]
    revenue: Literal["erp"]
    intercompany: Literal["nobody"]


class EntityRoutes(Record):
    """Which systems serve a legal entity, and what its invoices need.

    All amounts are in the contract's or invoice's own currency: above `approval_above` one person
    approves an invoice, above `four_eyes_above` two do; approved value above `billing_threshold`
    asks for an invoice, where the contract itself names no threshold.
    """

    crm: SystemId
    psa: SystemId
    erp: SystemId
    approval_above: Exact | None = None
    four_eyes_above: Exact | None = None
    billing_threshold: Exact | None = None


class Landscape(Record):
    """All of it, checked: every route names a system that plays that role."""

    systems: tuple[SystemInstance, ...]
    entities: tuple[LegalEntity, ...]
    routes: dict[EntityId, EntityRoutes]
    makers: dict[SystemId, Makers]
    posting_shards: Annotated[int, Field(gt=0)] = 1

    @model_validator(mode="after")
    def _routes_lead_somewhere(self) -> "Landscape":
        roles = {system.id: system.role for system in self.systems}
        for entity in self.entities:
            if entity.id not in self.routes:
                msg = f"entity {entity.id} has no routes: add [entities.{entity.id}] crm, psa, erp"
                raise ValueError(msg)
        for entity_id, routes in self.routes.items():
            for role, system in (("crm", routes.crm), ("psa", routes.psa), ("erp", routes.erp)):
                if roles.get(system) != role:
                    msg = f"entity {entity_id}: {role} = {system!r} is not a system of that role"
                    raise ValueError(msg)
        erps = {system_id for system_id, role in roles.items() if role == "erp"}
        for system_id in sorted(erps - self.makers.keys()):
            msg = f"erp {system_id} names no makers: add [makers.{system_id}]"
            raise ValueError(msg)
        for system_id in sorted(self.makers.keys() - erps):
            msg = f"[makers.{system_id}] is of no ERP: there is {', '.join(sorted(erps))}"
            raise ValueError(msg)
        return self

    def in_use(self) -> "Landscape":
        """Return the landscape without the systems that no entity uses."""
        used = {
            system for each in self.routes.values() for system in (each.crm, each.psa, each.erp)
        }
        return self.model_copy(
            update={
                "systems": tuple(each for each in self.systems if each.id in used),
                "makers": {system: one for system, one in self.makers.items() if system in used},
            }
        )

    def system(self, system_id: SystemId) -> SystemInstance:
        """Return a system; the landscape has been checked, so it is there."""
        return next(system for system in self.systems if system.id == system_id)

    def entity(self, entity_id: EntityId) -> LegalEntity:
        """Return a legal entity.

        Raises:
            UnknownEntityError: if the landscape does not have it.
        """
        for entity in self.entities:
            if entity.id == entity_id:
                return entity
        raise UnknownEntityError(entity_id)
