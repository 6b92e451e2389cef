"""Drafts: what may still change in an invoice, who agreed to it, and from when on it may not.

Whoever changes a draft holds its contract's lock; each change is the next edition.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sqlmodel import col, func, select

from canonical.base import RuleError
from canonical.invoices import Invoice, InvoiceId
from store import clock, invoices, trail
from store.database import Transaction
from store.invoices import Kept
from store.tables.money import ApprovalRow, ChangeRow, InvoiceRow, Standing

ChangeKind = Literal["edit", "hold", "reject"]
_BEYOND = (Standing.POSTING, Standing.POSTED)  # nothing changes any more


class NoDraftError(RuleError):
    """An invoice was to be changed that is on its way into the ERP, posted or dropped."""


class ApprovalStaleError(RuleError):
    """An approval, or a change, names other content than the invoice has now."""


class NobodyError(RuleError):
    """Something was to be changed or approved, and nobody is named who does it."""


@dataclass(frozen=True)
class Change:
    """What a person wants changed; `content` is the wish as JSON."""

    number: int
    invoice: InvoiceId
    revision: int
    kind: str
    by: str
    content: str
    is_applied: bool = False


@dataclass(frozen=True)
class Approved:
    """Who approved a content; `person` is the name as names are compared."""

    person: str
    by: str


async def draft(tx: Transaction, invoice: InvoiceId, revision: int) -> Kept:
    """Return an invoice that can change.

    Raises:
        NoDraftError: it cannot any more; the text says why.
    """
    kept = await invoices.get(tx, invoice, revision)
    if kept.standing is not Standing.DRAFT:
        said = {
            Standing.POSTING: "is being posted in the ERP",
            Standing.POSTED: "is posted",
            Standing.DROPPED: "was dropped",
        }[kept.standing]
        msg = f"{kept.invoice.reference} {said}: it cannot change any more"
        raise NoDraftError(msg)
    return kept


async def rewrite(tx: Transaction, invoice: Invoice, *, content_hash: str, actor: str) -> None:
    """Put another content in place of a draft's; what was approved of it is void."""
    row = await _row(tx, invoice.id, invoice.revision)
    before = row.content_hash
    row.content, row.content_hash = invoice.model_dump_json(), content_hash
    row.net = invoice.net.amount
    row.edition += 1
    row.changed_by = actor
    trail.audit(
        tx, "invoice.changed", invoice.reference, detail=f"{before} -> {content_hash}", actor=actor
    )


async def drop(tx: Transaction, kept: Kept, *, actor: str, reason: str) -> None:
    """Record that a draft will be no invoice."""
    row = await _row(tx, kept.invoice.id, kept.invoice.revision)
    row.standing = Standing.DROPPED
    row.edition += 1
    row.changed_by = actor
    trail.audit(tx, "invoice.dropped", kept.invoice.reference, detail=reason, actor=actor)


async def see(tx: Transaction, kept: Kept, *, needed: int) -> None:
    """Record that the invoice's workflow knows this edition, and how many must approve it."""
    row = await _row(tx, kept.invoice.id, kept.invoice.revision)
    row.seen, row.needed = row.edition, needed


async def unseen(tx: Transaction) -> Sequence[Kept]:
    """Return what changed without its workflow knowing."""
    query = select(InvoiceRow.id, InvoiceRow.revision).where(
        col(InvoiceRow.edition) > InvoiceRow.seen,
        col(InvoiceRow.standing).in_((Standing.DRAFT, Standing.DROPPED)),
    )
    rows = (await tx.exec(query)).all()
    return [await invoices.get(tx, InvoiceId(name), revision) for name, revision in rows]


async def send(tx: Transaction, kept: Kept) -> bool:
    """Record that the ERP is given this edition; False if it may not be, as it stands now."""
    row = await _row(tx, kept.invoice.id, kept.invoice.revision)
    if row.standing in _BEYOND:
        return True
    if not await _is_agreed(tx, row):
        return False
    row.sent = row.edition
    return True


async def is_still_sent(tx: Transaction, kept: Kept) -> bool:
    """Say whether the edition that the ERP was given is the draft's still, and hold it so."""
    identity = (kept.invoice.id, kept.invoice.revision)
    return _is_what_was_sent(await tx.get_one(InvoiceRow, identity, with_for_update=True), kept)


async def forget_sent(tx: Transaction, kept: Kept) -> None:
    """Record that the ERP has no draft of the invoice any more."""
    row = await _row(tx, kept.invoice.id, kept.invoice.revision)
    row.sent = row.document = None


