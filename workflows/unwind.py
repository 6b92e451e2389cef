"""Close in every system what was created for a deal that was un-won after it was active."""

from typing import Literal

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from activities.approvals import PsaApprovals
from activities.lanes import Lanes
from activities.unwinding import Disposition, EnterStage, Left, UnwindRecords, WriteOff
from canonical.cases import Defect
from canonical.engagements import Stage
from canonical.processes import CollectRequest, ContractRequest, ProjectRequest, UnwindRequest
from canonical.projects import ProjectCode
from telemetry import search_attributes
from workflows import closing, options, together
from workflows.parking import Parking

Ending = Literal["closed", "kept"]


@workflow.defn(name="Unwind")
class Unwind:
    """One per un-won engagement. Ends `closed`; or `kept`, if won again before closing began."""

    @workflow.init
    def __init__(self, request: UnwindRequest) -> None:
        self._request = request
        self._parking = Parking(str(request.opportunity), request.contract)
        self._disposition: Disposition | None = None
        self._is_tried = False
        self._is_won = False
        self._is_asking = False
        self._is_closing = False
        self._progress = 0

    @workflow.run
    async def run(self, request: UnwindRequest) -> Ending:
        """Return whether the deal's records were closed or kept."""
        found = search_attributes.of(request.contract, request.routes.entity)
        workflow.upsert_search_attributes(found)
        projects = await self._begin()
        if await self._settled(Stage.CLOSING):
            await together.to_its_end(self._close(projects))
        ending: Ending = "closed" if self._is_closing else "kept"
        workflow.set_current_details(f"**{ending.capitalize()}.**")
        await workflow.wait_condition(workflow.all_handlers_finished)
        return ending

    @workflow.signal(name="heard")
    def heard(self, is_won: bool) -> None:  # noqa: FBT001 - a signal's argument
        """Hear whether the deal is won now."""
        self._is_won = is_won

    @workflow.signal(name="resume")
    def resume(self) -> None:
        """Look again: a step that is parked, or work that was on its way."""
        self._progress += 1
        self._parking.resume()

    @workflow.update(name="decide")
    def decide(self, disposition: Disposition) -> None:
        """Take a person's decision on what becomes of the work."""
        self._disposition, self._is_tried = disposition, False

    @decide.validator
    def _check(self, disposition: Disposition) -> None:
        if not self._is_asking:
            msg = "no work of this deal waits for a decision"
            raise ApplicationError(msg)
        if not disposition.by.strip():
            msg = "a decision names who decides"
            raise ApplicationError(msg)
        if (disposition.choice == "write_off") is (disposition.reason is None):
            msg = "a write-off has a reason, and a bill has none"
            raise ApplicationError(msg)

    async def _begin(self) -> tuple[ProjectCode, ...]:
        workflow.set_current_details("**Un-won.** Looking at the work.")
        begun = await self._parking.step(
            "Unwind the deal",
            UnwindRecords.begin,
            self._request.contract,
            options.record("Record that the deal is unwound"),
        )
        return begun.projects

    async def _settled(self, stage: Stage) -> bool:
        """Return whether a stage is entered, in which nothing is open; else it is won again."""
        self._disposition = None
        while not self._is_kept:
            heard = self._progress
            if await self._entered(stage):
                return True
            await self._dispose(heard)
        return False

    async def _entered(self, stage: Stage) -> bool:
        return await self._parking.step(
            "Unwind the deal",
            UnwindRecords.enter,
            EnterStage(contract=self._request.contract, stage=stage),
            options.record("Is any work open?"),
        )

    async def _dispose(self, heard: int) -> None:
        decided = self._disposition
        if decided is None:
            await self._ask(await self._left())
        elif decided.choice == "bill":
            await self._bill(await self._left(), heard)
        elif not await self._write_off(decided):
            await self._hears_more(heard)

    async def _left(self) -> Left:
        return await self._parking.step(
            "Unwind the deal",
            UnwindRecords.left,
            self._request.contract,
            options.record("What is open, and what holds it?"),
        )

    async def _ask(self, left: Left) -> None:
        self._is_asking = True
        try:
            await self._parking.until(
                "Decide on the work",
                (self._open_work(left),),
                lambda: self._disposition is not None or self._is_kept,
            )
        finally:
            self._is_asking = False

    async def _bill(self, left: Left, heard: int) -> None:
        """Bill what can be; what is held, or was sent back, is for a person to decide again."""
        if left.ready and not (self._is_tried and left.is_sent_back):
            self._is_tried = True
            if await self._ask_for_an_invoice():
                await self._hears_more(heard)
        elif left.is_on_its_way:
            await self._hears_more(heard)
        else:
            self._disposition = None

    async def _ask_for_an_invoice(self) -> int:
        workflow.set_current_details("**Un-won.** The work is billed before all is closed.")
        return await self._parking.step(
            "Bill what is left",
            Lanes.bill_what_is_left,
            self._request.contract,
            options.record("Ask for an invoice of what is left"),
        )

    async def _write_off(self, decided: Disposition) -> bool:
        workflow.set_current_details("**Un-won.** The work is written off.")
        assert decided.reason is not None  # noqa: S101 - the validator has seen to it
        written_off = await self._parking.step(
            "Write off what is left",
            UnwindRecords.write_off,
            WriteOff(contract=self._request.contract, by=decided.by, reason=decided.reason),
            options.record("Write off what is ready or held"),
        )
        return written_off > 0

    async def _hears_more(self, heard: int) -> None:
        """Wait for work that is on its way into the ERP or onto an invoice."""
        await workflow.wait_condition(lambda: self._progress > heard or self._is_kept)

    @property
    def _is_kept(self) -> bool:
        return self._is_won and not self._is_closing

    async def _close(self, projects: tuple[ProjectCode, ...]) -> None:
        self._is_closing = True
        self._parking.undo()
        workflow.set_current_details("**Closing** what was created.")
        requests = [self._of(project) for project in projects]
        await together.all_of(*(closing.plan(self._parking, each) for each in requests))
        await self._collect()
        await self._settled(Stage.CLOSING)
        await together.all_of(*(closing.project(self._parking, each) for each in requests))
        contract = ContractRequest(contract=self._request.contract, routes=self._request.routes)
        await closing.contract(self._parking, contract)
        await self._settled(Stage.CANCELLED)

    async def _collect(self) -> None:
        """Fetch what was approved until the plans were closed, and wake who has work."""
        request = CollectRequest(psa=self._request.routes.psa)
        is_all = False
        while not is_all:
            collected = await self._parking.step(
                "Collect what was approved",
                PsaApprovals.collect,
                request,
                options.call(request.psa, "Fetch what was approved until the end"),
            )
            is_all = collected.is_all
        await self._parking.step(
            "Collect what was approved",
            Lanes.wake,
            request,
            options.record("Wake every lane that has something to do"),
        )

    def _of(self, project: ProjectCode) -> ProjectRequest:
        request = self._request
        return ProjectRequest(
            project=project,
            contract=request.contract,
            opportunity=request.opportunity,
            routes=request.routes,
        )

    def _open_work(self, left: Left) -> Defect:
        return Defect(
            error_class="E18",
            subject=str(self._request.opportunity),
            field="work",
            owner="finance",
            text="the deal was un-won, and work on it is open: bill it, or write it off. "
            f"Open: {left.told}. What is held is billed only once it is released",
        )
