"""Closing what was created for a deal: every step undoes one, and is safe if that never ran."""

from activities.erp_projects import ErpContracts, ErpProjects
from activities.projects import CrmProjects, PsaProjects
from canonical.processes import ContractRequest, ProjectRequest
from workflows import options
from workflows.parking import Parking


async def plan(parking: Parking, request: ProjectRequest) -> None:
    """Archive a project's plan, so that nobody reports time on it any more."""
    await parking.step(
        "Archive the project shell",
        PsaProjects.close_plan,
        request,
        options.call(request.routes.psa, "Archive the project shell"),
    )


async def project(parking: Parking, request: ProjectRequest) -> None:
    """Close a project in the ERP and tell the CRM; its plan is closed before."""
    await parking.step(
        "Close the ERP project",
        ErpProjects.close,
        request,
        options.call(request.routes.erp, "Delete the project, or end it if it was used"),
    )
    await parking.step(
        "Tell the CRM",
        CrmProjects.close,
        request,
        options.call(request.routes.crm, "Write on the opportunity that it is cancelled"),
    )


async def contract(parking: Parking, request: ContractRequest) -> None:
    """Close a contract in the ERP; its projects are closed before."""
    await parking.step(
        "Close the ERP contract",
        ErpContracts.close,
        request,
        options.call(request.routes.erp, "Delete the contract, or end it if it was used"),
    )