async def begin_posting(tx: Transaction, kept: Kept) -> bool:
    """Let nothing change any more; False if the ERP's draft is not what was agreed to."""
    row = await _row(tx, kept.invoice.id, kept.invoice.revision)
    if row.standing in _BEYOND:
        return True
    if not _is_what_was_sent(row, kept) or not await _is_agreed(tx, row):
        return False
    row.standing = Standing.POSTING
    return True


async def step_back(tx: Transaction, kept: Kept) -> None:
    """Make an invoice a draft again whose posting the ERP refused."""
    row = await _row(tx, kept.invoice.id, kept.invoice.revision)
    if row.standing is Standing.POSTING:
        row.standing = Standing.DRAFT


def refuse_unseen(kept: Kept, content_hash: str | None) -> None:
    """Refuse what was decided about other content.

    Raises:
        ApprovalStaleError: it names another hash, or none.
    """
    if kept.content_hash != content_hash:
        msg = f"{kept.invoice.reference} has changed since it was seen: look again"
        raise ApprovalStaleError(msg)


def refuse_nobody(name: str) -> None:
    """Refuse what nobody does.

    Raises:
        NobodyError: the name is empty.
    """
    if not name.strip():
        msg = "nobody is named who does it"
        raise NobodyError(msg)


async def approve(tx: Transaction, kept: Kept, *, person: str, by: str, content_hash: str) -> None:
    """Record who approved exactly this edition; the same approval twice is one.

    Raises:
        ApprovalStaleError: the content has another hash.
        NobodyError: nobody is named.
    """
    invoice = kept.invoice
    refuse_nobody(person)
    refuse_unseen(kept, content_hash)
    identity = (invoice.id, invoice.revision, kept.edition, content_hash, person)
    if await tx.get(ApprovalRow, identity) is None:
        row = ApprovalRow(
            id=invoice.id,
            revision=invoice.revision,
            edition=kept.edition,
            content_hash=content_hash,
            person=person,
            by=by,
            at=clock.now(),
        )
        tx.add(row)
        trail.audit(tx, "invoice.approved", invoice.reference, detail=content_hash, actor=by)


async def approvals(tx: Transaction, kept: Kept) -> Sequence[Approved]:
    """Return who approved the invoice as it stands, the first first."""
    query = select(ApprovalRow).where(
        ApprovalRow.id == kept.invoice.id,
        ApprovalRow.revision == kept.invoice.revision,
        ApprovalRow.edition == kept.edition,
    )
    rows = (await tx.exec(query.order_by(col(ApprovalRow.at)))).all()
    return [Approved(row.person, row.by) for row in rows]


async def propose(tx: Transaction, kept: Kept, *, kind: ChangeKind, by: str, content: str) -> int:
    """Keep what somebody wants changed, and return its number.

    Raises:
        NobodyError: nobody is named.
    """
    refuse_nobody(by)
    row = ChangeRow(
        id=kept.invoice.id, revision=kept.invoice.revision, kind=kind, by=by, content=content
    )
    tx.add(row)
    await tx.flush()
    return row.number or 0


async def change(tx: Transaction, number: int) -> Change:
    """Return what somebody wants changed; a bug if nobody does."""
    return _change(await tx.get_one(ChangeRow, number))


async def changes(tx: Transaction, kept: Kept) -> Sequence[Change]:
    """Return what was changed in an invoice, the first first."""
    query = select(ChangeRow).where(
        ChangeRow.id == kept.invoice.id,
        ChangeRow.revision == kept.invoice.revision,
        col(ChangeRow.is_applied).is_(True),
    )
    return [_change(row) for row in (await tx.exec(query.order_by(col(ChangeRow.number)))).all()]


async def editors(tx: Transaction, kept: Kept) -> set[str]:
    """Return who changed a draft. A recall is nobody's change."""
    return {change.by for change in await changes(tx, kept)}


async def mark_applied(tx: Transaction, number: int) -> None:
    """Record that a change is made."""
    (await tx.get_one(ChangeRow, number)).is_applied = True


def _is_what_was_sent(row: InvoiceRow, kept: Kept) -> bool:
    return row.sent == row.edition == kept.edition


async def _is_agreed(tx: Transaction, row: InvoiceRow) -> bool:
    query = select(func.count()).select_from(ApprovalRow)
    query = query.where(ApprovalRow.id == row.id, ApprovalRow.revision == row.revision)
    given = (await tx.exec(query.where(ApprovalRow.edition == row.edition))).one()
    return row.standing is Standing.DRAFT and given >= row.needed


async def _row(tx: Transaction, invoice: InvoiceId, revision: int) -> InvoiceRow:
    return await tx.get_one(InvoiceRow, (invoice, revision))


def _change(row: ChangeRow) -> Change:
    return Change(
        row.number or 0,
        InvoiceId(row.id),
        row.revision,
        row.kind,
        row.by,
        row.content,
        row.is_applied,
    )
