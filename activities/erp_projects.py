"""Contracts and their projects in an ERP: opened, and closed again when the deal is off."""

from datetime import timedelta

from temporalio import activity

from activities import effects, failures
from activities.effects import Effects, Kind
from activities.undoing import Made, Undoing
from canonical.contracts import Contract
from canonical.processes import ContractRequest, ProjectRequest
from canonical.projects import Project
from canonical.systems import ForeignId, SystemId
from connectors import ports
from store import contracts, crosswalk, mappings
from store.database import Database


class ErpContracts:
    """Steps about contracts, bound to one ERP by the worker."""

    def __init__(
        self, erp: ports.Erp, database: Database, performed: Effects, *, settle: timedelta
    ) -> None:
        self._erp = erp
        self._database = database
        self._effects = performed
        self._undoing = Undoing(database, performed)
        self._settle = settle

    @activity.defn(name="contracts.open_in_erp")
    async def open(self, request: ContractRequest) -> ForeignId:
        """Create the contract. Idempotent: by its id, as the ERP delivers it."""
        erp = request.routes.erp
        with failures.reported():
            async with self._database.reading() as tx:
                contract = await contracts.get(tx, request.contract)
                client = f"{contract.client}/{contract.entity}"
                customer = await crosswalk.theirs(tx, "client", client, erp)
            opening = self._made(contract, erp).opening(
                contract,
                self._erp.delivers.contract,
                send=lambda: self._erp.create_contract(contract, customer),
                keep=effects.linked("contract", contract.id),
            )
            return await self._effects.once(opening)

    @activity.defn(name="contracts.close_in_erp")
    async def close(self, request: ContractRequest) -> None:
        """Close the contract that we created. Idempotent: nothing to do if there is none."""
        erp = request.routes.erp
        with failures.reported():
            async with self._database.reading() as tx:
                contract = await contracts.find(tx, request.contract)
            if contract is None:
                return
            made = self._made(contract, erp)
            await self._undoing.undo(
                made,
                lambda theirs: made.closing(
                    Kind.CONTRACT_ERP_CLOSE,
                    theirs,
                    lambda: self._erp.close_contract(contract, theirs),
                ),
            )

    def _made(self, contract: Contract, erp: SystemId) -> Made:
        return Made(
            kind=Kind.CONTRACT_ERP,
            key=f"contract/{contract.id}/erp",
            system=erp,
            find=lambda: self._erp.find_contracts(contract),
            settle=self._settle,
        )


class ErpProjects:
    """Steps about projects, bound to one ERP by the worker."""

    def __init__(
        self, erp: ports.Erp, database: Database, performed: Effects, *, settle: timedelta
    ) -> None:
        self._erp = erp
        self._database = database
        self._effects = performed
        self._undoing = Undoing(database, performed)
        self._settle = settle

    @activity.defn(name="projects.open_in_erp")
    async def open(self, request: ProjectRequest) -> ForeignId:
        """Create the project below its contract. Idempotent: by its code, as the ERP delivers."""
        erp = request.routes.erp
        with failures.reported():
            async with self._database.reading() as tx:
                project = await contracts.project(tx, request.project)
                contract = await contracts.get(tx, request.contract)
                theirs = await crosswalk.theirs(tx, "contract", contract.id, erp)
                rows = await mappings.of_system(tx, erp)
            group = rows.value(
                "project_group",
                contract.billing_model,
                entity=project.entity,
                on=project.starts_on,
            )
            opening = self._made(project, erp).opening(
                project,
                self._erp.delivers.project,
                send=lambda: self._erp.create_project(project, theirs, group),
                keep=effects.linked("project", project.code),
            )
            return await self._effects.once(opening)

    @activity.defn(name="projects.close_in_erp")
    async def close(self, request: ProjectRequest) -> None:
        """Close the project that we created. Idempotent: nothing to do if there is none."""
        erp = request.routes.erp
        with failures.reported():
            async with self._database.reading() as tx:
                project = await contracts.project(tx, request.project)
            made = self._made(project, erp)
            await self._undoing.undo(
                made,
                lambda theirs: made.closing(
                    Kind.PROJECT_ERP_CLOSE,
                    theirs,
                    lambda: self._erp.close_project(project, theirs),
                ),
            )

    def _made(self, project: Project, erp: SystemId) -> Made:
        return Made(
            kind=Kind.PROJECT_ERP,
            key=f"project/{project.code}/erp",
            system=erp,
            find=lambda: self._erp.find_projects(project),
            settle=self._settle,
        )
