"""The ledger of slices: what each approved quantity and amount has become (L-1)."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from sqlmodel import col, func, or_, select

from canonical.base import RuleError
from canonical.contracts import ContractId
from canonical.money import Currency, Money
from canonical.projects import ProjectCode
from canonical.slices import Slice
from canonical.worktime import WorkTime
from store import bulk, trail
from store.database import Transaction
from store.tables.work import HoldKind, SliceRow, SliceState

_AT_ONCE = 10_000  # SQLite takes at most 32,766 values in a query
_IS_OPEN = col(SliceRow.state).in_((SliceState.READY, SliceState.HELD))


class NotReadyError(RuleError):
    """A slice was to be billed that is not ready to be."""


async def add(tx: Transaction, contract_of: Iterable[tuple[ContractId, Slice]]) -> None:
    """Add new slices."""
    rows = [
        {
            "source": part.source,
            "number": part.number,
            "contract": contract,
            "project": part.project,
            "state": SliceState(part.state),
            "work_date": part.work_date,
            "seconds": part.worked.seconds,
            "amount": part.amount.amount,
            "unit_price": part.unit_price,
            "currency": part.amount.currency,
            "text": part.text,
            "hold": HoldKind(part.hold) if part.hold else None,
            "reason": part.reason,
        }
        for contract, part in contract_of
    ]
    await bulk.insert(tx, SliceRow, rows)


async def drop_held(tx: Transaction, sources: Sequence[str]) -> None:
    """Remove the slices of entries that are to be decided again; held ones never went anywhere."""
    if not sources:
        return
    held = await tx.exec(
        select(SliceRow).where(col(SliceRow.source).in_(sources), SliceRow.state == SliceState.HELD)
    )
    for row in held.all():
        await tx.delete(row)
    await tx.flush()


async def exists(tx: Transaction, source: str) -> bool:
    """Say whether a source has slices."""
    query = select(SliceRow.number).where(SliceRow.source == source)
    return (await tx.exec(query)).first() is not None


async def ready(
    tx: Transaction, contract: ContractId, *, until: date, source: str | None = None
) -> Sequence[Slice]:
    """Return what can be billed: work up to a day, or one milestone alone."""
    query = select(SliceRow).where(
        SliceRow.contract == contract,
        SliceRow.state == SliceState.READY,
        SliceRow.work_date <= until,
    )
    if source is not None:
        query = query.where(SliceRow.source == source)
    return [_slice(row) for row in (await tx.exec(query)).all()]


async def held_by(
    tx: Transaction, contract: ContractId, hold: HoldKind | None = None
) -> Sequence[Slice]:
    """Return what a contract holds back although it has a price, for one kind of reason or any."""
    query = select(SliceRow).where(
        SliceRow.contract == contract,
        SliceRow.state == SliceState.HELD,
        col(SliceRow.hold).is_not(None) if hold is None else SliceRow.hold == hold,
    )
    rows = (await tx.exec(query.order_by(col(SliceRow.work_date), col(SliceRow.source)))).all()
    return [_slice(row) for row in rows]


async def unbilled(tx: Transaction, contract: ContractId, currency: Currency, until: date) -> Money:
    """Return what is ready to be billed up to a day."""
    total = select(func.sum(col(SliceRow.amount))).where(
        SliceRow.contract == contract,
        SliceRow.state == SliceState.READY,
        SliceRow.work_date <= until,
    )
    return Money(amount=(await tx.exec(total)).one() or Decimal(0), currency=currency)


async def ready_again(
    tx: Transaction,
    contract: ContractId,
    currency: Currency,
    *,
    until: date | None,
    milestones: Sequence[str],
) -> Money:
    """Return what is ready of work up to a day, if there is one, and of some milestones."""
    is_asked = or_(
        col(SliceRow.source).in_(milestones), col(SliceRow.work_date) <= (until or date.min)
    )
    total = select(func.sum(col(SliceRow.amount))).where(
        SliceRow.contract == contract, SliceRow.state == SliceState.READY, is_asked
    )
    return Money(amount=(await tx.exec(total)).one() or Decimal(0), currency=currency)


async def hold(tx: Transaction, slices: Iterable[Slice], kind: HoldKind, reason: str) -> None:
    """Hold slices back, off any invoice."""
    await _move(tx, slices, state=SliceState.HELD, hold=kind, reason=reason)


async def release(tx: Transaction, slices: Iterable[Slice]) -> None:
    """Make slices ready, off any invoice."""
    await _move(tx, slices, state=SliceState.READY, hold=None, reason="")


async def split(tx: Transaction, contract: ContractId, billable: Slice, excess: Slice) -> None:
    """Leave of a slice what is billable, and keep the excess as a slice of its own."""
    last = select(func.max(SliceRow.number)).where(SliceRow.source == billable.source)
    number = ((await tx.exec(last)).one() or 0) + 1
    row = await tx.get_one(SliceRow, (billable.source, billable.number), with_for_update=True)
    row.seconds, row.amount = billable.worked.seconds, billable.amount.amount
    await tx.flush()
    await add(tx, [(contract, excess.model_copy(update={"number": number}))])


async def bill(tx: Transaction, invoice: str, line: int, slices: Sequence[tuple[str, int]]) -> None:
    """Record that slices stand on an invoice line.

    Raises:
        NotReadyError: one of them is not ready: it stands on an invoice already, or is held.
    """
    if await _ready_among(tx, slices) != len(slices):
        msg = f"{invoice}/{line}"
        raise NotReadyError(msg)
    rows = [
        {
            "source": source,
            "number": number,
            "state": SliceState.BILLED,
            "invoice": invoice,
            "line": line,
        }
        for source, number in slices
    ]
    await bulk.update(tx, SliceRow, rows)


async def write_off(tx: Transaction, contract: ContractId, *, by: str, reason: str) -> int:
    """Write off what of a contract is to be billed or decided; return how many slices that is."""
    query = select(SliceRow).where(SliceRow.contract == contract, _IS_OPEN)
    rows = (await tx.exec(query)).all()
    for row in rows:
        row.state = SliceState.WRITTEN_OFF
        part = f"{row.source}/{row.number}"
        trail.audit(tx, "slice.written_off", part, detail=reason, actor=by)
    return len(rows)


async def move_to_line(
    tx: Transaction, invoice: str, line: int, slices: Sequence[tuple[str, int]]
) -> None:
    """Record that slices of an invoice stand on another of its lines."""
    rows = [
        {"source": source, "number": number, "invoice": invoice, "line": line}
        for source, number in slices
    ]
    await bulk.update(tx, SliceRow, rows)


async def on_invoice(tx: Transaction, invoice: str) -> Sequence[tuple[int, Slice]]:
    """Return the slices of an invoice, each with its line."""
    query = select(SliceRow).where(SliceRow.invoice == invoice)
    rows = (await tx.exec(query.order_by(col(SliceRow.line), col(SliceRow.source)))).all()
    return [(row.line or 0, _slice(row)) for row in rows]


async def of_source(tx: Transaction, source: str) -> Sequence[tuple[str | None, int, Slice]]:
    """Return the slices of a source, each with its invoice and line."""
    query = select(SliceRow).where(SliceRow.source == source).order_by(col(SliceRow.number))
    rows = (await tx.exec(query)).all()
    return [(row.invoice, row.line or 0, _slice(row)) for row in rows]


async def all_slices(tx: Transaction) -> Sequence[tuple[str | None, int, Slice]]:
    """Return every slice with its invoice and line, for checking the whole."""
    rows = (await tx.exec(select(SliceRow).order_by(col(SliceRow.source)))).all()
    return [(row.invoice, row.line or 0, _slice(row)) for row in rows]


async def open_count(tx: Transaction, contract: ContractId) -> int:
    """Return how many slices of a contract are still to be billed or decided."""
    query = select(func.count()).select_from(SliceRow)
    return (await tx.exec(query.where(SliceRow.contract == contract, _IS_OPEN))).one()


async def _move(
    tx: Transaction,
    slices: Iterable[Slice],
    *,
    state: SliceState,
    hold: HoldKind | None,
    reason: str,
) -> None:
    rows = [
        {
            "source": part.source,
            "number": part.number,
            "state": state,
            "hold": hold,
            "reason": reason,
            "invoice": None,
            "line": None,
        }
        for part in slices
    ]
    await bulk.update(tx, SliceRow, rows)


async def _ready_among(tx: Transaction, slices: Sequence[tuple[str, int]]) -> int:
    wanted, found = set(slices), 0
    sources = sorted({source for source, _ in slices})
    for start in range(0, len(sources), _AT_ONCE):
        part = col(SliceRow.source).in_(sources[start : start + _AT_ONCE])
        query = select(SliceRow.source, SliceRow.number).where(
            part, SliceRow.state == SliceState.READY
        )
        # Another invoice that takes them at the same time is waited for: they are not ready then.
        in_order = query.order_by(col(SliceRow.source), col(SliceRow.number))
        found += len(wanted & set((await tx.exec(in_order.with_for_update())).all()))
    return found


def _slice(row: SliceRow) -> Slice:
    return Slice(
        source=row.source,
        number=row.number,
        project=ProjectCode(row.project),
        state=row.state.value,
        work_date=row.work_date,
        worked=WorkTime(seconds=row.seconds),
        amount=Money(amount=row.amount, currency=row.currency),
        unit_price=row.unit_price,
        text=row.text,
        hold=row.hold.value if row.hold else None,
        reason=row.reason,
    )
