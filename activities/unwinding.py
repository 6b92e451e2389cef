"""Unwinding: what is open of a deal that was un-won, and who decided what becomes of it.

The store decides each race: closing begins, and ends, in a transaction that finds nothing open
while it holds the engagement. Work that is approved before that is work that exists.
"""

from typing import Literal

from temporalio import activity

from activities import drafting, failures, unasked
from canonical.base import Record
from canonical.contracts import ContractId
from canonical.engagements import Stage
from canonical.projects import ProjectCode
from store import billing, commitments, contracts, engagements, entries, slices
from store.database import Database, Transaction

WriteOffReason = Literal["deal_cancelled", "goodwill", "not_recoverable", "entered_in_error"]


class Disposition(Record):
    """Who decided what becomes of work on a deal that was un-won. A write-off has its reason."""

    by: str
    choice: Literal["bill", "write_off"]
    reason: WriteOffReason | None = None


class WriteOff(Record):
    """Write off what of a contract is open."""

    contract: ContractId
    by: str
    reason: WriteOffReason


class EnterStage(Record):
    """Move an engagement on its way to its end."""

    contract: ContractId
    stage: Stage


class Unwound(Record):
    """The codes of the projects of a contract that is unwound."""

    projects: tuple[ProjectCode, ...]


class UnwindRecords:
    """Steps about unwinding; they touch only the store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @activity.defn(name="unwind.begin")
    async def begin(self, contract: ContractId) -> Unwound:
        """Record that a deal is unwound. Idempotent: a stage is entered once."""
        with failures.reported():
            async with self._database.transaction() as tx:
                await engagements.move(tx, contract, Stage.UNWINDING)
                projects = await contracts.projects(tx, contract)
        return Unwound(projects=tuple(project.code for project in projects))

    @activity.defn(name="unwind.enter")
    async def enter(self, question: EnterStage) -> bool:
        """Enter a stage if nothing is open; say whether. Idempotent: a stage is entered once."""
        contract, stage = question.contract, question.stage
        with failures.reported():
            async with self._database.transaction() as tx:
                await engagements.hold(tx, contract)
                if await _is_open(tx, contract):
                    return False
                await engagements.move(tx, contract, stage)
                if stage is Stage.CANCELLED:
                    await contracts.close(tx, contract)
        return True

    @activity.defn(name="unwind.write_off")
    async def write_off(self, question: WriteOff) -> int:
        """Write off what is ready or held. Idempotent: what is written off is not open."""
        with failures.reported():
            async with self._database.transaction() as tx:
                await commitments.lock(tx, question.contract)
                written_off = await slices.write_off(
                    tx, question.contract, by=question.by, reason=question.reason
                )
                terms = await contracts.find(tx, question.contract)
                if terms is not None:
                    await unasked.keep_case(tx, terms)
                    await drafting.look_at_cap(tx, terms)
        return written_off


async def _is_open(tx: Transaction, contract: ContractId) -> bool:
    """Say whether work of a contract is neither billed nor decided otherwise."""
    if await entries.has_unposted(tx, contract) or await billing.is_waiting(tx, contract):
        return True
    return await slices.open_count(tx, contract) > 0
