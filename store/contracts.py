"""Activated contracts and their projects."""

from collections.abc import Sequence
from datetime import date

from sqlmodel import col, select

from canonical.base import RuleError
from canonical.contracts import Contract, ContractId
from canonical.projects import Project, ProjectCode
from store import counters, trail, turns
from store.database import Transaction
from store.tables.parties import ContractRow, ProjectRow


class UnknownProjectError(RuleError):
    """A project code is not one of ours."""


async def save(tx: Transaction, contract: Contract) -> None:
    """Keep an activated contract, in place of an earlier state of it."""
    content = contract.model_dump_json()
    await turns.wait(tx, "contract", contract.id)
    row = await tx.get(ContractRow, contract.id, with_for_update=True)
    if row is None:
        row = ContractRow(
            id=contract.id,
            client=contract.client,
            entity=contract.entity,
            content=content,
            service_until=contract.service_until,
        )
        tx.add(row)
        trail.audit(tx, "contract.activated", contract.id)
    elif row.content != content:
        row.content, row.service_until = content, contract.service_until
        trail.audit(tx, "contract.changed", contract.id)


async def find(tx: Transaction, contract: ContractId) -> Contract | None:
    """Return a contract, or None while it is not activated."""
    row = await tx.get(ContractRow, contract)
    return Contract.model_validate_json(row.content) if row else None


async def get(tx: Transaction, contract: ContractId) -> Contract:
    """Return an activated contract; a bug if there is none."""
    row = await tx.get_one(ContractRow, contract)
    return Contract.model_validate_json(row.content)


async def billed_until(tx: Transaction, contract: ContractId) -> date | None:
    """Return the last day up to which a contract's time has been billed."""
    return (await tx.get_one(ContractRow, contract)).billed_until


async def mark_billed(tx: Transaction, contract: ContractId, until: date) -> None:
    """Record that a contract's time has been billed up to a day."""
    row = await tx.get_one(ContractRow, contract, with_for_update=True)
    row.billed_until = max(until, row.billed_until or until)


async def project_code(
    tx: Transaction, contract: ContractId, workstream: str | None = None
) -> ProjectCode:
    """Return the code of a contract's project, giving one out the first time.

    `workstream` says which of them, where there are several.
    """
    await turns.wait(tx, "project of", contract)
    for known in await projects(tx, contract):
        if known.workstream == workstream:
            return known.code
    return ProjectCode(f"PR-{await counters.following(tx, 'project'):05}")


async def save_project(tx: Transaction, project: Project) -> None:
    """Keep a project, in place of an earlier state of it."""
    content = project.model_dump_json()
    await turns.wait(tx, "project", project.code)
    row = await tx.get(ProjectRow, project.code, with_for_update=True)
    if row is None:
        tx.add(ProjectRow(code=project.code, contract=project.contract, content=content))
        trail.audit(tx, "project.opened", project.code)
    elif row.content != content:
        row.content = content
        trail.audit(tx, "project.changed", project.code)


async def project(tx: Transaction, code: ProjectCode) -> Project:
    """Return a project.

    Raises:
        UnknownProjectError: if the code is not one of ours.
    """
    row = await tx.get(ProjectRow, code)
    if row is None:
        raise UnknownProjectError(code)
    return Project.model_validate_json(row.content)


async def projects(tx: Transaction, contract: ContractId) -> Sequence[Project]:
    """Return a contract's projects by code."""
    query = select(ProjectRow).where(ProjectRow.contract == contract)
    rows = (await tx.exec(query.order_by(col(ProjectRow.code)))).all()
    return [Project.model_validate_json(row.content) for row in rows]


async def close(tx: Transaction, contract: ContractId) -> None:
    """Record and publish that a contract is closed in every system, with its projects."""
    for row in (await tx.exec(select(ProjectRow).where(ProjectRow.contract == contract))).all():
        await close_project(tx, ProjectCode(row.code))
    if await trail.publish(tx, "contract.closed", contract):
        trail.audit(tx, "contract.closed", contract)


async def close_project(tx: Transaction, code: ProjectCode) -> None:
    """Record and publish that a project is closed, if it was active."""
    row = await tx.get_one(ProjectRow, code, with_for_update=True)
    if row.is_active:
        row.is_active = False
        trail.audit(tx, "project.closed", code)
        await trail.publish(tx, "project.closed", code, contract=row.contract)


async def activate_project(tx: Transaction, code: ProjectCode) -> None:
    """Record and publish that every system has the project."""
    row = await tx.get_one(ProjectRow, code, with_for_update=True)
    if not row.is_active:
        row.is_active = True
        trail.audit(tx, "project.activated", code)
        await trail.publish(tx, "project.activated", code, contract=row.contract)
