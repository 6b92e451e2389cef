"""Open a project under one code in the PSA, the ERP and the CRM, or leave no trace of it."""

import asyncio
from typing import Literal

from temporalio import workflow
from temporalio.exceptions import FailureError, is_cancelled_exception

from activities.erp_projects import ErpProjects
from activities.projects import CrmProjects, PsaProjects
from canonical.processes import ProjectRequest
from telemetry import search_attributes
from workflows import closing, options, together
from workflows.parking import Parking

Ending = Literal["activated"]


@workflow.defn(name="ActivateProject")
class ActivateProject:
    """One per project. Ends `activated`; cancelled, it closes what it created."""

    @workflow.init
    def __init__(self, request: ProjectRequest) -> None:
        self._request = request
        self._parking = Parking(request.project, request.contract)

    @workflow.run
    async def run(self, request: ProjectRequest) -> Ending:
        """Return once every system has the project."""
        found = search_attributes.of(request.contract, request.routes.entity)
        found.append(search_attributes.PROJECT.value_set(request.project))
        workflow.upsert_search_attributes(found)
        try:
            await self._open()
        except (FailureError, asyncio.CancelledError) as exc:
            if is_cancelled_exception(exc):
                await together.to_its_end(self._compensate())
            raise
        workflow.set_current_details("**Activated** in every system.")
        await workflow.wait_condition(workflow.all_handlers_finished)
        return "activated"

    @workflow.signal(name="resume")
    def resume(self) -> None:
        """Let a parked step look again."""
        self._parking.resume()

    async def _open(self) -> None:
        await self._plan()
        await together.all_of(self._set_milestones(), self._open_in_erp())
        await self._publish()

    async def _plan(self) -> None:
        workflow.set_current_details("Opening the plan.")
        await self._parking.step(
            "Create the project shell",
            PsaProjects.open_plan,
            self._request,
            options.call(self._request.routes.psa, "Create the project shell"),
        )
        workflow.set_current_details("Opening the milestones, and the project in the ERP.")

    async def _set_milestones(self) -> None:
        await self._parking.step(
            "Create the milestones",
            PsaProjects.open_milestones,
            self._request,
            options.call(self._request.routes.psa, "Create the milestones"),
        )

    async def _open_in_erp(self) -> None:
        await self._parking.step(
            "Create the ERP project",
            ErpProjects.open,
            self._request,
            options.call(self._request.routes.erp, "Create the project with its dimensions"),
        )

    async def _publish(self) -> None:
        await self._parking.step(
            "Tell the CRM",
            CrmProjects.publish,
            self._request,
            options.call(self._request.routes.crm, "Write the code on the opportunity"),
        )

    async def _compensate(self) -> None:
        workflow.set_current_details("**Cancelled.** Closing what was created.")
        self._parking.undo()
        await closing.plan(self._parking, self._request)
        await closing.project(self._parking, self._request)
        workflow.set_current_details("**Cancelled.** What was created is closed.")
