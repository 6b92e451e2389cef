"""Putting what is ready on a draft, under what the contract promised, in one transaction.

Whoever calls this holds the contract's lock.
"""

from collections.abc import Sequence

from canonical import processes
from canonical.cases import Case, CaseId
from canonical.contracts import Contract
from canonical.money import Money
from canonical.slices import Slice
from policies.billing import cap
from store import billing, cases, commitments, slices, trail
from store.commitments import Consumption
from store.database import Transaction
from store.tables.work import HoldKind


async def ready(tx: Transaction, asked: billing.Request) -> Sequence[Slice]:
    """Return what a cycle may bill: what is ready, and what only the cap held back so far."""
    source = asked.key if asked.kind == billing.MILESTONE else None
    found = await slices.ready(tx, asked.contract, until=asked.cut_off, source=source)
    held = await slices.held_by(tx, asked.contract, HoldKind.CAP)
    return [
        *found,
        *(
            part
            for part in held
            if part.work_date <= asked.cut_off and source in (None, part.source)
        ),
    ]


async def take(
    tx: Transaction, contract: Contract, document: str, parts: Sequence[Slice]
) -> Sequence[Slice]:
    """Return what a document bills of these, each of them ready, and hold what the cap forbids."""
    if contract.cap is None:
        await slices.release(tx, [part for part in parts if part.state == "held"])
        return parts
    consumed = await commitments.consumed(tx, contract.id, "cap", contract.currency)
    verdict = cap.decide(contract.cap, consumed, parts)
    await _apply(tx, contract, verdict)
    if verdict.billed.amount:
        told = verdict.model_dump_json(exclude={"portions"})
        consumption = Consumption(document, verdict.billed, told)
        await commitments.consume(tx, contract.id, "cap", consumption)
    await _notify(tx, contract, verdict)
    return [portion.billable for portion in verdict.portions if portion.billable is not None]


async def look_at_cap(tx: Transaction, contract: Contract) -> None:
    """Say anew what is above a contract's cap, after what it holds or bills has changed."""
    if contract.cap is not None:
        consumed = await commitments.consumed(tx, contract.id, "cap", contract.currency)
        await _keep_case(tx, contract, consumed)


async def _apply(tx: Transaction, contract: Contract, verdict: cap.Verdict) -> None:
    reason = (
        f"the cap of {verdict.cap.amount} is spent: {verdict.after} is billed "
        f"({verdict.rule.id} {verdict.rule.version}, {verdict.cap.policy})"
    )
    held = {"state": "held", "hold": "cap", "reason": reason}
    whole = [p.part for p in verdict.portions if p.billable is None]
    await slices.hold(tx, whole, HoldKind.CAP, reason)
    freed = [p.part for p in verdict.portions if p.billable and p.part.state == "held"]
    await slices.release(tx, freed)
    for portion in verdict.portions:
        if portion.billable is not None and portion.excess is not None:
            excess = portion.excess.model_copy(update=held)
            await slices.split(tx, contract.id, portion.billable, excess)


async def _notify(tx: Transaction, contract: Contract, verdict: cap.Verdict) -> None:
    for level in cap.levels(verdict.cap, verdict.consumed, verdict.after):
        await trail.publish(
            tx,
            "cap.reached",
            f"{contract.id}/{level}",
            percent=str(level),
            cap=str(verdict.cap.amount),
            consumed=str(verdict.after),
        )
    await _keep_case(tx, contract, verdict.after)


async def _keep_case(tx: Transaction, contract: Contract, consumed: Money) -> None:
    """Keep a case open for as long as work is above the cap, held or billed all the same."""
    assert contract.cap is not None  # noqa: S101 - for the type checker
    limit, held = contract.cap.amount, await slices.held_by(tx, contract.id, HoldKind.CAP)
    excess = Money.total((part.amount for part in held), contract.currency)
    over = consumed - limit
    text = f"{excess} of approved work is above the cap of {limit} and held"
    if not held:
        text = f"{over} is billed above the cap of {limit}"
    case = Case(
        id=CaseId(f"cap/{contract.id}"),
        error_class="E11",
        step="Bill under the cap",
        workflow=processes.billing_id(contract.id),
        subject=contract.id,
        text=f"{text}: a higher one in the CRM is taken over; until then it stays held",
        root_cause=f"E11/{contract.id}/cap",
        owner="delivery",
        certainty="not_sent",
        at_risk=excess if held else over,
    )
    if held or over.amount > 0:
        await cases.open_case(tx, case)
    elif case.id in await cases.open_of(tx, case.workflow):
        await cases.close_case(tx, case.id)
