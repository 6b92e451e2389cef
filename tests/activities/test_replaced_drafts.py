"""Drafts in the ERP that changed before they were posted: the old one goes, one new one comes."""

import asyncio

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.effects import Effects, Kind, Point, content_hash
from activities.invoice_documents import Drafted, ErpInvoices, Posted
from canonical.invoices import Invoice
from connectors import errors
from store import commitments, drafts, invoices
from store.database import Database
from tests.activities import house
from tests.erp_port import FakeErp
from tests.fakes import invoice_line
from tests.trouble import VENDOR
from tests.workflows.waiting import called


class _Death(BaseException):
    """The worker is gone, as far as an attempt can tell."""


def _steps(erp: FakeErp, database: Database, performed: Effects | None = None) -> ErpInvoices:
    return ErpInvoices(erp, database, performed or Effects(database), settle=house.AT_ONCE)


async def _draft(erp: FakeErp, database: Database, performed: Effects | None = None) -> Drafted:
    return await ActivityEnvironment().run(_steps(erp, database, performed).draft, house.cycle())


async def _post(erp: FakeErp, database: Database) -> Posted:
    return await ActivityEnvironment().run(_steps(erp, database).post, house.cycle())


async def _discard(erp: FakeErp, database: Database) -> None:
    await ActivityEnvironment().run(_steps(erp, database).discard, house.cycle())


async def _changed(database: Database, made: Invoice) -> Invoice:
    shorter = made.model_copy(update={"lines": (invoice_line("1200.00"),)})
    async with database.transaction() as tx:
        await commitments.lock(tx, made.contract)
        digest = content_hash(shorter)
        await drafts.rewrite(tx, shorter, content_hash=digest, actor="pat")
    return shorter


async def _sent(erp: FakeErp, database: Database) -> Invoice:
    """Leave a draft in the ERP, and return what changed it since."""
    await house.active(database)
    made = await house.drafted(database)
    await _draft(erp, database)
    return await _changed(database, made)


async def test_what_changed_since_it_was_drafted_is_not_posted(database: Database) -> None:
    erp = house.erp()
    await _sent(erp, database)

    assert (await _post(erp, database)).number is None
    assert "post_invoice" not in erp.calls


async def test_the_old_draft_is_discarded_and_one_new_one_posted(database: Database) -> None:
    erp = house.erp()
    changed = await _sent(erp, database)

    drafted = await _draft(erp, database)
    number = (await _post(erp, database)).number

    assert [(paper.number, paper.invoice) for paper in erp.papers.values()] == [(number, changed)]
    assert list(erp.papers) == [drafted.document]


@pytest.mark.parametrize("point", list(Point))
async def test_a_death_while_the_old_draft_is_discarded_leaves_one_new_one(
    database: Database, point: Point
) -> None:
    erp = house.erp()
    changed = await _sent(erp, database)

    def die(at: Kind, where: Point) -> None:
        if (at, where) == (Kind.INVOICE_DISCARD, point):
            raise _Death

    with pytest.raises(_Death):
        await _draft(erp, database, Effects(database, die))
    await _draft(erp, database)
    await _post(erp, database)

    assert [paper.invoice for paper in erp.posted_invoices] == [changed]
    assert len(erp.papers) == 1


async def test_a_lost_answer_to_the_discard_is_asked_again(database: Database) -> None:
    erp = house.erp()
    changed = await _sent(erp, database)
    erp.loses("discard_invoice")

    with pytest.raises(ApplicationError, match="lost"):
        await _draft(erp, database)
    await _draft(erp, database)

    assert [paper.invoice for paper in erp.papers.values()] == [changed]


async def test_a_draft_whose_answer_was_lost_is_found_and_discarded(database: Database) -> None:
    erp = house.erp()
    await house.active(database)
    made = await house.drafted(database)
    erp.loses("create_invoice")
    with pytest.raises(ApplicationError, match="lost"):
        await _draft(erp, database)
    changed = await _changed(database, made)

    await _draft(erp, database)

    assert [paper.invoice for paper in erp.papers.values()] == [changed]


async def test_a_late_answer_does_not_put_the_discarded_draft_in_place_of_the_new_one(
    database: Database,
) -> None:
    erp = house.erp()
    await house.active(database)
    made = await house.drafted(database)
    answer = erp.delays("create_invoice")
    late = asyncio.create_task(_draft(erp, database))
    await called(erp, "create_invoice")
    changed = await _changed(database, made)
    drafted = (await _draft(erp, database)).document
    answer.set()
    with pytest.raises(ApplicationError, match="no invoice"):
        await late

    assert drafted is not None
    assert await house.linked(database, "invoice", made.reference, drafted) == drafted
    assert (await _post(erp, database)).number is not None
    assert [paper.invoice for paper in erp.posted_invoices] == [changed]


async def test_a_late_answer_about_a_draft_that_is_discarded_anyway_is_kept_nowhere(
    database: Database,
) -> None:
    erp = house.erp()
    await house.active(database)
    made = await house.drafted(database)
    answer = erp.delays("create_invoice")
    late = asyncio.create_task(_draft(erp, database))
    await called(erp, "create_invoice")
    await _changed(database, made)
    answer.set()
    first = (await late).document

    assert first is not None
    assert await house.linked(database, "invoice", made.reference, first) is None
    assert (await _post(erp, database)).number is None
    assert (await _draft(erp, database)).document != first
    assert first not in erp.papers


async def test_what_was_never_sent_is_not_searched_for(database: Database) -> None:
    erp = house.erp()
    await house.active(database)
    await _changed(database, await house.drafted(database))

    await _draft(erp, database)

    assert "discard_invoice" not in erp.calls
    assert "find_invoices" not in erp.calls


async def test_a_dropped_draft_leaves_nothing_in_the_erp(database: Database) -> None:
    erp = house.erp()
    await _sent(erp, database)
    async with database.transaction() as tx:
        kept = await invoices.get(tx, house.cycle().invoice, 1)
        await drafts.drop(tx, kept, actor="pat", reason="wrong rates")

    for _ in range(2):
        await _discard(erp, database)
    assert (await _draft(erp, database)).document is None
    assert erp.papers == {}


async def test_a_refusal_to_post_lets_the_draft_change_again(database: Database) -> None:
    erp = house.erp()
    await house.active(database)
    await house.drafted(database)
    await _draft(erp, database)
    erp.fails("post_invoice", errors.Rejected(VENDOR, "post_invoice", reason="closed"))

    with pytest.raises(ApplicationError):
        await _post(erp, database)

    async with database.transaction() as tx:
        assert await drafts.draft(tx, house.cycle().invoice, 1) is not None


async def test_an_outcome_that_is_unknown_lets_nothing_change(database: Database) -> None:
    erp = house.erp()
    await house.active(database)
    await house.drafted(database)
    await _draft(erp, database)
    erp.loses("post_invoice")

    with pytest.raises(ApplicationError):
        await _post(erp, database)

    async with database.transaction() as tx:
        with pytest.raises(drafts.NoDraftError, match="is being posted"):
            await drafts.draft(tx, house.cycle().invoice, 1)
