"""Serialize everything about one client: onboarding for each entity, and later changes."""

from typing import Literal

from temporalio import workflow

from canonical import processes
from canonical.clients import ClientId
from canonical.processes import KeepClient, OnboardingRequest
from telemetry import search_attributes
from workflows import together
from workflows.onboard_client import OnboardClient
from workflows.telling import tell

Ending = Literal["idle"]
_Onboarding = workflow.ChildWorkflowHandle[OnboardClient, ClientId]


@workflow.defn(name="ClientMaster")
class ClientMaster:
    """One per account. Ends `idle` when nothing is left to do; the next request starts it again."""

    @workflow.init
    def __init__(self, request: KeepClient) -> None:
        self._account = request.account
        self._waiting: list[OnboardingRequest] = []
        self._onboarding: _Onboarding | None = None
        self._changes = 0

    @workflow.run
    async def run(self, _request: KeepClient) -> Ending:
        """Onboard the client wherever it was asked for, one entity after the other."""
        await workflow.wait_condition(lambda: bool(self._waiting))
        while self._waiting:
            await self._onboard(self._waiting[0])
            self._waiting.pop(0)
            # Within the loop: what is asked for while a handler finishes is not left behind.
            await workflow.wait_condition(workflow.all_handlers_finished)
        workflow.set_current_details("**Idle.** The client is where it was asked for.")
        return "idle"

    @workflow.update(name="onboard")
    def onboard(self, request: OnboardingRequest) -> None:
        """Take a request to onboard the client; while it waits, the same request is one."""
        if all(waiting.asked_by != request.asked_by for waiting in self._waiting):
            self._waiting.append(request)

    @workflow.signal(name="changed")
    async def changed(self) -> None:
        """Hear that the account changed in the CRM; an onboarding reads it again."""
        self._changes += 1
        if self._onboarding is not None:
            await _look_again(self._onboarding)

    async def _onboard(self, request: OnboardingRequest) -> None:
        entity = request.routes.entity
        workflow.set_current_details(f"Onboarding for {entity}, asked by {request.asked_by}.")
        workflow.upsert_search_attributes([search_attributes.ENTITY.value_set(entity)])
        heard = self._changes
        self._onboarding = await together.to_its_end(_start(request))
        if self._changes > heard:  # it may have read the account before
            await _look_again(self._onboarding)
        client = await self._onboarding
        together.stop_if_cancelled()
        workflow.upsert_search_attributes([search_attributes.CLIENT.value_set(client)])


async def _start(request: OnboardingRequest) -> _Onboarding:
    return await workflow.start_child_workflow(
        OnboardClient.run,
        request,
        id=processes.onboarding_id(request),
        static_summary=f"Onboard {request.account} for {request.routes.entity}",
    )


async def _look_again(onboarding: _Onboarding) -> None:
    if not onboarding.done():
        await tell(onboarding.signal(OnboardClient.resume))
