"""Pre-bill: reading a draft before it is an invoice, and asking its process to change it."""

from typing import Any

from temporalio.client import Client, WorkflowUpdateFailedError
from temporalio.exceptions import FailureError
from temporalio.service import RPCError, RPCStatusCode

from activities import prebill, unasked
from activities.prebill import Edit, Hold, Reject
from canonical import processes
from canonical.landscape import Landscape
from canonical.slices import Slice
from store import billing, cases, commitments, drafts, entries, invoices, slices
from store.database import Database, Transaction
from store.drafts import ChangeKind
from store.invoices import Kept

Wish = Edit | Hold | Reject
_KINDS: dict[type[Wish], ChangeKind] = {Edit: "edit", Hold: "hold", Reject: "reject"}


class NotChangedError(Exception):
    """A draft cannot be changed or approved like that; the text says what to do."""


async def read(database: Database, name: str) -> dict[str, Any]:
    """Return all that there is to know of an invoice before it goes out, as plain values.

    Raises:
        NotChangedError: there is no such invoice.
    """
    async with database.reading() as tx:
        kept = await _find(tx, name)
        asked = await billing.of_cycle(tx, kept.invoice.contract, kept.cycle)
        run = processes.issue_id(kept.invoice.reference)
        invoice = kept.invoice
        return {
            "reference": invoice.reference,
            "standing": kept.standing.value,
            "content_hash": kept.content_hash,
            "net": str(invoice.net),
            "client": invoice.client,
            "issued_on": invoice.issued_on.isoformat(),
            "purchase_order": invoice.purchase_order,
            "tax": invoice.tax.treatment,
            "asked_by": {"kind": asked.kind, "key": asked.key, "up_to": asked.cut_off.isoformat()},
            "lines": await _lines(tx, kept),
            "behind": await billing.behind(tx, invoice.contract, kept.cycle),
            "approvals": {
                "needed": kept.needed,
                "given": [each.by for each in await drafts.approvals(tx, kept)],
            },
            "changes": [
                {"what": each.kind, "by": each.by, "told": each.content}
                for each in await drafts.changes(tx, kept)
            ],
            "held": [_part(part) for part in await slices.held_by(tx, invoice.contract)],
            "waits_for": [case.text for case in await cases.open_cases(tx) if case.workflow == run],
        }


async def change(client: Client, database: Database, name: str, by: str, wish: Wish) -> str:
    """Change a draft, and return the hash of its content afterwards.

    Raises:
        NotChangedError: there is no such draft, or it cannot be changed like that.
    """
    _refuse_nobody(by)
    async with database.transaction() as tx:
        kept = await _find(tx, name)
        number = await drafts.propose(
            tx, kept, kind=_KINDS[type(wish)], by=by, content=wish.model_dump_json()
        )
    update = {"number": number}
    return str(await _update(client, kept, "change", update, f"change/{number}"))


async def approve(client: Client, database: Database, name: str, by: str, content_hash: str) -> str:
    """Approve exactly the content that was seen, and return the invoice's process.

    Raises:
        NotChangedError: it does not wait for an approval, or not for this one.
    """
    _refuse_nobody(by)
    async with database.reading() as tx:
        kept = await _find(tx, name)
    approval = {"by": by, "content_hash": content_hash}
    await _update(client, kept, "approve", approval, f"approval/{by}/{kept.edition}/{content_hash}")
    return processes.issue_id(kept.invoice.reference)


async def release(database: Database, landscape: Landscape, name: str, source: str, by: str) -> str:
    """Let what a person holds back go onto a later draft, and return what it is worth.

    Raises:
        NotChangedError: nobody holds it back.
    """
    _refuse_nobody(by)
    async with database.transaction() as tx:
        contract = (await _find(tx, name)).invoice.contract
        await commitments.lock(tx, contract)
        try:
            amount = await prebill.release(tx, contract, source, by=by)
        except (prebill.NotOnDraftError, prebill.RecalledError) as exc:
            raise NotChangedError(str(exc)) from None
        await unasked.look(tx, landscape, contract)
    return str(amount)


async def _update(
    client: Client, kept: Kept, update: str, argument: dict[str, Any], update_id: str
) -> object:
    run = client.get_workflow_handle(processes.issue_id(kept.invoice.reference))
    try:
        return await run.execute_update(update, argument, id=update_id)
    except WorkflowUpdateFailedError as exc:
        raise NotChangedError(_deepest(exc)) from None
    except RPCError as exc:
        if exc.status is not RPCStatusCode.NOT_FOUND:
            raise
        msg = f"invoice {kept.invoice.reference} does not wait for anybody"
        raise NotChangedError(msg) from None


def _deepest(failure: WorkflowUpdateFailedError) -> str:
    cause: BaseException = failure
    while isinstance(inner := cause.__cause__ or getattr(cause, "cause", None), FailureError):
        cause = inner
    return cause.message if isinstance(cause, FailureError) else str(cause)


def _refuse_nobody(by: str) -> None:
    if not by.strip():
        msg = "nobody is named: --by NAME"
        raise NotChangedError(msg)


async def _find(tx: Transaction, name: str) -> Kept:
    references = await invoices.references(tx, name)
    if len(references) != 1:
        msg = f"there is no invoice {name!r}: name it by our reference, as in CT-00001/1/1"
        raise NotChangedError(msg)
    return await invoices.by_reference(tx, references[0])


async def _lines(tx: Transaction, kept: Kept) -> list[dict[str, Any]]:
    on_lines = await slices.on_invoice(tx, kept.invoice.reference)
    return [
        {
            "number": line.number,
            "text": line.text,
            "hours_shown": str(line.worked.hours) if line.worked else None,
            "unit_price": str(line.unit_price),
            "net": str(line.net),
            "slices": [
                _part(part) | await _entry(tx, part)
                for number, part in on_lines
                if number == line.number
            ],
        }
        for line in kept.invoice.lines
    ]


def _part(part: Slice) -> dict[str, Any]:
    return {
        "source": part.source,
        "number": part.number,
        "work_date": part.work_date.isoformat(),
        "hours_shown": str(part.worked.hours),
        "amount": str(part.amount),
        **({"reason": part.reason} if part.reason else {}),
    }


async def _entry(tx: Transaction, part: Slice) -> dict[str, Any]:
    story = await entries.find(tx, part.source)
    if story is None:
        return {}
    entry = story.filed.entry
    return {"note": entry.note, "employee": entry.employee, "approved_by": entry.approved_by}
