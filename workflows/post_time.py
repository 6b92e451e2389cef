"""Post approved time as cost into the ERP, in order, batch by batch, without stopping."""

import asyncio
from collections.abc import Coroutine
from typing import Any, Literal

from temporalio import workflow

from activities.approvals import PsaApprovals
from activities.lanes import Lanes
from activities.postings import Cut, CutRequest, ErpPostings, PostingRecords, PostRequest
from canonical.processes import PostLane
from telemetry import search_attributes
from workflows import options, renewal
from workflows.parking import Parking

Ending = Literal["idle"]


@workflow.defn(name="PostTime")
class PostTime:
    """One per lane. Ends `idle` when nothing waits; the next approval starts it again."""

    @workflow.init
    def __init__(self, request: PostLane) -> None:
        self._lane = request.lane
        self._psa = request.psa
        self._at_once = request.at_once
        self._parking = Parking(request.lane.key)
        self._heard = 0
        self._steps: list[asyncio.Task[None]] = []
        self._posted = 0
        self._told = 0

    @workflow.run
    async def run(self, request: PostLane) -> Ending:
        """Return once the lane is empty."""
        _mark(request)
        await self._take_up_what_is_left()
        while True:
            if renewal.is_due():
                await self._leave_to_next_run()
                workflow.continue_as_new(
                    request, initial_versioning_behavior=renewal.ON_THE_NEWEST_BUILD
                )
            heard, before = self._heard, self._parking.resumed
            if await self._take(await self._cut(), before):
                continue
            await self._rest(heard)
            await self._tell_engagements()
            if not self._steps and self._heard == heard:
                workflow.set_current_details(f"**Idle.** {self._posted} entries posted.")
                await workflow.wait_condition(workflow.all_handlers_finished)
                return "idle"

    @workflow.signal(name="more")
    def more(self) -> None:
        """Hear that something waits in the lane; what it is stands in the store."""
        self._heard += 1

    @workflow.signal(name="resume")
    def resume(self) -> None:
        """Let parked steps look again."""
        self._parking.resume()

    async def _take_up_what_is_left(self) -> None:
        """Go on with what an earlier run of the lane left held or unposted."""
        await self._release_held()
        unposted = await workflow.execute_activity_method(
            PostingRecords.unposted, self._lane, **options.record("Which batches are not posted?")
        )
        for cut in unposted:
            await self._take(cut, self._parking.resumed)

    async def _leave_to_next_run(self) -> None:
        # Parked steps cannot be carried over: the next run tries them again, and parks them again.
        await workflow.wait_condition(lambda: not self._under_way)
        for step in self._steps:
            step.cancel()
        await workflow.wait_condition(lambda: not self._steps)
        await self._tell_engagements()
        await workflow.wait_condition(workflow.all_handlers_finished)

    async def _cut(self) -> Cut:
        question = CutRequest(lane=self._lane, psa=self._psa)
        return await self._parking.step(
            "Cut a batch",
            PostingRecords.cut,
            question,
            options.record("Price and freeze the next batch"),
        )

    async def _take(self, cut: Cut, before: int) -> bool:
        """Start what a cut needs, and wait for room; return whether it was anything."""
        if cut.asks_to_bill:
            await self._wake_billing()
        if cut.defects:
            self._start(self._hold(cut, before))
        if cut.batch is not None:
            self._start(self._post(cut))
        await workflow.wait_condition(lambda: self._under_way < self._at_once)
        return bool(cut.size or cut.held)

    @property
    def _under_way(self) -> int:
        return len(self._steps) - self._parking.parked

    async def _rest(self, heard: int) -> None:
        # A parked step keeps the lane alive, and the lane goes on with what comes.
        await workflow.wait_condition(
            lambda: (
                self._heard > heard
                or not self._steps
                or (not self._under_way and self._posted > self._told)
            )
        )

    def _start(self, step: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(step)
        self._steps.append(task)
        task.add_done_callback(self._steps.remove)

    async def _post(self, cut: Cut) -> None:
        assert cut.batch is not None  # noqa: S101 - for the type checker
        question = PostRequest(batch=cut.batch, entity=self._lane.entity)
        self._show(f"{cut.batch} under way.")
        await self._parking.step(
            f"Post batch {cut.batch}",
            ErpPostings.post,
            question,
            options.call(self._lane.erp, f"Post {cut.size} entries: {cut.batch}"),
        )
        self._posted += cut.size
        self._show(f"{cut.batch} is through.")

    async def _hold(self, cut: Cut, before: int) -> None:
        await self._parking.until_fixed("Price the entries", cut.defects, before)
        await self._release_held()
        self._heard += 1

    async def _release_held(self) -> None:
        await self._parking.step(
            "Read the entries again",
            PsaApprovals.reread_held,
            PostLane(lane=self._lane, psa=self._psa),
            options.call(self._psa, "Read held entries again"),
        )

    async def _wake_billing(self) -> None:
        await workflow.execute_activity_method(
            Lanes.wake_billing,
            self._lane,
            **options.record("Wake the contracts that are above their threshold"),
        )

    async def _tell_engagements(self) -> None:
        if self._posted == self._told:
            return
        self._told = self._posted
        await workflow.execute_activity_method(
            Lanes.tell_engagements,
            self._lane,
            **options.record("Tell engagements that are through"),
        )

    def _show(self, news: str) -> None:
        if not self._parking.parked:  # what waits for a person stays on the card
            workflow.set_current_details(f"{self._posted} entries posted; {news}")


def _mark(request: PostLane) -> None:
    workflow.upsert_search_attributes(
        [
            search_attributes.ENTITY.value_set(request.lane.entity),
            search_attributes.SYSTEM.value_set(request.lane.erp),
        ]
    )
