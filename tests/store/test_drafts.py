from collections.abc import Awaitable, Callable

import pytest

from canonical.invoices import Invoice, InvoiceId
from store import drafts, invoices
from store.database import Database, Transaction
from store.drafts import ApprovalStaleError, NoDraftError
from store.invoices import Kept
from store.tables.money import Standing
from tests.fakes import invoice, invoice_line, invoice_status
from tests.store.trails import actions, audited

_ID = InvoiceId("CT-00001/1")
_REFERENCE = "CT-00001/1/1"
Step = Callable[[Transaction, Kept], Awaitable[object]]


async def _draft(database: Database, *, needed: int = 0) -> None:
    async with database.transaction() as tx:
        await invoices.draft(tx, invoice(), cycle=1, content_hash="abc")
        await tx.flush()
        await drafts.see(tx, await invoices.get(tx, _ID, 1), needed=needed)


async def _do(database: Database, step: Step) -> object:
    async with database.transaction() as tx:
        return await step(tx, await invoices.get(tx, _ID, 1))


async def _kept(database: Database) -> Kept:
    async with database.reading() as tx:
        return await invoices.get(tx, _ID, 1)


def _shorter() -> Invoice:
    return invoice(lines=(invoice_line("1200.00"),))


async def _rewrite(database: Database) -> None:
    await _do(
        database,
        lambda tx, _: drafts.rewrite(tx, _shorter(), content_hash="def", actor="kim"),
    )


async def _approve(database: Database, by: str = "Pat", content_hash: str = "abc") -> None:
    await _do(
        database,
        lambda tx, kept: drafts.approve(
            tx, kept, person=by.casefold(), by=by, content_hash=content_hash
        ),
    )


async def _approvals(database: Database) -> list[str]:
    async with database.reading() as tx:
        kept = await invoices.get(tx, _ID, 1)
        return [each.by for each in await drafts.approvals(tx, kept)]


async def test_a_change_is_the_next_edition_and_is_kept_with_what_was_before(
    database: Database,
) -> None:
    await _draft(database)
    await _rewrite(database)

    kept = await _kept(database)
    assert (kept.invoice, kept.edition, kept.content_hash) == (_shorter(), 2, "def")
    changed = (await audited(database, _REFERENCE))[-1]
    assert (changed.action, changed.actor, changed.detail) == (
        "invoice.changed",
        "kim",
        "abc -> def",
    )


async def test_an_approval_is_bound_to_the_content_that_was_seen(database: Database) -> None:
    await _draft(database)

    with pytest.raises(ApprovalStaleError, match=_REFERENCE):
        await _approve(database, content_hash="another")
    await _approve(database)
    await _approve(database)

    assert await _approvals(database) == ["Pat"]
    assert await actions(database, _REFERENCE) == ["invoice.drafted", "invoice.approved"]


async def test_an_approval_of_an_earlier_content_counts_no_more(database: Database) -> None:
    await _draft(database, needed=1)
    await _approve(database)
    await _rewrite(database)

    assert await _approvals(database) == []
    assert await _do(database, drafts.send) is False
    await _approve(database, content_hash="def")
    assert await _do(database, drafts.send) is True


async def test_nothing_is_sent_or_posted_before_enough_people_agree(database: Database) -> None:
    await _draft(database, needed=2)
    await _approve(database, "Pat")

    assert await _do(database, drafts.send) is False
    assert await _do(database, drafts.begin_posting) is False
    await _approve(database, "Lena")
    assert await _do(database, drafts.send) is True
    assert await _do(database, drafts.begin_posting) is True


async def test_what_changed_after_it_was_sent_is_not_posted(database: Database) -> None:
    await _draft(database)
    await _do(database, drafts.send)
    await _rewrite(database)

    assert await _do(database, drafts.begin_posting) is False
    assert (await _kept(database)).standing is Standing.DRAFT


async def test_a_draft_that_was_read_before_it_changed_is_not_posted(database: Database) -> None:
    await _draft(database)
    await _do(database, drafts.send)
    before = await _kept(database)
    await _rewrite(database)
    await _do(database, drafts.send)

    assert await _do(database, lambda tx, _: drafts.begin_posting(tx, before)) is False


async def test_once_posting_has_begun_nothing_changes_until_the_erp_refuses(
    database: Database,
) -> None:
    await _draft(database)
    await _do(database, drafts.send)
    await _do(database, drafts.begin_posting)

    with pytest.raises(NoDraftError, match="is being posted"):
        await _do(database, lambda tx, _: drafts.draft(tx, _ID, 1))
    await _do(database, drafts.step_back)
    assert await _do(database, lambda tx, _: drafts.draft(tx, _ID, 1)) is not None


async def test_posting_that_has_begun_goes_on(database: Database) -> None:
    await _draft(database)
    await _do(database, drafts.send)

    for _ in range(2):
        assert await _do(database, drafts.begin_posting) is True


async def test_a_posted_invoice_is_no_draft_and_does_not_step_back(database: Database) -> None:
    await _draft(database)
    async with database.transaction() as tx:
        await invoices.record_status(tx, invoice(), invoice_status())
    await _do(database, drafts.step_back)

    with pytest.raises(NoDraftError, match="is posted"):
        await _do(database, lambda tx, _: drafts.draft(tx, _ID, 1))


async def test_a_dropped_draft_is_none_and_the_reason_is_kept(database: Database) -> None:
    await _draft(database)
    await _do(database, lambda tx, kept: drafts.drop(tx, kept, actor="pat", reason="wrong rates"))

    with pytest.raises(NoDraftError, match="was dropped"):
        await _do(database, lambda tx, _: drafts.draft(tx, _ID, 1))
    dropped = (await audited(database, _REFERENCE))[-1]
    assert (dropped.action, dropped.actor, dropped.detail) == (
        "invoice.dropped",
        "pat",
        "wrong rates",
    )


async def test_a_change_that_the_process_has_not_seen_is_found_until_it_has(
    database: Database,
) -> None:
    async def unseen() -> list[str]:
        async with database.reading() as tx:
            return [kept.invoice.reference for kept in await drafts.unseen(tx)]

    await _draft(database)
    assert await unseen() == []
    await _rewrite(database)
    assert await unseen() == [_REFERENCE]
    await _do(database, lambda tx, kept: drafts.see(tx, kept, needed=0))
    assert await unseen() == []


async def test_what_somebody_wants_is_kept_and_made_once(database: Database) -> None:
    await _draft(database)
    number = await _do(
        database,
        lambda tx, kept: drafts.propose(tx, kept, kind="hold", by="kim", content='{"a":1}'),
    )
    assert isinstance(number, int)

    async with database.transaction() as tx:
        wanted = await drafts.change(tx, number)
        assert (wanted.kind, wanted.by, wanted.content, wanted.is_applied) == (
            "hold",
            "kim",
            '{"a":1}',
            False,
        )
        assert await drafts.changes(tx, await invoices.get(tx, _ID, 1)) == []
        await drafts.mark_applied(tx, number)
        (made,) = await drafts.changes(tx, await invoices.get(tx, _ID, 1))
    assert (made.number, made.is_applied) == (number, True)
