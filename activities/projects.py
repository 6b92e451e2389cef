"""Projects: the same project, under one code, in the PSA and in the CRM."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from temporalio import activity

from activities import effects, failures, milestone_batches
from activities.effects import Effect, Effects, Kind
from activities.undoing import Made, Undoing, unplanned
from canonical.processes import ProjectRequest
from canonical.projects import Project, ProjectCode
from canonical.systems import ForeignId, SystemId
from connectors import errors, ports
from connectors.ports import Delivery
from store import contracts, crosswalk
from store.database import Database, Transaction

_ACTIVE = "active"
_CANCELLED = "cancelled"


class PsaProjects:
    """Steps about projects, bound to one PSA by the worker."""

    def __init__(
        self, psa: ports.Psa, database: Database, performed: Effects, *, settle: timedelta
    ) -> None:
        self._psa = psa
        self._database = database
        self._effects = performed
        self._undoing = Undoing(database, performed)
        self._settle = settle

    @activity.defn(name="projects.open_plan")
    async def open_plan(self, request: ProjectRequest) -> ForeignId:
        """Create the project shell. Idempotent: found again by its code. At most 3 requests."""
        psa = request.routes.psa
        with failures.reported():
            async with self._database.reading() as tx:
                project = await contracts.project(tx, request.project)
                company = await crosswalk.theirs(tx, "client", project.client, psa)
            opening = self._shell(project, psa).opening(
                project,
                Delivery.FINDABLE,
                send=lambda: self._psa.create_project(project, company),
                keep=effects.linked("project", project.code),
            )
            return await self._effects.once(opening)

    @activity.defn(name="projects.open_milestones")
    async def open_milestones(self, request: ProjectRequest) -> int:
        """Create the milestones. Idempotent: found again by their ids. 3 requests a batch."""
        with failures.reported():
            async with self._database.reading() as tx:
                project = await contracts.project(tx, request.project)
                shell = await crosswalk.theirs(tx, "project", project.code, request.routes.psa)
            for terms in milestone_batches.batches(project.milestones):
                batch = milestone_batches.Batch(self._psa, shell, terms, self._settle)
                await self._effects.once(batch.effect(project.code))
        return len(project.milestones)

    @activity.defn(name="projects.close_plan")
    async def close_plan(self, request: ProjectRequest) -> None:
        """Archive the shell that we created. Idempotent: nothing to do if there is none."""
        psa = request.routes.psa
        with failures.reported():
            async with self._database.reading() as tx:
                project = await contracts.project(tx, request.project)
            made = self._shell(project, psa)
            await self._undoing.undo(
                made,
                lambda shell: made.closing(
                    Kind.PROJECT_PSA_ARCHIVE, shell, lambda: self._psa.archive_project(shell)
                ),
            )
            for terms in milestone_batches.batches(project.milestones):
                key = milestone_batches.key(project.code, terms)  # in the shell, or nowhere
                await self._undoing.give_up(unplanned(Kind.MILESTONE_PSA, key, psa))

    def _shell(self, project: Project, psa: SystemId) -> Made:
        return Made(
            kind=Kind.PROJECT_PSA,
            key=f"project/{project.code}/psa",
            system=psa,
            find=lambda: self._psa.find_project(project.code),
            settle=self._settle,
        )


class CrmProjects:
    """Steps about projects, bound to one CRM by the worker."""

    def __init__(
        self, crm: ports.Crm, database: Database, performed: Effects, *, settle: timedelta
    ) -> None:
        self._crm = crm
        self._database = database
        self._effects = performed
        self._undoing = Undoing(database, performed)
        self._settle = settle

    @activity.defn(name="projects.publish_to_crm")
    async def publish(self, request: ProjectRequest) -> ForeignId:
        """Write the deal's project codes on it: it is active. Idempotent: by its id.

        1 request. With the answer it is published that every system has the project.
        """

        async def keep(tx: Transaction, _: ForeignId) -> None:
            await contracts.activate_project(tx, request.project)

        with failures.reported():
            return await self._effects.once(replace(self._telling(request, _ACTIVE), keep=keep))

    @activity.defn(name="projects.close_in_crm")
    async def close(self, request: ProjectRequest) -> None:
        """Take back what we wrote on the opportunity. Idempotent: nothing to do if nothing was."""
        told = self._telling(request, _ACTIVE)
        with failures.reported():
            await self._undoing.undo(
                Made(
                    kind=told.kind,
                    key=told.key,
                    system=told.system,
                    find=lambda: self._written(request.opportunity),
                    settle=self._settle,
                ),
                lambda _: self._telling(request, _CANCELLED),
            )

    async def _codes(self, request: ProjectRequest) -> tuple[ProjectCode, ...]:
        """Return those of all projects: each of them writes the same, whichever is the last."""
        async with self._database.reading() as tx:
            contract = await contracts.get(tx, request.contract)
            found = await contracts.projects(tx, request.contract)
        sold = {line.workstream for line in contract.lines}
        return tuple(project.code for project in found if project.workstream in sold)

    async def _written(self, opportunity: ForeignId) -> tuple[ForeignId, ...]:
        """Return what may have been written on, once whatever was sent has landed."""
        await asyncio.sleep(self._settle.total_seconds())
        return (opportunity,)

    def _telling(self, request: ProjectRequest, status: str) -> Effect:
        async def send() -> ForeignId:
            codes = await self._codes(request)
            try:
                await self._crm.record_project(request.opportunity, codes, status)
            except errors.Missing:
                if status != _CANCELLED:  # with the opportunity, what we wrote on it is gone too
                    raise
            return request.opportunity

        return Effect(
            kind=Kind.PROJECT_CRM,
            key=f"project/{request.project}/crm/{status}",
            system=request.routes.crm,
            content=request.opportunity,
            send=send,
            resolve=effects.send_again,
        )
