"""Post approved time as cost into the ERP, in order, batch by batch, without stopping."""

import asyncio
from collections.abc import Coroutine
from typing import Any, Literal

from temporalio import workflow

from activities.postings import Cut, CutRequest, ErpPostings, PostingRecords, PostRequest
from canonical.processes import PostLane
from telemetry import search_attributes
from workflows import options
from workflows.parking import Parking

Ending = Literal["idle"]
_WINDOW = 4  # batches under way at once


@workflow.defn(name="PostTime")
class PostTime:
    """One per lane. Ends `idle` when nothing waits; the next approval starts it again."""

    @workflow.init
    def __init__(self, request: PostLane) -> None:
        self._lane = request.lane
        self._psa = request.psa
        self._parking = Parking(request.lane.key)
        self._heard = 0
        self._posting: set[asyncio.Task[None]] = set()
        self._posted = 0

    @workflow.run
    async def run(self, request: PostLane) -> Ending:
        """Return once the lane is empty."""
        _mark(request)
        await self._take_up_unposted()
        while True:
            heard = self._heard
            while (cut := await self._cut()).size or cut.held:
                await self._take(cut)
            await self._posted_all(heard)
            if self._heard == heard:
                break
            if workflow.info().is_continue_as_new_suggested() and not self._posting:
                await workflow.wait_condition(workflow.all_handlers_finished)
                workflow.continue_as_new(request)
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

    async def _take_up_unposted(self) -> None:
        unposted = await workflow.execute_activity_method(
            PostingRecords.unposted, self._lane, **options.record("Which batches are not posted?")
        )
        for cut in unposted:
            await self._take(cut)

    async def _cut(self) -> Cut:
        question = CutRequest(lane=self._lane, psa=self._psa)
        return await self._parking.through(
            "Cut a batch",
            lambda: workflow.execute_activity_method(
                PostingRecords.cut, question, **options.record("Price and freeze the next batch")
            ),
        )

    async def _take(self, cut: Cut) -> None:
        if cut.defects:
            self._start(self._hold(cut))
        if cut.batch is not None:
            self._start(self._post(cut))
        await workflow.wait_condition(lambda: len(self._posting) < _WINDOW)

    def _start(self, step: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(step)
        self._posting.add(task)
        task.add_done_callback(self._posting.discard)

    async def _posted_all(self, heard: int) -> None:
        # A parked batch keeps the lane alive, and the lane goes on with what comes.
        await workflow.wait_condition(lambda: not self._posting or self._heard > heard)

    async def _post(self, cut: Cut) -> None:
        assert cut.batch is not None  # noqa: S101 - for the type checker
        question = PostRequest(batch=cut.batch, entity=self._lane.entity)
        workflow.set_current_details(f"{self._posted} entries posted; {cut.batch} under way.")
        await self._parking.through(
            f"Post batch {cut.batch}",
            lambda: workflow.execute_activity_method(
                ErpPostings.post,
                question,
                **options.call(self._lane.erp, f"Post {cut.size} entries: {cut.batch}"),
            ),
        )
        self._posted += cut.size

    async def _hold(self, cut: Cut) -> None:
        before = self._parking.resumed
        await self._parking.until_fixed("Price the entries", cut.defects, before)
        await workflow.execute_activity_method(
            PostingRecords.release_held, self._lane, **options.record("Release held entries")
        )
        self._heard += 1


def _mark(request: PostLane) -> None:
    workflow.upsert_search_attributes(
        [
            search_attributes.ENTITY.value_set(request.lane.entity),
            search_attributes.SYSTEM.value_set(request.lane.erp),
        ]
    )
