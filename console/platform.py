"""The platform as a story drives it: a business date, a cut-off, and whether all is at rest."""

import asyncio
from datetime import date
from typing import Any

from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy

from activities.engagements import is_through
from activities.lanes import Lanes
from canonical import processes
from canonical.contracts import ContractId
from canonical.engagements import Stage
from canonical.landscape import Landscape
from canonical.processes import PROCESSES, CollectRequest
from canonical.systems import ForeignId, SystemId
from console import prebill
from store import billing, clock, drafts, engagements, inbox, invoices, rest
from store.database import Database, Transaction
from store.tables.money import Standing

_QUIET_SECONDS = 2.0
_HEARD_SECONDS = 15.0  # to a run whose worker was killed: Temporal waits for that one first


class UnknownDealError(Exception):
    """No engagement of that opportunity is known."""


class PlatformDriver:
    """Moves the business date, asks for billing, and says when nothing is under way."""

    def __init__(self, client: Client, database: Database, landscape: Landscape) -> None:
        self._client = client
        self._database = database
        self._landscape = landscape
        self._trail = -1
        self._quiet_since = 0.0

    async def set_today(self, day: date) -> None:
        """Move the business date; moved back, every feed is read from its start again."""
        async with self._database.transaction() as tx:
            if day < await clock.today(tx):
                await inbox.forget_cursors(tx)
            await clock.set_today(tx, day)

    async def cut_off(self, opportunity: str, day: date) -> None:
        """Bill a deal's work up to and including the day.

        Raises:
            UnknownDealError: nothing of this opportunity is known.
        """
        async with self._database.transaction() as tx:
            contract = await self._contract(tx, opportunity)
            asked = await billing.cut_off(tx, contract, day)
        if not asked.is_done:
            await Lanes(self._client, self._database, self._landscape).bill(asked)

    async def approve_invoices(self, opportunity: str, by: str) -> None:
        """Approve the drafts of a deal that wait for somebody's approval, as they stand.

        Raises:
            UnknownDealError: nothing of this opportunity is known.
            NotChangedError: an approval is refused; the text says why.
        """
        async with self._database.reading() as tx:
            contract = await self._contract(tx, opportunity)
            waiting = [
                kept
                for kept in await invoices.of_contract(tx, contract)
                if kept.standing is Standing.DRAFT
                and len(await drafts.approvals(tx, kept)) < kept.needed
            ]
        for kept in waiting:
            reference, seen = kept.invoice.reference, kept.content_hash
            await prebill.approve(self._client, self._database, reference, by, seen)

    async def _contract(self, tx: Transaction, opportunity: str) -> ContractId:
        found = [
            await engagements.latest(tx, ForeignId(system=crm, value=opportunity))
            for crm in self._systems("crm")
        ]
        known = [engagement for engagement in found if engagement is not None]
        if not known:
            raise UnknownDealError(opportunity)
        return known[0].contract

    async def settled(self) -> bool:
        """Say whether nothing is under way. What waits for a person, in silence, is settled."""
        if not await self._is_quiet():
            return False
        await asyncio.gather(*(self._collect(psa) for psa in self._systems("psa")))
        async with self._database.reading() as tx:
            return await rest.trail_length(tx) == self._trail

    async def _is_quiet(self) -> bool:
        async with self._database.reading() as tx:
            trail = await rest.trail_length(tx)
            unfinished = await rest.unfinished(tx)
            parked = await rest.open_cases(tx)
            unheard = not unfinished and await _is_any_through(tx)
        now = asyncio.get_running_loop().time()
        if trail != self._trail:
            self._trail, self._quiet_since = trail, now
        silence = now - self._quiet_since
        if unfinished:
            return bool(parked) and silence > _QUIET_SECONDS
        return not unheard or silence > _HEARD_SECONDS

    async def held_true(self) -> dict[str, Any]:
        """Return what the platform holds true, as plain values."""
        async with self._database.reading() as tx:
            return await rest.belief(tx)

    async def _collect(self, psa: SystemId) -> None:
        handle = await self._client.start_workflow(
            "CollectApprovals",
            CollectRequest(psa=psa),
            id=f"{processes.collect_id(psa)}:now",
            task_queue=PROCESSES,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            static_summary=f"Collect approvals from {psa}",
        )
        await handle.result()

    def _systems(self, role: str) -> list[SystemId]:
        return [each.id for each in self._landscape.systems if each.role == role]


async def _is_any_through(tx: Transaction) -> bool:
    """Say whether all is billed of an engagement that has not heard of it."""
    for engagement in await engagements.everything(tx):
        if engagement.stage is Stage.ACTIVE and await is_through(tx, engagement.contract):
            return True
    return False
