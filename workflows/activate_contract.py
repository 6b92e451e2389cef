"""Make a won deal a contract that every system can bill, and open its projects."""

from typing import Literal

from temporalio import workflow

from activities.contracts import ActivateTerms, CheckContract, ContractRecords
from activities.lanes import Lanes
from canonical import processes
from canonical.clients import ClientId
from canonical.processes import (
    ActivationRequest,
    ClientReady,
    OnboardingRequest,
    ProjectRequest,
)
from canonical.projects import ProjectCode
from telemetry import search_attributes
from workflows import options, together
from workflows.activate_project import ActivateProject
from workflows.parking import Parking

Ending = Literal["activated"]


@workflow.defn(name="ActivateContract")
class ActivateContract:
    """One per contract. Ends `activated`; waits for a person while the deal is incomplete."""

    @workflow.init
    def __init__(self, request: ActivationRequest) -> None:
        self._request = request
        self._parking = Parking(str(request.opportunity), request.contract)
        self._client: ClientId | None = None

    @workflow.run
    async def run(self, request: ActivationRequest) -> Ending:
        """Return once the contract and all its projects are active."""
        _mark(request)
        await self._request_client()
        await self._checked()
        projects = await self._activate(await self._client_ready())
        await together.all_of(*(self._open(project) for project in projects))
        workflow.set_current_details(f"**Activated.** Projects: {', '.join(projects)}.")
        await workflow.wait_condition(workflow.all_handlers_finished)
        return "activated"

    @workflow.signal(name="client_ready")
    def client_ready(self, ready: ClientReady) -> None:
        """Hear that the client is onboarded."""
        self._client = ready.client

    @workflow.signal(name="resume")
    def resume(self) -> None:
        """Let a parked step look again."""
        self._parking.resume()

    async def _request_client(self) -> None:
        asked = OnboardingRequest(
            account=self._request.account,
            routes=self._request.routes,
            number=0,  # given out by the store
            asked_by=workflow.info().workflow_id,
        )
        await self._parking.step(
            "Ask for the client",
            Lanes.request_client,
            asked,
            options.record("Ask for the client"),
        )

    async def _client_ready(self) -> ClientId:
        await workflow.wait_condition(lambda: self._client is not None)
        assert self._client is not None  # noqa: S101 - for the type checker
        return self._client

    async def _checked(self) -> None:
        workflow.set_current_details("Checking the contract and onboarding its client.")
        request = self._request
        while True:
            before = self._parking.resumed
            checked = await self._parking.step(
                "Check the contract",
                ContractRecords.check,
                CheckContract(contract=request.contract, routes=request.routes),
                options.record("Check contract and billing schedule"),
            )
            if not checked.defects:
                return
            await self._parking.until_fixed("Check the contract", checked.defects, before)

    async def _activate(self, client: ClientId) -> tuple[ProjectCode, ...]:
        workflow.set_current_details("The deal is complete. Opening its project.")
        request = self._request
        terms = ActivateTerms(contract=request.contract, client=client, routes=request.routes)
        activated = await self._parking.step(
            "Activate the contract",
            ContractRecords.activate,
            terms,
            options.record("Activate the contract"),
        )
        return activated.projects

    async def _open(self, project: ProjectCode) -> None:
        request = ProjectRequest(
            project=project,
            contract=self._request.contract,
            opportunity=self._request.opportunity,
            routes=self._request.routes,
        )
        await workflow.execute_child_workflow(
            ActivateProject.run,
            request,
            id=processes.project_id(project),
            static_summary=f"Activate project {project}",
        )


def _mark(request: ActivationRequest) -> None:
    found = search_attributes.of(request.contract, request.routes.entity)
    workflow.upsert_search_attributes(found)
