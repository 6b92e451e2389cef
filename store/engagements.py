"""Engagements: one per won opportunity and win; each stands for one contract."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import col, select

from canonical.base import RuleError
from canonical.contracts import ContractId
from canonical.engagements import Stage
from canonical.money import Money
from canonical.opportunities import Opportunity
from canonical.organization import EntityId
from canonical.systems import ForeignId
from store import counters, trail, turns
from store.database import Transaction
from store.tables.parties import EngagementRow

_OVER = (Stage.FULFILLED, Stage.CANCELLED)
_LEAVING = (Stage.UNWINDING, Stage.CLOSING)


class UnknownContractError(RuleError):
    """A process was started for a contract that was never opened."""


@dataclass(frozen=True)
class Engagement:
    """Which win of which opportunity, and the id of the contract it leads to."""

    opportunity: ForeignId
    generation: int
    contract: ContractId
    stage: Stage

    @property
    def is_leaving(self) -> bool:
        """Return whether its deal was un-won after it was active."""
        return self.stage in _LEAVING


async def claim(tx: Transaction, opportunity: ForeignId) -> Engagement | None:
    """Return the running engagement of an opportunity, or open the next generation.

    A fulfilled engagement is not opened again by whatever still changes about its deal: None.
    """
    await turns.wait(tx, "engagement", str(opportunity))
    row = await _latest(tx, opportunity)
    if row is not None and row.stage is Stage.FULFILLED:
        return None
    if row is not None and row.stage is not Stage.CANCELLED:
        return _engagement(row)
    row = EngagementRow(
        contract=f"CT-{await counters.following(tx, 'contract'):05}",
        opportunity=opportunity.model_dump_json(),
        generation=row.generation + 1 if row else 1,
        stage=Stage.WON,
    )
    tx.add(row)
    trail.audit(tx, "engagement.opened", row.contract, detail=str(opportunity))
    return _engagement(row)


async def running(tx: Transaction, opportunity: ForeignId) -> Engagement | None:
    """Return the running engagement of an opportunity."""
    row = await _latest(tx, opportunity)
    return _engagement(row) if row is not None and row.stage not in _OVER else None


async def of_contract(tx: Transaction, contract: ContractId) -> Engagement:
    """Return the engagement that leads to a contract.

    Raises:
        UnknownContractError: if there is none.
    """
    return _engagement(await _row(tx, contract))


async def move(tx: Transaction, contract: ContractId, stage: Stage) -> None:
    """Record how far an engagement has come, and publish it."""
    row = await _held(tx, contract)
    if row.stage is not stage:
        row.stage = stage
        trail.audit(tx, f"engagement.{stage}", contract)
        await trail.publish(tx, f"engagement.{stage}", contract)


async def hold(tx: Transaction, contract: ContractId) -> Stage:
    """Return how far an engagement has come; until the transaction ends nobody moves it."""
    return (await _held(tx, contract)).stage


async def save_deal(tx: Transaction, contract: ContractId, deal: Opportunity) -> bool:
    """Keep the deal as last read; return whether it differs from before."""
    row = await _held(tx, contract)
    content = deal.model_dump_json()
    if row.deal == content:
        return False
    row.deal, row.entity = content, deal.entity
    trail.audit(tx, "deal.read", contract)
    return True


async def deal(tx: Transaction, contract: ContractId) -> Opportunity:
    """Return the deal as last read.

    Raises:
        UnknownContractError: if it was never read.
    """
    row = await _row(tx, contract)
    if row.deal is None:
        raise UnknownContractError(contract)
    return Opportunity.model_validate_json(row.deal)


async def _held(tx: Transaction, contract: ContractId) -> EngagementRow:
    row = await tx.get(EngagementRow, contract, with_for_update=True)
    if row is None:
        raise UnknownContractError(contract)
    return row


async def _row(tx: Transaction, contract: ContractId) -> EngagementRow:
    row = await tx.get(EngagementRow, contract)
    if row is None:
        raise UnknownContractError(contract)
    return row


async def _latest(tx: Transaction, opportunity: ForeignId) -> EngagementRow | None:
    query = select(EngagementRow).where(EngagementRow.opportunity == opportunity.model_dump_json())
    newest_first = query.order_by(col(EngagementRow.generation).desc())
    return (await tx.exec(newest_first)).first()


def _engagement(row: EngagementRow) -> Engagement:
    return Engagement(
        ForeignId.model_validate_json(row.opportunity),
        row.generation,
        ContractId(row.contract),
        row.stage,
    )


async def value(tx: Transaction, contract: ContractId) -> Money | None:
    """Return what the deal is worth, as far as it is known."""
    row = await _row(tx, contract)
    return Opportunity.model_validate_json(row.deal).amount if row.deal else None


async def latest(tx: Transaction, opportunity: ForeignId) -> Engagement | None:
    """Return the last engagement of an opportunity, running or over."""
    row = await _latest(tx, opportunity)
    return _engagement(row) if row else None


async def under_way(tx: Transaction, entity: EntityId) -> Sequence[Engagement]:
    """Return an entity's engagements whose work is under way, or being settled."""
    is_under_way = col(EngagementRow.stage).in_((Stage.ACTIVE, *_LEAVING))
    query = select(EngagementRow).where(is_under_way, EngagementRow.entity == entity)
    return [_engagement(row) for row in (await tx.exec(query)).all()]


async def everything(tx: Transaction) -> Sequence[Engagement]:
    """Return every engagement there ever was, by contract."""
    query = select(EngagementRow).order_by(col(EngagementRow.contract))
    return [_engagement(row) for row in (await tx.exec(query)).all()]
