"""Whether the platform is at rest, and what it holds true, for those who check on it."""

from typing import Any

from sqlmodel import col, func, select

from canonical.engagements import Stage
from canonical.systems import ForeignId
from store import cases, schema, slices
from store.database import Database, Transaction
from store.tables.effects import AuditRow, CaseRow
from store.tables.money import InvoiceRow, Standing
from store.tables.parties import EngagementRow, ProjectRow
from store.tables.traffic import InboxRow, Outcome, TriggerRow
from store.tables.work import BatchRow, EntryRow, Progress


async def trail_length(tx: Transaction) -> int:
    """Return the number of the last audit row; while it stands still, nothing happens."""
    return (await tx.exec(select(func.max(col(AuditRow.seq))))).one() or 0


async def open_cases(tx: Transaction) -> int:
    """Return how many steps wait for a person.

    Other cases, as of work above a cap, are named after what they are about and stop no step.
    """
    query = (
        select(func.count())
        .select_from(CaseRow)
        .where(col(CaseRow.closed_at).is_(None), col(CaseRow.id).startswith(col(CaseRow.workflow)))
    )
    return (await tx.exec(query)).one()


async def has_work(database: Database) -> bool:
    """Say whether a store holds a deal or a message; one without a table holds nothing."""
    if (await schema.status(database)).current is None:
        return False
    async with database.reading() as tx:
        deals = (await tx.exec(select(EngagementRow.contract).limit(1))).first()
        messages = (await tx.exec(select(InboxRow.id).limit(1))).first()
    return deals is not None or messages is not None


async def unfinished(tx: Transaction) -> dict[str, int]:
    """Return what is under way or waits, by kind; nothing if all is done."""
    waiting = (
        ("messages", InboxRow, col(InboxRow.outcome) == Outcome.RECEIVED),
        (
            "activations",
            EngagementRow,
            col(EngagementRow.stage).in_((Stage.WON, Stage.UNWINDING, Stage.CLOSING)),
        ),
        (
            "entries",
            EntryRow,
            col(EntryRow.progress).in_((Progress.RECEIVED, Progress.HELD)),
        ),
        ("batches", BatchRow, col(BatchRow.voucher).is_(None)),
        ("cycles", TriggerRow, col(TriggerRow.is_done).is_(False)),
    )
    found: dict[str, int] = {}
    for kind, table, condition in waiting:
        query = select(func.count()).select_from(table).where(condition)
        found[kind] = (await tx.exec(query)).one()
    return {kind: count for kind, count in found.items() if count}


async def belief(tx: Transaction) -> dict[str, Any]:
    """Return slices, messages, cases, invoices and engagements, as plain values."""
    messages = (await tx.exec(select(InboxRow).order_by(col(InboxRow.id)))).all()
    issued = select(InvoiceRow).where(InvoiceRow.standing != Standing.DROPPED)
    invoices = (await tx.exec(issued.order_by(col(InvoiceRow.id)))).all()
    return {
        "slices": [
            {
                "source": part.source,
                "state": part.state,
                "seconds": part.worked.seconds,
                "amount": part.amount.amount,
                "currency": part.amount.currency,
                "invoice": invoice,
                "line": line or None,
            }
            for invoice, line, part in await slices.all_slices(tx)
        ],
        "messages": [
            {"source": row.source, "id": row.message, "outcome": row.outcome.value}
            for row in messages
        ],
        "cases": [
            case.model_dump(include={"error_class", "subject", "text", "owner", "is_open"})
            for case in await cases.all_cases(tx)
        ],
        "invoices": [
            {"reference": f"{row.id}/{row.revision}", "number": row.number} for row in invoices
        ],
        "engagements": await _engagements(tx),
    }


async def _engagements(tx: Transaction) -> list[dict[str, Any]]:
    query = select(EngagementRow).order_by(col(EngagementRow.contract))
    codes: dict[str, list[str]] = {}
    for project in (await tx.exec(select(ProjectRow).order_by(col(ProjectRow.code)))).all():
        codes.setdefault(project.contract, []).append(project.code)
    return [
        {
            "opportunity": ForeignId.model_validate_json(row.opportunity).value,
            "stage": row.stage.value,
            "projects": codes.get(row.contract, []),
        }
        for row in (await tx.exec(query)).all()
    ]
