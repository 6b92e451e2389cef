"""Our records as bodies for Kantata. Pure functions, one per record."""

from collections.abc import Iterable, Mapping

from canonical import currencies
from canonical.clients import Client
from canonical.contracts import MilestoneTerm
from canonical.invoices import Invoice, InvoiceStatus
from canonical.money import Money
from canonical.projects import Project, ProjectCode
from connectors.kantata import _references, _wire


def workspace_group(client: Client) -> _wire.NewWorkspaceGroup:
    """Return the company that stands for a client."""
    return _wire.NewWorkspaceGroup(
        name=client.name,
        company=True,
        external_reference=_references.reference(_references.CLIENT, client.id),
    )


def workspace(project: Project, group: int) -> _wire.NewWorkspace:
    """Return the workspace of a project; its budget is what its milestones are worth."""
    price = Money.total((term.amount for term in project.milestones), project.currency)
    return _wire.NewWorkspace(
        title=f"{project.code} {project.name}",
        creator_role="maven",
        budgeted=True,
        currency=project.currency,
        price=_units(price),
        start_date=project.starts_on,
        due_date=project.ends_on,
        require_time_approvals=True,
        workspace_group_ids=(group,),
        external_reference=_references.reference(_references.PROJECT, project.code),
    )


def story(term: MilestoneTerm, workspace_id: int) -> _wire.NewStory:
    """Return the story that stands for a milestone."""
    return _wire.NewStory(
        title=term.name,
        story_type="milestone",
        workspace_id=workspace_id,
        budget_estimate_in_cents=_cents(term.amount),
        due_date=term.due_on,
        external_reference=_references.reference(_references.MILESTONE, term.id),
    )


def invoice(
    issued: Invoice,
    status: InvoiceStatus,
    workspaces: Mapping[ProjectCode, int],
    entries: tuple[int, ...],
    days: int,
) -> _wire.NewInvoice:
    """Return the mirror of an invoice; where no time was billed, it shows the lines themselves."""
    reference = _references.reference(_references.INVOICE, issued.reference)
    mirrored = {"status": "successful", "external_message": status.number}
    homes = tuple(workspaces.values())
    return _wire.NewInvoice(
        workspace_id=homes[0] if len(homes) == 1 else None,
        workspace_ids=homes if len(homes) > 1 else None,
        time_entry_ids=entries,
        expense_ids=(),
        additional_items=None if entries else tuple(_items(issued, workspaces)),
        payment_schedule=days,
        invoice_date=issued.issued_on,
        purchase_order=issued.purchase_order,
        draft=False,
        suppress_emails=True,  # the client has the invoice from the ERP already
        external_reference=reference.model_copy(update=mirrored),
    )


def _items(issued: Invoice, workspaces: Mapping[ProjectCode, int]) -> Iterable[_wire.NewItem]:
    for line in issued.lines:
        yield _wire.NewItem(
            notes=line.text,
            amount=_units(line.net),
            taxable=False,
            workspace_id=workspaces[line.dimensions.project],
        )


def _cents(money: Money) -> int:
    return int(money.amount.scaleb(currencies.decimals(money.currency)))


def _units(money: Money) -> int | str:
    whole = int(money.amount)
    return whole if whole == money.amount else str(money.amount)
