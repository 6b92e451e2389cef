"""Requests to bill: each key is one request and one cycle, however often it is made."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlmodel import col, func, select

from canonical.contracts import ContractId
from canonical.money import Currency, Money
from store import commitments, slices, trail, turns
from store.database import Transaction
from store.tables.traffic import TriggerRow

CUT_OFF = "cut_off"
MILESTONE = "milestone"
THRESHOLD = "threshold"


@dataclass(frozen=True)
class Request:
    """What to bill in a cycle: work up to a cut-off, or the milestone that is the key."""

    contract: ContractId
    key: str
    cycle: int
    kind: str
    cut_off: date
    is_done: bool = False
    is_begun: bool = False


async def cut_off(tx: Transaction, contract: ContractId, day: date) -> Request:
    """Return the cycle that bills a contract up to a day.

    The same day again is the same cycle, unless that is through and more has become ready.
    """
    again = 1
    while True:
        key = f"cut-off/{day}" if again == 1 else f"cut-off/{day}/{again}"
        asked = await request(tx, contract, kind=CUT_OFF, key=key, cut_off=day)
        if not asked.is_done or not await slices.ready(tx, contract, until=day):
            return asked
        again += 1


async def request(
    tx: Transaction, contract: ContractId, *, kind: str, key: str, cut_off: date
) -> Request:
    """Return the cycle of a request, opening it the first time."""
    await commitments.lock(tx, contract)  # first, as whoever crosses a threshold has it already
    await turns.wait(tx, "cycle", contract)  # a milestone may be reached before there is a contract
    row = await tx.get(TriggerRow, (contract, key))
    if row is None:
        last = select(func.max(col(TriggerRow.cycle))).where(TriggerRow.contract == contract)
        row = TriggerRow(
            contract=contract,
            key=key,
            cycle=((await tx.exec(last)).one() or 0) + 1,
            kind=kind,
            cut_off=cut_off,
        )
        tx.add(row)
        trail.audit(tx, "billing.requested", f"{contract}/{row.cycle}", detail=key)
    return _request(row)


async def crossed(tx: Transaction, contract: ContractId, day: date) -> Request | None:
    """Return the cycle that a crossing of the threshold opens; None while the last one waits.

    One that waits bills up to the newest day. A crossing is over once its cycle has looked for
    what is ready, and the next is another one.
    """
    query = select(TriggerRow).where(TriggerRow.contract == contract, TriggerRow.kind == THRESHOLD)
    crossings = (await tx.exec(query)).all()
    waiting = [row for row in crossings if not row.is_begun]
    if waiting:
        for row in waiting:
            row.cut_off = max(row.cut_off, day)
        return None
    key = f"threshold/{len(crossings) + 1}"
    return await request(tx, contract, kind=THRESHOLD, key=key, cut_off=day)


async def begin(tx: Transaction, contract: ContractId, cycle: int) -> None:
    """Record that a cycle has looked for what is ready."""
    query = select(TriggerRow).where(TriggerRow.contract == contract, TriggerRow.cycle == cycle)
    (await tx.exec(query)).one().is_begun = True


async def of_cycle(tx: Transaction, contract: ContractId, cycle: int) -> Request:
    """Return the request that opened a cycle; a bug if there is none."""
    query = select(TriggerRow).where(TriggerRow.contract == contract, TriggerRow.cycle == cycle)
    return _request((await tx.exec(query)).one())


async def waiting(tx: Transaction) -> Sequence[Request]:
    """Return the requests whose cycle is not through, the oldest cycle first."""
    query = select(TriggerRow).where(col(TriggerRow.is_done).is_(False))
    return [_request(row) for row in (await tx.exec(query.order_by(col(TriggerRow.cycle)))).all()]


async def is_waiting(tx: Transaction, contract: ContractId) -> bool:
    """Say whether a cycle of a contract is not through."""
    query = select(TriggerRow.key).where(
        TriggerRow.contract == contract, col(TriggerRow.is_done).is_(False)
    )
    return (await tx.exec(query.limit(1))).first() is not None


async def unasked(tx: Transaction, contract: ContractId, currency: Currency) -> Money:
    """Return what a cycle asked for that is over, that is ready again, and no cycle asks for."""
    if await is_waiting(tx, contract):
        return Money.total((), currency)
    rows = (await tx.exec(select(TriggerRow).where(TriggerRow.contract == contract))).all()
    days = [row.cut_off for row in rows if row.kind != MILESTONE]
    milestones = [row.key for row in rows if row.kind == MILESTONE]
    return await slices.ready_again(
        tx, contract, currency, until=max(days, default=None), milestones=milestones
    )


async def behind(tx: Transaction, contract: ContractId, cycle: int) -> int:
    """Return how many cycles of a contract wait until one is through: it bills one by one."""
    query = select(func.count()).where(
        TriggerRow.contract == contract,
        col(TriggerRow.is_done).is_(False),
        TriggerRow.cycle > cycle,
    )
    return (await tx.exec(query)).one()


async def finish(tx: Transaction, contract: ContractId, cycle: int) -> None:
    """Record that a cycle is through."""
    query = select(TriggerRow).where(TriggerRow.contract == contract, TriggerRow.cycle == cycle)
    (await tx.exec(query)).one().is_done = True


def _request(row: TriggerRow) -> Request:
    return Request(
        contract=ContractId(row.contract),
        key=row.key,
        cycle=row.cycle,
        kind=row.kind,
        cut_off=row.cut_off,
        is_done=row.is_done,
        is_begun=row.is_begun,
    )
