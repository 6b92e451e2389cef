"""Recalls: approvals that are taken back, wherever the work has come to since."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

from activities import prebill
from canonical.cases import Case, CaseId, ErrorClass
from canonical.contracts import ContractId
from canonical.entries import EntryKey
from canonical.money import Currency, Money
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
    tx: Transaction,
    approved: Mapping[ForeignId, Collection[EntryKey]],
    changed: Collection[EntryKey] = (),
) -> Mapping[ForeignId, int]:
    """Take back what is approved no longer of these timesheets, and count it by timesheet.

    Nothing was made of an entry that is not cut yet. Of the others slices are held, off any
    draft, and a case says what is left in the ERP. Entries that `changed` since something was
    made of them are approved no longer as they were.
    """
    found = await recalled.recall(tx, approved, changed)
    for story in found:
        trail.audit(tx, "entry.recalled", story.filed.entry.key, detail=story.progress)
    uncut = [story.filed.entry.key for story in found if story.progress in _UNCUT]
    await slices.drop_held(tx, uncut)
    by_sheet = _by_sheet(found)
    for sheet, stories in by_sheet.items():
        costed = [story for story in stories if story.progress not in _UNCUT]
        if costed:
            await _take_back(tx, sheet, costed)
    return {sheet: len(stories) for sheet, stories in by_sheet.items()}


async def approve_again(tx: Transaction, keys: Collection[EntryKey]) -> set[ContractId]:
    """Let go what was held because its approval had been taken back; return whose it is."""
    freed: set[ContractId] = set()
    sheets: set[ForeignId] = set()
    for key in sorted(keys):
        story = await entries.find(tx, key)
        if story is None:
            raise LookupError(key)  # whoever was recalled is known
        sheets.add(story.timesheet)
        freed.add(story.filed.contract)
        await commitments.lock(tx, story.filed.contract)
        parts = [part for _, _, part in await slices.of_source(tx, key) if part.hold == "recall"]
        await slices.release(tx, parts)
        trail.audit(tx, "entry.approved_again", key)
    for case in await cases.open_of(tx, _READING) if keys else ():
        timesheet = case.removeprefix(_CASE)
        if timesheet == case:
            continue
        if not await recalled.left(tx, timesheet):
            await cases.close_case(tx, case)
    for sheet in sorted(sheets, key=str):
        await _keep_case(tx, sheet, [])
    return freed


async def take_off_recalled(tx: Transaction, sources: Collection[str]) -> None:
    """Hold what is recalled of a draft that was on its way into the ERP when the recall came."""
    for sheet, stories in _by_sheet(await recalled.among(tx, sources)).items():
        await _take_back(tx, sheet, stories)


def _by_sheet(stories: Iterable[Story]) -> Mapping[ForeignId, Sequence[Story]]:
    by_sheet: dict[ForeignId, list[Story]] = defaultdict(list)
    for story in stories:
        by_sheet[story.timesheet].append(story)
    return by_sheet


async def _take_back(tx: Transaction, sheet: ForeignId, costed: Sequence[Story]) -> None:
    by_contract: dict[ContractId, set[str]] = defaultdict(set)
    for story in costed:
        by_contract[story.filed.contract].add(story.filed.entry.key)
    said: list[str] = []
    for contract, keys in sorted(by_contract.items()):
        await commitments.lock(tx, contract)
        said += await _hold(tx, keys)
    await _keep_case(tx, sheet, said)


async def _hold(tx: Transaction, keys: Collection[str]) -> list[str]:
    """Hold the slices of entries, off any draft, and return what is to be said of the drafts.

    What a person holds stays theirs.
    """
    on_invoice: dict[str, set[str]] = defaultdict(set)
    loose: list[Slice] = []
    for key in sorted(keys):
        for invoice, _, part in await slices.of_source(tx, key):
            if invoice is not None:
                on_invoice[invoice].add(key)
            elif part.state in ("ready", "held") and part.hold != "person":
                loose.append(part)
    await slices.hold(tx, loose, HoldKind.RECALL, _REASON)
    said: list[str] = []
    for reference, sources in on_invoice.items():
        kept = await invoices.by_reference(tx, reference)
        if kept.standing is Standing.DRAFT:
            amount = await prebill.take_off(
                tx, kept, sources, HoldKind.RECALL, _REASON, actor=trail.TIEBEAM
            )
            said.append(f"{amount} is taken off the draft {reference}")
    return said


async def _keep_case(tx: Transaction, sheet: ForeignId, said: Sequence[str]) -> None:
    """Say what is left in the ERP of all entries of a timesheet that are recalled."""
    left = await recalled.left(tx, str(sheet))
    if not left:
        return
    issued = await _issued(tx, [story.filed.entry.key for story in left])
    totals: dict[Currency, Money] = {}
    credits_: list[str] = []
    for reference, amount in issued.items():
        status = (await invoices.by_reference(tx, reference)).status
        number = status.number if status else None
        credits_.append(f"{amount} stands on invoice {number or reference} and is to be credited")
        known = totals.get(amount.currency)
        totals[amount.currency] = amount if known is None else known + amount
    what = f"{len(left)} entries of timesheet {sheet} are approved no longer as they were"
    told = [f"the cost of {len(left)} is in the ERP", *said, *credits_]
    case = Case(
        id=CaseId(f"{_CASE}{sheet}"),
        error_class=_CLASS,
        step="Take back what was approved",
        workflow=_READING,
        subject=str(sheet),
        text=f"{what}: {'; '.join(told)}",
        root_cause=f"{_CLASS}/{sheet}",
        owner="finance",
        certainty="partially_applied",
        # A case has one amount; its text has those in other currencies too.
        at_risk=totals[min(totals)] if totals else None,
    )
    await cases.open_case(tx, case)


async def _issued(tx: Transaction, keys: Collection[EntryKey]) -> Mapping[str, Money]:
    """Return what of recalled entries stands on invoices, by our reference."""
    issued: dict[str, Money] = {}
    for key in sorted(keys):
        for invoice, _, part in await slices.of_source(tx, key):
            if invoice is not None:
                known = issued.get(invoice)
                issued[invoice] = part.amount if known is None else known + part.amount
    return issued
