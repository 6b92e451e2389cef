"""Engagements, clients, contracts and projects, and what other systems call them."""

from datetime import date
from enum import StrEnum

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from canonical.engagements import Stage
from store.columns import Choice
from store.tables.base import Row


class Origin(StrEnum):
    """Where a record of another system comes from: a write of ours, or it was there before us."""

    CREATED = "created"
    ADOPTED = "adopted"


class EngagementRow(Row, table=True):
    """One per won opportunity and win."""

    __tablename__ = "engagement"
    __table_args__ = (UniqueConstraint("opportunity", "generation"),)

    contract: str = Field(primary_key=True)
    opportunity: str
    generation: int
    stage: Stage = Field(sa_type=Choice(Stage), index=True)
    entity: str | None = None
    deal: str | None = None  # the opportunity as last read, as canonical JSON


class ClientRow(Row, table=True):
    """A golden record as canonical JSON; None until it is complete. Claims are the account's."""

    __tablename__ = "client"

    id: str = Field(primary_key=True)
    account: str = Field(unique=True)
    content: str | None = None
    claimed_customer: str | None = None
    claimed_company: str | None = None


class OnboardingRow(Row, table=True):
    """Who asked for a client in an ERP; the number is part of the workflow's id."""

    __tablename__ = "onboarding"
    __table_args__ = (UniqueConstraint("account", "erp", "number"),)

    account: str = Field(primary_key=True)
    erp: str = Field(primary_key=True)
    asked_by: str = Field(primary_key=True)
    number: int


class ContractRow(Row, table=True):
    """An activated contract as canonical JSON."""

    __tablename__ = "contract"

    id: str = Field(primary_key=True)
    client: str = Field(index=True)
    entity: str
    content: str
    service_until: date
    billed_until: date | None = None


class ProjectRow(Row, table=True):
    """A project as canonical JSON."""

    __tablename__ = "project"

    code: str = Field(primary_key=True)
    contract: str = Field(index=True)
    content: str
    is_active: bool = False


class CrosswalkRow(Row, table=True):
    """What a system calls a thing of ours; either way there is one answer within a scope.

    `scope` is the legal entity where a system gives ids per entity, else empty.
    """

    __tablename__ = "crosswalk"
    __table_args__ = (UniqueConstraint("kind", "system", "scope", "theirs"),)

    kind: str = Field(primary_key=True)
    ours: str = Field(primary_key=True)
    system: str = Field(primary_key=True)
    scope: str = ""
    theirs: str
    origin: Origin = Field(
        default=Origin.CREATED,
        sa_type=Choice(Origin),
        sa_column_kwargs={"server_default": Origin.CREATED.value},
    )
