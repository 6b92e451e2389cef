"""Parking: a step that a person must look at waits inside its workflow until it can go on."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.exceptions import (
    ActivityError,
    ApplicationError,
    FailureError,
    is_cancelled_exception,
)

from activities.cases import CaseRecords, CasesOpened, OpenCases
from canonical.cases import Defect
from canonical.contracts import ContractId
from telemetry import search_attributes
from workflows import options, together

A = TypeVar("A")
T = TypeVar("T")
_NOBODY = "none"


class Parking:
    """The parked steps of one workflow. `subject` is what the workflow is about."""

    def __init__(self, subject: str, contract: ContractId | None = None) -> None:
        self._subject = subject
        self._contract = contract
        self._resumed = 0
        self._parked = 0
        self._card = ""
        self._is_undoing = False

    @property
    def resumed(self) -> int:
        """Return how often the workflow has been resumed; read it before looking."""
        return self._resumed

    @property
    def parked(self) -> int:
        """Return how many steps wait for a person."""
        return self._parked

    def resumed_after(self, before: int) -> Callable[[], bool]:
        """Return the question whether the workflow has been resumed since."""
        return lambda: self._resumed > before

    def resume(self) -> None:
        """Let every parked step look again."""
        self._resumed += 1

    def undo(self) -> None:
        """Let every further step go through, although the workflow is cancelled."""
        self._is_undoing = True

    async def step(
        self,
        name: str,
        method: Callable[[Any, A], Awaitable[T]],
        argument: A,
        config: workflow.ActivityConfig,
    ) -> T:
        """Return the result of an activity, parking for as long as it fails for good."""
        return await self.through(
            name, lambda: workflow.execute_activity_method(method, argument, **config)
        )

    async def through(self, step: str, action: Callable[[], Awaitable[T]]) -> T:
        """Return the action's result, parking for as long as it fails for good."""
        while True:
            before = self._resumed
            try:
                done = await action()
            except ActivityError as failure:
                if is_cancelled_exception(failure):
                    raise
                self._stop_if_cancelled()
                await self._wait(_failed(failure, step), self.resumed_after(before))
            else:
                self._stop_if_cancelled()
                return done

    async def until_fixed(self, step: str, defects: tuple[Defect, ...], before: int) -> None:
        """Wait with what is wrong on the card until somebody resumes the workflow."""
        await self.until(step, defects, self.resumed_after(before))

    async def until(
        self, step: str, defects: tuple[Defect, ...], is_met: Callable[[], bool]
    ) -> None:
        """Wait with what is asked of a person on the card until it has happened."""
        question = OpenCases(workflow="", step=step, subject="", defects=defects)
        await self._wait(question, is_met)

    async def _wait(self, question: OpenCases, is_met: Callable[[], bool]) -> None:
        if not self._parked:
            self._card = workflow.get_current_details()
        self._parked += 1
        try:
            opened = await self._open(question)
            self._stop_if_cancelled()
            # A resume that came while the step was still failing counts.
            await workflow.wait_condition(is_met)
        except (FailureError, asyncio.CancelledError) as stopped:
            if is_cancelled_exception(stopped):
                await self._withdraw()
            raise
        finally:
            self._parked -= 1
        await self._close(opened)

    async def _close(self, opened: CasesOpened) -> None:
        if not self._parked:
            workflow.set_current_details(self._card)
            workflow.upsert_search_attributes([search_attributes.CASE.value_set(_NOBODY)])
        await workflow.execute_activity_method(
            CaseRecords.close, opened, **options.record("Close the case")
        )

    async def _withdraw(self) -> None:
        workflow.upsert_search_attributes([search_attributes.CASE.value_set(_NOBODY)])
        await workflow.execute_activity_method(
            CaseRecords.withdraw,
            workflow.info().workflow_id,
            **options.record("Close what nobody waits for any more"),
        )

    def _stop_if_cancelled(self) -> None:
        # A step that has begun is waited for, so that nothing of it comes after what undoes it.
        if not self._is_undoing:
            together.stop_if_cancelled()

    async def _open(self, question: OpenCases) -> CasesOpened:
        update = {
            "workflow": workflow.info().workflow_id,
            "subject": self._subject,
            "contract": self._contract,
        }
        question = question.model_copy(update=update)
        defects = "; ".join(f"{defect.error_class} {defect.text}" for defect in question.defects)
        workflow.set_current_details(
            f"**Waiting for a person: {question.step}.** {defects or question.text}"
        )
        opened = await workflow.execute_activity_method(
            CaseRecords.open, question, **options.record("Open a case")
        )
        found = search_attributes.CASE.value_set(opened.error_class)
        workflow.upsert_search_attributes([found])
        return opened


def _failed(failure: ActivityError, step: str) -> OpenCases:
    cause = failure.cause
    if not isinstance(cause, ApplicationError):
        return OpenCases(workflow="", step=step, subject="", error="Transient", text=str(cause))
    effect = str(cause.details[0]) if cause.details else None
    return OpenCases(
        workflow="",
        step=step,
        subject="",
        error=cause.type or "",
        text=cause.message,
        effect=effect,
    )
