"""Projects: the same project, under one code, in the PSA, in the ERP and in the CRM."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from temporalio import activity

from activities import effects, failures, milestone_batches
from activities.effects import Effect, Effects, Kind
from canonical.contracts import Contract, MilestoneTerm
from canonical.processes import ProjectRequest
from canonical.projects import Project, ProjectCode
from canonical.systems import ForeignId
from connectors import ports
from store import contracts, crosswalk, mappings
from store.database import Database

_ACTIVE = "active"


class PsaProjects:
    """Steps about projects, bound to one PSA by the worker."""

    def __init__(
        self, psa: ports.Psa, database: Database, performed: Effects, *, settle: timedelta
    ) -> None:
        self._psa = psa
        self._database = database
        self._effects = performed
        self._settle = settle

    @activity.defn(name="projects.open_plan")
    async def open_plan(self, request: ProjectRequest) -> ForeignId:
        """Create the project shell. Idempotent: found again by its code. At most 3 requests."""
        with failures.reported():
            async with self._database.reading() as tx:
                project = await contracts.project(tx, request.project)
                company = await crosswalk.theirs(tx, "client", project.client, request.routes.psa)

            effect = Effect(
                kind=Kind.PROJECT_PSA,
                key=f"project/{project.code}/psa",
                system=request.routes.psa,
                content=project,
                send=lambda: self._psa.create_project(project, company),
                resolve=effects.by_reference(
                    lambda: self._psa.find_project(project.code), settle=self._settle
                ),
                keep=effects.linked("project", project.code),
            )
            return await self._effects.once(effect)

    @activity.defn(name="projects.open_milestones")
    async def open_milestones(self, request: ProjectRequest) -> int:
        """Create the milestones. Idempotent: found again by their ids. 3 requests a batch."""
        with failures.reported():
            async with self._database.reading() as tx:
                project = await contracts.project(tx, request.project)
                shell = await crosswalk.theirs(tx, "project", project.code, request.routes.psa)
            for terms in _batches(project.milestones):
                batch = milestone_batches.Batch(self._psa, shell, terms, self._settle)
                await self._effects.once(batch.effect(project.code))
        return len(project.milestones)

    @activity.defn(name="projects.close_plan")
    async def close_plan(self, request: ProjectRequest) -> None:
        """Archive the shell that we created. Idempotent: nothing to do if there is none."""
        code = request.project
        with failures.reported():
            async with self._database.reading() as tx:
                known = await crosswalk.find(tx, "project", code, request.routes.psa)
            for created in [known] if known else await self._created(code):
                await self._archive(request, created)

    async def _created(self, code: ProjectCode) -> tuple[ForeignId, ...]:
        return await effects.settled(lambda: self._psa.find_project(code), self._settle)

    async def _archive(self, request: ProjectRequest, shell: ForeignId) -> None:
        async def send() -> ForeignId:
            await self._psa.archive_project(shell)
            return shell

        effect = Effect(
            kind=Kind.PROJECT_PSA_ARCHIVE,
            key=f"project/{request.project}/psa/archive/{shell.value}",
            system=request.routes.psa,
            content=shell,
            send=send,
            resolve=effects.send_again,
        )
        await self._effects.once(effect)


def _batches(terms: Sequence[MilestoneTerm]) -> Iterator[tuple[MilestoneTerm, ...]]:
    for start in range(0, len(terms), ports.MILESTONES_AT_ONCE):
        yield tuple(terms[start : start + ports.MILESTONES_AT_ONCE])


class ErpProjects:
    """Steps about projects, bound to one ERP by the worker."""

    def __init__(
        self, erp: ports.Erp, database: Database, performed: Effects, *, settle: timedelta
    ) -> None:
        self._erp = erp
        self._database = database
        self._effects = performed
        self._settle = settle

    @activity.defn(name="projects.open_in_erp")
    async def open(self, request: ProjectRequest) -> ForeignId:
        """Create contract and project. Idempotent: by both ids, as the ERP delivers them."""
        with failures.reported():
            async with self._database.reading() as tx:
                project = await contracts.project(tx, request.project)
                contract = await contracts.get(tx, request.contract)
                customer = await crosswalk.theirs(
                    tx, "client", f"{project.client}/{project.entity}", request.routes.erp
                )
                rows = await mappings.of_system(tx, request.routes.erp)
            model = contract.lines[0].terms.model
            group = rows.value("project_group", model, entity=project.entity, on=project.starts_on)
            theirs = await self._open_contract(request, contract, customer)
            return await self._open_project(request, project, theirs, group)

    async def _open_contract(
        self, request: ProjectRequest, contract: Contract, customer: ForeignId
    ) -> ForeignId:
        effect = Effect(
            kind=Kind.CONTRACT_ERP,
            key=f"contract/{contract.id}/erp",
            system=request.routes.erp,
            content=contract,
            send=lambda: self._erp.create_contract(contract, customer),
            resolve=effects.as_delivered(
                self._erp.delivers.contract,
                effects.by_reference(
                    lambda: self._erp.find_contracts(contract), settle=self._settle
                ),
            ),
            keep=effects.linked("contract", contract.id),
        )
        return await self._effects.once(effect)

    async def _open_project(
        self, request: ProjectRequest, project: Project, contract: ForeignId, group: str
    ) -> ForeignId:
        effect = Effect(
            kind=Kind.PROJECT_ERP,
            key=f"project/{project.code}/erp",
            system=request.routes.erp,
            content=project,
            send=lambda: self._erp.create_project(project, contract, group),
            resolve=effects.as_delivered(
                self._erp.delivers.project,
                effects.by_reference(lambda: self._erp.find_projects(project), settle=self._settle),
            ),
            keep=effects.linked("project", project.code),
        )
        return await self._effects.once(effect)


class CrmProjects:
    """Steps about projects, bound to one CRM by the worker."""

    def __init__(self, crm: ports.Crm, performed: Effects) -> None:
        self._crm = crm
        self._effects = performed

    @activity.defn(name="projects.publish_to_crm")
    async def publish(self, request: ProjectRequest) -> ForeignId:
        """Write the project's code on the opportunity. Idempotent: by its id. 1 request."""

        async def send() -> ForeignId:
            await self._crm.record_project(request.opportunity, request.project, _ACTIVE)
            return request.opportunity

        with failures.reported():
            effect = Effect(
                kind=Kind.PROJECT_CRM,
                key=f"project/{request.project}/crm/{_ACTIVE}",
                system=request.routes.crm,
                content=request.opportunity,
                send=send,
                resolve=effects.send_again,
            )
            return await self._effects.once(effect)


class ProjectRecords:
    """Steps about projects that touch only the store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @activity.defn(name="projects.activated")
    async def activated(self, code: ProjectCode) -> None:
        """Publish that a project is active. Idempotent: one event per project."""
        async with self._database.transaction() as tx:
            await contracts.activate_project(tx, code)
