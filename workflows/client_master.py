"""Serialize everything about one client: onboarding for each entity, and later changes."""

from typing import Literal

from temporalio import workflow

from canonical import processes
from canonical.clients import ClientId
from canonical.processes import ClientReady, KeepClient, OnboardingRequest
from telemetry import search_attributes
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
        self._accepted: set[str] = set()
        self._onboarding: _Onboarding | None = None

    @workflow.run
    async def run(self, _request: KeepClient) -> Ending:
        """Onboard the client wherever it was asked for, one entity after the other."""
        await workflow.wait_condition(lambda: bool(self._waiting))
        while self._waiting:
            await self._onboard(self._waiting[0])
            self._waiting.pop(0)
        workflow.set_current_details("**Idle.** The client is where it was asked for.")
        await workflow.wait_condition(workflow.all_handlers_finished)
        return "idle"

    @workflow.update(name="onboard")
    def onboard(self, request: OnboardingRequest) -> None:
        """Take a request to onboard the client; the same request twice is one."""
        if request.asked_by not in self._accepted:
            self._accepted.add(request.asked_by)
            self._waiting.append(request)

    @workflow.signal(name="changed")
    async def changed(self) -> None:
        """Hear that the account changed in the CRM; an onboarding reads it again."""
        if self._onboarding is not None and not self._onboarding.done():
            await tell(self._onboarding.signal(OnboardClient.resume))

    async def _onboard(self, request: OnboardingRequest) -> None:
        entity = request.routes.entity
        workflow.set_current_details(f"Onboarding for {entity}, asked by {request.asked_by}.")
        workflow.upsert_search_attributes([search_attributes.ENTITY.value_set(entity)])
        self._onboarding = await workflow.start_child_workflow(
            OnboardClient.run,
            request,
            id=processes.onboarding_id(request),
            static_summary=f"Onboard {request.account} for {entity}",
        )
        client = await self._onboarding
        workflow.upsert_search_attributes([search_attributes.CLIENT.value_set(client)])
        asker = workflow.get_external_workflow_handle(request.asked_by)
        ready = ClientReady(account=request.account, client=client)
        await tell(asker.signal("client_ready", ready))
