"""Behavior of contracts and projects: dimension values, and what is not deleted once used."""

from world.sandboxes.dynamics import _dimensions
from world.sandboxes.dynamics._infolog import write_failed
from world.sandboxes.dynamics._ledger_data import DIMENSION_VALUES, INVOICE_LINES
from world.sandboxes.dynamics._project_data import (
    FUNDING_SOURCES,
    POSTED_TRANSACTIONS,
    PROJECT_CONTRACTS,
    PROJECTS,
)
from world.sandboxes.dynamics._rules import Change, Rule
from world.sandboxes.dynamics._schema import EntitySet, Row

_PROJECT = "Project"
_USES = (
    (POSTED_TRANSACTIONS, "ProjectId"),  # a draft journal does not keep a project
    (INVOICE_LINES, "ProjectID"),
    (PROJECTS, "ParentProjectId"),
)


def _finish_project(change: Change) -> None:
    _add_dimension_value(change)  # so that it can stand in its own dimensions
    _check_project(change)


def _check_project(change: Change) -> None:
    _dimensions.check_written(change.session, PROJECTS, change.row, "DimensionDisplayValue")


def _dimension_value(project: Row) -> Row:
    return DIMENSION_VALUES.blank | {
        "FinancialDimension": _PROJECT,
        "LegalEntityId": project["dataAreaId"],
        "DimensionValue": project["ProjectId"],
        "Description": project["ProjectName"],
    }


def _add_dimension_value(change: Change) -> None:
    if not change.session.settings.project_is_dimension:
        return
    row = _dimension_value(change.row)
    if change.session.rows.get(DIMENSION_VALUES, DIMENSION_VALUES.key(row)) is None:
        change.session.insert(DIMENSION_VALUES, row)


def _remove_dimension_value(change: Change) -> None:
    key = DIMENSION_VALUES.key(_dimension_value(change.row))
    row = change.session.rows.get(DIMENSION_VALUES, key)
    if change.session.settings.project_is_dimension and row is not None:
        change.session.rows.delete(DIMENSION_VALUES, row)


def _refuse_used_project(change: Change) -> None:
    project = change.row["ProjectId"]
    _refuse_undeletable(change, PROJECTS)
    for entity, field in _USES:
        if _refers(change, entity, field, project):
            problem = f"Project {project} has transactions in {entity.label} and cannot be deleted"
            raise write_failed(PROJECTS, [problem])


def _refuse_used_contract(change: Change) -> None:
    contract = change.row["ProjectContractID"]
    _refuse_undeletable(change, PROJECT_CONTRACTS)
    if _refers(change, PROJECTS, "ProjectContractId", contract):
        problem = f"Project contract {contract} has projects and cannot be deleted"
        raise write_failed(PROJECT_CONTRACTS, [problem])


def _refuse_undeletable(change: Change, entity: EntitySet) -> None:
    if not change.session.settings.projects_deletable:
        problem = f"Records in {entity.label} cannot be deleted"
        raise write_failed(entity, [problem])


def _refers(change: Change, entity: EntitySet, field: str, value: str) -> bool:
    rows, company = change.session.rows, change.row["dataAreaId"]
    found = rows.find(entity, field, value) if field in entity.indexed else rows.all(entity)
    return any(row[field] == value and row["dataAreaId"] == company for row in found)


def _remove_funding(change: Change) -> None:
    rows, contract = change.session.rows, change.row
    for source in rows.find(FUNDING_SOURCES, "ProjectContractID", contract["ProjectContractID"]):
        if source["dataAreaId"] == contract["dataAreaId"]:
            rows.delete(FUNDING_SOURCES, source)


PROJECT_RULES = {
    "ProjectContracts": Rule(leaving=_refuse_used_contract, deleted=_remove_funding),
    "ProjectsV2": Rule(
        finish=_finish_project,
        leaving=_refuse_used_project,
        deleted=_remove_dimension_value,
    ),
}
