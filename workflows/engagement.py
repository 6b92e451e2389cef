"""Carry a won deal through, from the opportunity to its last invoice."""

import asyncio
from typing import Literal

from temporalio import workflow
from temporalio.exceptions import ChildWorkflowError, FailureError, is_cancelled_exception

from activities.deals import CrmDeals, DealRead, ReadDeal
from activities.engagements import EngagementRecords, MoveEngagement
from canonical import processes
from canonical.cases import Defect
from canonical.engagements import Stage
from canonical.processes import ActivationRequest, Engage, Routes, UnwindRequest
from canonical.systems import ForeignId
from telemetry import search_attributes
from workflows import activate_contract, options, together, unwind
from workflows.activate_contract import ActivateContract
from workflows.parking import Parking
from workflows.telling import tell
from workflows.unwind import Unwind

Ending = Literal["fulfilled", "cancelled"]
_Activation = workflow.ChildWorkflowHandle[ActivateContract, activate_contract.Ending]
_Unwinding = workflow.ChildWorkflowHandle[Unwind, unwind.Ending]


@workflow.defn(name="Engagement")
class Engagement:
    """One per won opportunity and win. Ends `fulfilled` once all is billed, or `cancelled`."""

    @workflow.init
    def __init__(self, request: Engage) -> None:
        self._request = request
        self._parking = Parking(str(request.opportunity), request.contract)
        self._changes = 0
        self._unseen_progress = 0
        self._read_at = 0
        self._is_won = True
        self._is_given_up = False
        self._routes: Routes | None = None
        self._activation: _Activation | None = None
        self._unwinding: _Unwinding | None = None
        self._is_cancelled = False

    @workflow.run
    async def run(self, _request: Engage) -> Ending:
        """Return how the engagement ended."""
        self._mark()
        try:
            ending = await self._carried()
        except (FailureError, asyncio.CancelledError) as exc:
            if is_cancelled_exception(exc):
                await together.to_its_end(self._cancelled())
            raise
        await workflow.wait_condition(workflow.all_handlers_finished)
        await self._move(Stage(ending), f"**{ending.capitalize()}.**")
        if ending == "cancelled" and self._is_won_again:
            await self._take_in_again()
        return ending

    async def _carried(self) -> Ending:
        routes, account = await self._deal()
        if routes is None or not await self._activated(routes, account):
            return "cancelled"
        await self._move(Stage.ACTIVE, "**Active.** Work is approved, posted and billed.")
        while not await self._all_billed():
            if await self._unwound(routes):
                return "cancelled"
            if self._is_won:
                await self._move(Stage.ACTIVE, "**Active.** The deal is won again, and was kept.")
        return "fulfilled"

    @workflow.signal(name="changed")
    def changed(self) -> None:
        """Hear that the deal changed in the CRM; what changed is read there."""
        self._changes += 1
        self._parking.resume()

    @workflow.signal(name="billed")
    def billed(self) -> None:
        """Hear that a cycle of the contract is through."""
        self._unseen_progress += 1

    @workflow.signal(name="posted")
    def posted(self) -> None:
        """Hear that the last time of the contract is posted."""
        self._unseen_progress += 1

    @workflow.signal(name="resume")
    def resume(self) -> None:
        """Let a parked step look again."""
        self._parking.resume()

    async def _deal(self) -> tuple[Routes | None, ForeignId]:
        """Return the routes of the deal's entity; None if the deal is not won any more."""
        while True:
            before = self._parking.resumed
            deal = await self._read()
            if deal.routes is not None or not deal.is_won:
                return deal.routes if deal.is_won else None, deal.account
            await self._parking.until_fixed("Read the deal", (self._no_entity(),), before)

    async def _read(self) -> DealRead:
        request, heard = self._request, self._changes
        deal = await self._parking.step(
            "Read the deal",
            CrmDeals.read,
            ReadDeal(contract=request.contract, opportunity=request.opportunity),
            options.call(request.opportunity.system, "Read the deal from the CRM"),
        )
        self._is_won, self._read_at = deal.is_won, heard
        return deal

    async def _activated(self, routes: Routes, account: ForeignId) -> bool:
        self._routes = routes
        workflow.set_current_details("**Won.** Activating contract and project.")
        found = search_attributes.of(self._request.contract, routes.entity)
        workflow.upsert_search_attributes(found)
        activation = await together.to_its_end(self._activate(routes, account))
        while not activation.done():
            await workflow.wait_condition(
                lambda: activation.done() or self._changes > self._read_at
            )
            if self._changes > self._read_at and not activation.done():
                await self._look_again(activation)
        return await _ended(activation) == "activated"

    async def _activate(self, routes: Routes, account: ForeignId) -> _Activation:
        request = self._request
        self._activation = await workflow.start_child_workflow(
            ActivateContract.run,
            ActivationRequest(
                contract=request.contract,
                opportunity=request.opportunity,
                account=account,
                routes=routes,
            ),
            id=processes.contract_id(request.contract),
            parent_close_policy=workflow.ParentClosePolicy.ABANDON,
            static_summary=f"Activate contract {request.contract}",
        )
        return self._activation

    async def _look_again(self, activation: _Activation) -> None:
        await self._read()
        if self._is_won:
            await tell(activation.signal(ActivateContract.resume))
        elif not self._is_given_up:
            self._is_given_up = True
            activation.cancel()

    async def _all_billed(self) -> bool:
        """Return whether all is billed; if not, the deal is not won any more."""
        while self._is_won:
            self._unseen_progress = 0
            if await self._is_fulfilled():
                return True
            await workflow.wait_condition(
                lambda: self._unseen_progress > 0 or self._changes > self._read_at
            )
            if self._changes > self._read_at:
                await self._read()
        return False

    async def _unwound(self, routes: Routes) -> bool:
        """Return whether all was closed; if not, the deal was won again before."""
        self._is_given_up = True
        workflow.set_current_details("**Un-won.** What was created is unwound.")
        unwinding = self._unwinding
        if unwinding is None or unwinding.done():
            unwinding = await together.to_its_end(self._unwind(routes))
        while not unwinding.done():
            await self._keep_told(unwinding)
        return await _ended(unwinding) == "closed"

    async def _unwind(self, routes: Routes) -> _Unwinding:
        request = UnwindRequest(
            contract=self._request.contract,
            opportunity=self._request.opportunity,
            generation=self._request.generation,
            routes=routes,
        )
        self._unwinding = await workflow.start_child_workflow(
            Unwind.run,
            request,
            id=processes.unwind_id(request.opportunity, request.generation),
            parent_close_policy=workflow.ParentClosePolicy.ABANDON,
            static_summary=f"Unwind {request.opportunity}: {request.contract}",
        )
        return self._unwinding

    async def _keep_told(self, unwinding: _Unwinding) -> None:
        await workflow.wait_condition(
            lambda: unwinding.done() or self._unseen_progress > 0 or self._changes > self._read_at
        )
        if self._changes > self._read_at:
            await self._read()
            won = self._is_won and not self._is_cancelled
            await tell(unwinding.signal(Unwind.heard, won))
        if self._unseen_progress:
            self._unseen_progress = 0
            await tell(unwinding.signal(Unwind.resume))

    async def _cancelled(self) -> None:
        """Leave nothing in use that was created: whoever cancels a deal gives it up."""
        workflow.set_current_details("**Cancelled.** Closing what was created.")
        self._is_cancelled = True
        self._parking.undo()
        if self._activation is not None and self._routes is not None:
            self._activation.cancel()
            is_closed = await _ended(self._activation) != "activated"
            while not is_closed:
                is_closed = await self._unwound(self._routes)
        await self._move(Stage.CANCELLED, "**Cancelled.**")

    async def _is_fulfilled(self) -> bool:
        return await self._parking.step(
            "Look what is left to bill",
            EngagementRecords.is_fulfilled,
            self._request.contract,
            options.record("Is anything left to bill?"),
        )

    async def _move(self, stage: Stage, card: str) -> None:
        workflow.set_current_details(card)
        workflow.upsert_search_attributes([search_attributes.STAGE.value_set(stage.value)])
        await self._parking.step(
            "Record the stage",
            EngagementRecords.move,
            MoveEngagement(contract=self._request.contract, stage=stage),
            options.record(f"Record that it is {stage.value}"),
        )

    async def _take_in_again(self) -> None:
        """Hand on what was heard after the last look: won again, it is the next generation's."""
        await self._parking.step(
            "Take the deal in again",
            EngagementRecords.take_in_again,
            self._request.contract,
            options.record("Take the deal in again: it changed"),
        )

    @property
    def _is_won_again(self) -> bool:
        return self._changes > self._read_at or (self._is_won and self._is_given_up)

    def _mark(self) -> None:
        workflow.upsert_search_attributes(
            [
                search_attributes.CONTRACT.value_set(self._request.contract),
                search_attributes.STAGE.value_set(Stage.WON.value),
            ]
        )

    def _no_entity(self) -> Defect:
        return Defect(
            error_class="E05",
            subject=str(self._request.opportunity),
            field="legal entity",
            owner="sales_ops",
            text="the deal's legal entity is missing or unknown: choose one in the CRM",
        )


async def _ended(child: _Activation | _Unwinding) -> str:
    """Return how a child ended; `cancelled`, it has closed what it created."""
    try:
        return await child
    except ChildWorkflowError as failure:
        if not is_cancelled_exception(failure):
            raise
        return "cancelled"
