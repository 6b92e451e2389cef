"""Reading a project back from Kantata."""

from collections.abc import Mapping
from decimal import Decimal

from world.stage import money
from world.stage.kantata_api import Account, Record
from world.stage.readings import (
    PsaClient,
    PsaInvoice,
    PsaMilestone,
    PsaProject,
    TimeEntry,
    Work,
)

SERVICE = "tiebeam"
EVERY_STORY = {
    "all_on_account": "true",
    "show_archived": "true",
    "show_from_archived_workspaces": "true",
    "include": "external_references",
    "order": "created_at:asc",
}
_EVERY_ENTRY = {
    "from_archived_workspaces": "true",
    "include": "user,role,workspace",
    "order": "date_performed:asc",
}
Beside = Mapping[str, Mapping[str, Record]]


async def work(account: Account, code: str) -> Work:
    """Return everything on the projects that carry a code; doubles show as a second project."""
    found = await projects(account, code)
    of_them = ",".join(project.id for project in found)
    if not found:
        return Work()
    entries, people = await account.all_with(
        "time_entries", {**_EVERY_ENTRY, "workspace_ids": of_them}
    )
    return Work(
        projects=found,
        entries=tuple(_entry(entry, people) for entry in entries),
        milestones=tuple([m for p in found for m in await milestones(account, p.id)]),
        invoices=tuple([i for p in found for i in await _invoices(account, p.id)]),
    )


async def projects(account: Account, code: str) -> tuple[PsaProject, ...]:
    """Return the workspaces that carry a project's code, archived ones too."""
    query = {
        "external_reference_service_name": SERVICE,
        "external_reference_service_model_refs": code,
        "include_archived": "true",
        "include": "workspace_groups",
        "order": "created_at:asc",
    }
    found, beside = await account.all_with("workspaces", query)
    groups = beside.get("workspace_groups", {})
    return tuple(
        PsaProject(
            id=workspace["id"],
            title=workspace["title"],
            code=code,
            archived=workspace["archived"],
            currency=workspace["currency"],
            clients=tuple(
                PsaClient(id=key, name=groups[key]["name"])
                for key in workspace["workspace_group_ids"]
            ),
        )
        for workspace in found
    )


async def milestones(account: Account, workspace: str) -> tuple[PsaMilestone, ...]:
    """Return a project's milestones as they are now."""
    query = {**EVERY_STORY, "workspace_id": workspace, "story_type": "milestone"}
    stories, beside = await account.all_with("stories", query)
    return tuple(
        PsaMilestone(
            id=story["id"],
            name=story["title"],
            state=story["state"],
            reference=_reference(story, beside),
        )
        for story in stories
    )


async def _invoices(account: Account, workspace: str) -> tuple[PsaInvoice, ...]:
    query = {
        "workspace_id": workspace,
        "include": "external_references,time_entries",
        "order": "created_at:asc",
    }
    found, beside = await account.all_with("invoices", query)
    return tuple(
        PsaInvoice(
            id=invoice["id"],
            title=invoice["title"],
            reference=_reference(invoice, beside),
            entries=tuple(invoice["time_entry_ids"]),
            status=invoice["status"],
        )
        for invoice in found
    )


def _entry(entry: Record, beside: Beside) -> TimeEntry:
    cost, role = entry["cost_rate_in_cents"], entry["role_id"]
    return TimeEntry(
        id=entry["id"],
        day=entry["date_performed"],
        person=beside["users"][entry["user_id"]]["full_name"],
        role=beside["roles"][role]["name"] if role else None,
        minutes=entry["time_in_minutes"],
        is_billable=entry["billable"],
        is_approved=entry["approved"],
        is_invoiced=entry["is_invoiced"],
        cost=None if cost is None else _units(cost, entry),
        currency=entry["currency"],
        note=entry["notes"] or "",
        project=entry["workspace_id"],
    )


def _units(cents: int, record: Record) -> Decimal:
    return money.padded(Decimal(cents) / record["currency_base_unit"], record["currency"])


def _reference(record: Record, beside: Beside) -> str | None:
    references = beside.get("external_references", {})
    for key in record["external_reference_ids"]:
        if references[key]["service_name"] == SERVICE:
            return str(references[key]["service_model_ref"])
    return None
