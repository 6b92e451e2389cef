"""Engagements: how far a won deal has come, and whether anything is left to do."""

from temporalio import activity

from activities import failures
from canonical.base import Record
from canonical.contracts import Contract, ContractId
from canonical.engagements import Stage
from canonical.notices import Notice
from canonical.systems import SystemId
from store import billing, contracts, engagements, entries, inbox, invoices, slices
from store.database import Database, Transaction

_TIEBEAM = SystemId("tiebeam")  # the sender of what we tell ourselves


class MoveEngagement(Record):
    """An engagement has come this far."""

    contract: ContractId
    stage: Stage


class EngagementRecords:
    """Steps about engagements; they touch only the store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @activity.defn(name="engagements.move")
    async def move(self, question: MoveEngagement) -> None:
        """Record and publish a stage. Idempotent: a stage is entered once."""
        with failures.reported():
            async with self._database.transaction() as tx:
                await engagements.move(tx, question.contract, question.stage)

    @activity.defn(name="engagements.is_fulfilled")
    async def is_fulfilled(self, contract: ContractId) -> bool:
        """Say whether all that was sold is billed. Idempotent: reads only."""
        async with self._database.reading() as tx:
            return await is_through(tx, contract)

    @activity.defn(name="engagements.take_in_again")
    async def take_in_again(self, contract: ContractId) -> None:
        """Keep a message about a cancelled deal. Idempotent: one message an engagement."""
        with failures.reported():
            async with self._database.transaction() as tx:
                over = await engagements.of_contract(tx, contract)
                claimed = await engagements.claim(tx, over.opportunity)
                if claimed is None:
                    return
                notice = Notice(
                    id=f"{contract}/again", kind="opportunity", subject=over.opportunity
                )
                await inbox.receive(tx, _TIEBEAM, notice, generation=claimed.generation)


async def is_through(tx: Transaction, contract: ContractId) -> bool:
    """Say whether everything is posted and billed that a contract sold."""
    known = await contracts.find(tx, contract)
    if known is None or await entries.has_unposted(tx, contract):
        return False
    if await slices.open_count(tx, contract) or await billing.is_waiting(tx, contract):
        return False
    if await invoices.is_any_unposted(tx, contract):
        return False
    return await _all_billed(tx, known)


async def _all_billed(tx: Transaction, contract: Contract) -> bool:
    if contract.billing_model == "milestones":
        billed = [await slices.exists(tx, term.id) for term in contract.milestones]
        return all(billed)
    until = await contracts.billed_until(tx, contract.id)
    return until is not None and until >= contract.service_until
