"""Make a won deal a contract that every system can bill, and open its projects."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Literal

from temporalio import workflow
from temporalio.exceptions import FailureError, is_cancelled_exception

from activities.contracts import ActivateTerms, CheckContract, ContractRecords
from activities.erp_projects import ErpContracts
from activities.lanes import Lanes
from canonical import processes
from canonical.clients import ClientId
from canonical.processes import (
    ActivationRequest,
    ClientReady,
    ContractRequest,
    OnboardingRequest,
    ProjectRequest,
)
from canonical.projects import ProjectCode
from telemetry import search_attributes
from workflows import closing, options, together
from workflows.activate_project import ActivateProject
from workflows.parking import Parking

Ending = Literal["activated", "given_up"]


@workflow.defn(name="ActivateContract")
class ActivateContract:
    """One per contract. Ends `activated`; waits for a person while the deal is incomplete.

    Cancelled, it closes what it created; so too if one of its projects is cancelled, and then
    it ends `given_up`.
    """

    @workflow.init
    def __init__(self, request: ActivationRequest) -> None:
        self._request = request
        self._parking = Parking(str(request.opportunity), request.contract)
        self._client: ClientId | None = None
        self._projects: tuple[ProjectCode, ...] = ()

    @workflow.run
    async def run(self, request: ActivationRequest) -> Ending:
        """Return once the contract and all its projects are active."""
        _mark(request)
        try:
            await self._opened()
        except (FailureError, asyncio.CancelledError) as exc:
            if not is_cancelled_exception(exc):
                raise
            await together.to_its_end(self._compensate())
            together.stop_if_cancelled()
            return "given_up"
        workflow.set_current_details(f"**Activated.** Projects: {', '.join(self._projects)}.")
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

    async def _opened(self) -> None:
        await self._request_client()
        await self._checked()
        self._projects = await self._activate(await self._client_ready())
        await self._open_contract()
        await together.all_of(*(self._open(project) for project in self._projects))

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
        while self._client is None:
            is_resumed = self._parking.resumed_after(self._parking.resumed)
            await workflow.wait_condition(partial(self._hears, is_resumed))
            if self._client is None:  # whom we asked may have been cancelled
                await self._request_client()
        return self._client

    def _hears(self, is_resumed: Callable[[], bool]) -> bool:
        return self._client is not None or is_resumed()

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

    async def _open_contract(self) -> None:
        await self._parking.step(
            "Create the ERP contract",
            ErpContracts.open,
            self._in_erp(),
            options.call(self._request.routes.erp, "Create the contract"),
        )

    async def _open(self, project: ProjectCode) -> None:
        await workflow.execute_child_workflow(
            ActivateProject.run,
            self._of(project),
            id=processes.project_id(project),
            static_summary=f"Activate project {project}",
        )

    async def _compensate(self) -> None:
        """Close what is left: each project closed its own, unless it was through already."""
        workflow.set_current_details("**Cancelled.** Closing what was created.")
        self._parking.undo()
        requests = [self._of(project) for project in await self._known_projects()]
        await together.all_of(*(closing.plan(self._parking, each) for each in requests))
        await together.all_of(*(closing.project(self._parking, each) for each in requests))
        await closing.contract(self._parking, self._in_erp())
        await self._parking.step(
            "Close the contract",
            ContractRecords.closed,
            self._request.contract,
            options.record("Publish that the contract is closed"),
        )
        workflow.set_current_details("**Cancelled.** What was created is closed.")

    async def _known_projects(self) -> tuple[ProjectCode, ...]:
        """Return the projects in the store: their codes may not have come back to us."""
        known = await self._parking.step(
            "Close the contract",
            ContractRecords.projects,
            self._request.contract,
            options.record("Which projects does it have?"),
        )
        return known.projects

    def _in_erp(self) -> ContractRequest:
        return ContractRequest(contract=self._request.contract, routes=self._request.routes)

    def _of(self, project: ProjectCode) -> ProjectRequest:
        return ProjectRequest(
            project=project,
            contract=self._request.contract,
            opportunity=self._request.opportunity,
            routes=self._request.routes,
        )


def _mark(request: ActivationRequest) -> None:
    found = search_attributes.of(request.contract, request.routes.entity)
    workflow.upsert_search_attributes(found)
