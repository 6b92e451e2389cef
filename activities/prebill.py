"""Pre-bill: what people change in a draft before it is an invoice.

Whoever calls this holds the contract's lock.
"""

from collections.abc import Collection

from activities import drafting
from activities.effects import content_hash
from canonical.base import Record, RuleError
from canonical.contracts import ContractId
from canonical.invoices import Invoice
from canonical.money import Money
from policies.billing import invoice_lines
from store import commitments, contracts, drafts, slices, trail
from store import recalls as recalled
from store.database import Transaction
from store.drafts import Change
from store.invoices import Kept
from store.tables.work import HoldKind


class NotOnDraftError(RuleError):
    """An entry or a line was named that is not on the draft."""


class RecalledError(RuleError):
    """An entry was to be released whose approval was taken back."""


class Edit(Record):
    """Other words for a line, or another purchase order; amounts are never edited.

    Lines are numbered anew when one goes, so other words name the hash of what was seen.
    """

    line: int | None = None
    text: str | None = None
    purchase_order: str | None = None
    content_hash: str | None = None
    reason: str


class Hold(Record):
    """Keep an entry or a milestone off the draft."""

    source: str
    reason: str


class Reject(Record):
    """Drop the draft; what was on it is ready again."""

    reason: str


async def apply(tx: Transaction, change: Change) -> None:
    """Make a change, once.

    Raises:
        ApprovalStaleError: it is about other content than the draft has now.
        NoDraftError: the invoice cannot change any more.
        NobodyError: nobody is named who makes it.
        NotOnDraftError: it names what is not on the draft.
    """
    if change.is_applied:
        return
    drafts.refuse_nobody(change.by)
    kept = await drafts.draft(tx, change.invoice, change.revision)
    match change.kind:
        case "edit":
            await _edit(tx, kept, Edit.model_validate_json(change.content), change.by)
        case "hold":
            wish = Hold.model_validate_json(change.content)
            reason = f"{change.by}: {wish.reason}"
            await take_off(tx, kept, {wish.source}, HoldKind.PERSON, reason, actor=change.by)
            await _hold_the_rest(tx, kept, wish.source, reason)
        case _:
            await _reject(tx, kept, Reject.model_validate_json(change.content), change.by)
    await drafts.mark_applied(tx, change.number)


async def take_off(  # noqa: PLR0913 - what, from where, and who says why
    tx: Transaction, kept: Kept, gone: Collection[str], hold: HoldKind, reason: str, *, actor: str
) -> Money:
    """Hold the slices of some sources off a draft, and return what they are worth.

    Raises:
        NotOnDraftError: nothing of them is on it.
    """
    invoice = kept.invoice
    on_lines = await slices.on_invoice(tx, invoice.reference)
    taken = [part for _, part in on_lines if part.source in gone]
    if not taken:
        msg = f"{', '.join(gone)} is not on {invoice.reference}"
        raise NotOnDraftError(msg)
    amount = Money.total((part.amount for part in taken), invoice.currency)
    await slices.hold(tx, taken, hold, reason)
    for source in sorted({part.source for part in taken}):
        trail.audit(tx, "slice.held", source, detail=reason, actor=actor)
    await commitments.release(tx, invoice.contract, invoice.reference, amount)
    lines = invoice_lines.without(invoice.lines, on_lines, gone)
    if not lines:
        await drafts.drop(tx, kept, actor=actor, reason=reason)
        return amount
    for item in lines:
        await slices.move_to_line(tx, invoice.reference, item.line.number, item.slices)
    left = invoice.model_copy(update={"lines": tuple(item.line for item in lines)})
    await _rewrite(tx, left, actor)
    return amount


async def release(tx: Transaction, contract: ContractId, source: str, *, by: str) -> Money:
    """Make ready what a person held back, for a later cycle, and return what it is worth.

    Raises:
        NotOnDraftError: no person holds it back.
        RecalledError: its approval was taken back meanwhile.
    """
    if await recalled.among(tx, [source]):
        msg = f"the approval of {source} was taken back: release it once it is approved again"
        raise RecalledError(msg)
    held = [
        part
        for part in await slices.held_by(tx, contract, HoldKind.PERSON)
        if part.source == source
    ]
    if not held:
        msg = f"nobody holds {source} back"
        raise NotOnDraftError(msg)
    await slices.release(tx, held)
    trail.audit(tx, "slice.released", source, actor=by)
    return Money.total((part.amount for part in held), held[0].amount.currency)


async def _hold_the_rest(tx: Transaction, kept: Kept, source: str, reason: str) -> None:
    """Hold what else of a source is not billed: what the cap holds would go out in the room."""
    rest = [
        part
        for _, _, part in await slices.of_source(tx, source)
        if part.state == "ready" or part.hold == "cap"
    ]
    await slices.hold(tx, rest, HoldKind.PERSON, reason)
    await drafting.look_at_cap(tx, await contracts.get(tx, kept.invoice.contract))


async def _edit(tx: Transaction, kept: Kept, wish: Edit, by: str) -> None:
    invoice = kept.invoice
    changes: dict[str, object] = {}
    if wish.purchase_order is not None:
        changes["purchase_order"] = wish.purchase_order or None
    if wish.line is not None and wish.text is not None:
        drafts.refuse_unseen(kept, wish.content_hash)
        if wish.line not in {line.number for line in invoice.lines}:
            msg = f"{invoice.reference} has no line {wish.line}"
            raise NotOnDraftError(msg)
        changes["lines"] = tuple(
            line.model_copy(update={"text": wish.text}) if line.number == wish.line else line
            for line in invoice.lines
        )
    edited = invoice.model_copy(update=changes)
    if edited == invoice:
        return
    trail.audit(tx, "invoice.edited", invoice.reference, detail=_told(kept, edited, wish), actor=by)
    await _rewrite(tx, edited, by)


def _told(kept: Kept, edited: Invoice, wish: Edit) -> str:
    said: list[str] = []
    before = kept.invoice
    if before.purchase_order != edited.purchase_order:
        said.append(f"purchase order {before.purchase_order} -> {edited.purchase_order}")
    said += [
        f"line {was.number} {was.text!r} -> {now.text!r}"
        for was, now in zip(before.lines, edited.lines, strict=True)
        if was.text != now.text
    ]
    return f"{'; '.join(said)} ({wish.reason})"


async def _reject(tx: Transaction, kept: Kept, wish: Reject, by: str) -> None:
    invoice = kept.invoice
    on_lines = await slices.on_invoice(tx, invoice.reference)
    await slices.release(tx, [part for _, part in on_lines])
    await commitments.release(tx, invoice.contract, invoice.reference, invoice.net)
    await drafts.drop(tx, kept, actor=by, reason=wish.reason)


async def _rewrite(tx: Transaction, invoice: Invoice, actor: str) -> None:
    await drafts.rewrite(tx, invoice, content_hash=content_hash(invoice), actor=actor)
