"""Opportunities: a deal as the CRM has it now, with the commercial terms it owns."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from canonical.base import Record
from canonical.commitments import CapPolicy
from canonical.money import Currency, Money, Rate
from canonical.organization import EntityId
from canonical.systems import ForeignId
from canonical.workstreams import Workstream

BillingModel = Literal["time_and_materials", "milestones"]
BillingFrequency = Literal["monthly", "on_completion"]


class PriceLine(Record):
    """The price of one hour of a role from a day on."""

    role: str
    rate: Rate
    valid_from: date
    workstream: Workstream = None


class ScheduleLine(Record):
    """One line of the billing schedule: what is billed when it is reached."""

    id: ForeignId
    sequence: int
    name: str
    amount: Money
    due_on: date | None = None
    workstream: Workstream = None


class Opportunity(Record):
    """A deal, complete or not. What is missing is for the activation check to say."""

    id: ForeignId
    name: str
    account: ForeignId
    is_won: bool
    closed_on: date
    currency: Currency
    amount: Money | None = None
    entity: EntityId | None = None
    billing_model: BillingModel | None = None
    billing_frequency: BillingFrequency | None = None
    practice: str | None = None
    service_from: date | None = None
    service_until: Annotated[date | None, Field(description="last day of service")] = None
    purchase_order: str | None = None
    not_to_exceed: Money | None = None
    cap_policy: CapPolicy | None = None
    billing_threshold: Money | None = None
    prices: tuple[PriceLine, ...] = ()
    schedule: tuple[ScheduleLine, ...] = ()
