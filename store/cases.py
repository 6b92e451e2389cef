"""Cases: parked steps that somebody has to look at."""

from collections.abc import Mapping, Sequence

from sqlmodel import col, select

from canonical.cases import Case, CaseId
from canonical.money import Money
from store import clock, trail, turns
from store.database import Transaction
from store.tables.effects import CaseRow


async def open_case(tx: Transaction, case: Case) -> None:
    """Record a parked step; parked again it is the same case, and while open as old as it was."""
    await turns.wait(tx, "case", case.id)
    known = await tx.get(CaseRow, case.id, with_for_update=True)
    row = CaseRow.model_validate(
        {
            **case.model_dump(exclude={"at_risk", "is_open"}),
            "risk_amount": case.at_risk.amount if case.at_risk else None,
            "risk_currency": case.at_risk.currency if case.at_risk else None,
            "opened_at": known.opened_at if known and known.closed_at is None else clock.now(),
        }
    )
    await tx.merge(row)
    trail.audit(tx, "case.opened", case.id, detail=case.root_cause)


async def close_case(tx: Transaction, case: CaseId) -> None:
    """Record that a parked step went on."""
    row = await tx.get_one(CaseRow, case, with_for_update=True)
    row.closed_at = clock.now()
    trail.audit(tx, "case.closed", case)


async def open_cases(tx: Transaction) -> Sequence[Case]:
    """Return the cases that are open, the oldest first."""
    query = select(CaseRow).where(col(CaseRow.closed_at).is_(None))
    return [_case(row) for row in (await tx.exec(query.order_by(col(CaseRow.opened_at)))).all()]


async def open_of(tx: Transaction, workflow: str) -> Sequence[CaseId]:
    """Return the cases that a workflow waits with."""
    query = select(CaseRow.id).where(CaseRow.workflow == workflow, col(CaseRow.closed_at).is_(None))
    return [CaseId(case) for case in (await tx.exec(query)).all()]


async def open_at(tx: Transaction, step: str) -> Mapping[str, CaseId]:
    """Return the open cases of a step that many workflows share, each under its workflow."""
    is_open = col(CaseRow.closed_at).is_(None)
    query = select(CaseRow.workflow, CaseRow.id).where(CaseRow.step == step, is_open)
    return {workflow: CaseId(case) for workflow, case in (await tx.exec(query)).all()}


async def all_cases(tx: Transaction) -> Sequence[Case]:
    """Return every case there ever was, the oldest first."""
    query = select(CaseRow).order_by(col(CaseRow.opened_at))
    return [_case(row) for row in (await tx.exec(query)).all()]


def _case(row: CaseRow) -> Case:
    fields = row.model_dump(exclude={"risk_amount", "risk_currency", "opened_at", "closed_at"})
    at_risk = None
    if row.risk_amount is not None and row.risk_currency is not None:
        at_risk = Money(amount=row.risk_amount, currency=row.risk_currency)
    return Case.model_validate({**fields, "at_risk": at_risk, "is_open": row.closed_at is None})
