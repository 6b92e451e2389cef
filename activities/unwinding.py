"""Unwinding: what is open of a deal that was un-won, and who decided what becomes of it.

The store decides each race: closing begins, and ends, in a transaction that finds nothing open
while it holds the engagement. Work that is approved before that is work that exists.
"""

from collections.abc import Sequence
from datetime import date
from typing import Literal

from temporalio import activity

from activities import drafting, failures, unasked
from canonical.base import Record
from canonical.contracts import ContractId
from canonical.engagements import Stage
from canonical.projects import ProjectCode
from canonical.slices import Hold, Slice
from store import billing, commitments, contracts, engagements, entries, invoices, slices
from store.database import Database, Transaction
from store.tables.money import Standing

_WHY = {
    "cap": "above the cap",
    "person": "held by a person",
    "recall": "whose approval was taken back",
}
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


class Held(Record):
    """How many parts of a contract's work one kind of reason holds back, and one that is."""

    kind: Hold
    parts: int
    source: str


class Left(Record):
    """What is open of a contract's work.

    `is_on_its_way`: time is being posted, or a cycle is under way. `is_sent_back`: the last draft
    was rejected, or nothing on it is approved any more.
    """

    is_on_its_way: bool
    ready: int
    held: tuple[Held, ...]
    is_sent_back: bool

    @property
    def told(self) -> str:
        """Return it in words."""
        parts = [f"{self.ready} ready to bill"] if self.ready else []
        parts += [f"{held.parts} {_WHY[held.kind]} (as {held.source})" for held in self.held]
        if self.is_on_its_way:
            parts.append("some on its way into the ERP or onto an invoice")
        if self.is_sent_back:
            parts.append("the last draft was rejected")
        return "; ".join(parts)


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

    @activity.defn(name="unwind.left")
    async def left(self, contract: ContractId) -> Left:
        """Return what is open, and what holds it back. Idempotent: reads only."""
        with failures.reported():
            async with self._database.reading() as tx:
                drafted = await invoices.of_contract(tx, contract)
                last = max(drafted, key=lambda kept: kept.cycle, default=None)
                return Left(
                    is_on_its_way=await _is_on_its_way(tx, contract),
                    ready=len(await slices.ready(tx, contract, until=date.max)),
                    held=_by_kind(await slices.held_by(tx, contract)),
                    is_sent_back=last is not None and last.standing is Standing.DROPPED,
                )

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
    return await _is_on_its_way(tx, contract) or await slices.open_count(tx, contract) > 0


async def _is_on_its_way(tx: Transaction, contract: ContractId) -> bool:
    return await entries.has_unposted(tx, contract) or await billing.is_waiting(tx, contract)


def _by_kind(found: Sequence[Slice]) -> tuple[Held, ...]:
    kinds: dict[Hold, list[Slice]] = {}
    for part in found:
        if part.hold is not None:
            kinds.setdefault(part.hold, []).append(part)
    return tuple(
        Held(kind=kind, parts=len(parts), source=parts[0].source) for kind, parts in kinds.items()
    )
