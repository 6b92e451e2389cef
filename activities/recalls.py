"""Recalls: approvals that are taken back, wherever the work has come to since."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from activities import prebill
from canonical.cases import Case, CaseId, ErrorClass
from canonical.contracts import ContractId
from canonical.entries import EntryKey
from canonical.invoices import InvoiceId
from canonical.money import Money
from canonical.slices import Slice
from canonical.systems import ForeignId
from store import cases, commitments, entries, invoices, slices, trail
from store import recalls as recalled
from store.database import Transaction
from store.entries import Story
from store.tables.money import Standing
from store.tables.work import HoldKind, Progress

_READING = "collect"
_CASE = "recall/"
_CLASS: ErrorClass = "E17"
_REASON = "its approval was taken back"
_UNCUT = (Progress.RECEIVED, Progress.HELD)


async def recall(
    tx: Transaction, approved: Mapping[ForeignId, Collection[EntryKey]]
) -> Mapping[ForeignId, int]:
    """Take back what is approved no longer of these timesheets, and count it by timesheet.

    Nothing was made of an entry that is not cut yet. Of the others slices are held, off any
    draft, and a case says what is left in the ERP.
    """
    found = await recalled.recall(tx, approved)
    for story in found:
        trail.audit(tx, "entry.recalled", story.filed.entry.key, detail=story.progress)
    uncut = [story.filed.entry.key for story in found if story.progress in _UNCUT]
    await slices.drop_held(tx, uncut)
    by_sheet: dict[ForeignId, list[Story]] = defaultdict(list)
    for story in found:
        by_sheet[story.timesheet].append(story)
    for sheet, stories in by_sheet.items():
        costed = [story for story in stories if story.progress not in _UNCUT]
        if costed:
            await _take_back(tx, sheet, costed)
    return {sheet: len(stories) for sheet, stories in by_sheet.items()}


async def approve_again(tx: Transaction, keys: Collection[EntryKey]) -> None:
    """Let go what was held because its approval had been taken back."""
    for key in sorted(keys):
        story = await entries.find(tx, key)
        if story is None:
            raise LookupError(key)  # whoever was recalled is known
        await commitments.lock(tx, story.filed.contract)
        parts = [part for _, _, part in await slices.of_source(tx, key) if part.hold == "recall"]
        await slices.release(tx, parts)
        trail.audit(tx, "entry.approved_again", key)
    for case in await cases.open_ids(tx, workflow=_READING):
        timesheet = case.removeprefix(_CASE)
        if timesheet != case and not await recalled.is_any_left(tx, timesheet):
            await cases.close_case(tx, case)


async def _take_back(tx: Transaction, sheet: ForeignId, costed: Sequence[Story]) -> None:
    by_contract: dict[ContractId, set[str]] = defaultdict(set)
    for story in costed:
        by_contract[story.filed.contract].add(story.filed.entry.key)
    said = [f"the cost of {len(costed)} is in the ERP"]
    at_risk: Money | None = None
    for contract, keys in sorted(by_contract.items()):
        await commitments.lock(tx, contract)
        told, issued = await _hold(tx, keys)
        said += told
        at_risk = at_risk or issued
    what = f"{len(costed)} entries of timesheet {sheet} are approved no longer"
    await cases.open_case(
        tx,
        Case(
            id=CaseId(f"{_CASE}{sheet}"),
            error_class=_CLASS,
            step="Take back what was approved",
            workflow=_READING,
            subject=str(sheet),
            text=f"{what}: {'; '.join(said)}",
            root_cause=f"{_CLASS}/{sheet}",
            owner="finance",
            certainty="partially_applied",
            at_risk=at_risk,
        ),
    )


async def _hold(tx: Transaction, keys: Collection[str]) -> tuple[list[str], Money | None]:
    """Hold the slices of entries; return what is to be said of them, and what is invoiced."""
    on_invoice: dict[str, list[Slice]] = defaultdict(list)
    loose: list[Slice] = []
    for key in sorted(keys):
        for invoice, _, part in await slices.of_source(tx, key):
            if invoice is not None:
                on_invoice[invoice].append(part)
            elif part.state in ("ready", "held"):
                loose.append(part)
    await slices.hold(tx, loose, HoldKind.RECALL, _REASON)
    said: list[str] = []
    at_risk: Money | None = None
    for reference, parts in on_invoice.items():
        name, _, revision = reference.rpartition("/")
        kept = await invoices.get(tx, InvoiceId(name), int(revision))
        amount = Money.total((part.amount for part in parts), kept.invoice.currency)
        if kept.standing is Standing.DRAFT:
            await prebill.take_off(
                tx, kept, {p.source for p in parts}, HoldKind.RECALL, _REASON, actor=trail.TIEBEAM
            )
            said.append(f"{amount} is taken off the draft {reference}")
        else:
            number = kept.status.number if kept.status else None
            said.append(f"{amount} stands on invoice {number or reference} and is to be credited")
            at_risk = amount
    return said, at_risk
