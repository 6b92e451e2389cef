"""Who may approve a draft, and which approvals of it still count after it was changed."""

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities import recalls
from activities.invoices import (
    Approval,
    ApproveInvoice,
    Change,
    ChangeInvoice,
    InvoiceRecords,
    Prepared,
)
from activities.prebill import Edit
from canonical.landscape import Landscape
from store import drafts, entries, invoices
from store.database import Database
from store.drafts import NobodyError
from store.entries import Decision
from store.tables.work import Progress
from tests.activities import house
from tests.fakes import PSA, entry, foreign, money, part


@pytest.fixture
def landscape(landscape: Landscape) -> Landscape:
    """Return a landscape whose entity asks two people above 2,000."""
    limits = {"approval_above": 1000, "four_eyes_above": 2000}
    routes = landscape.routes[house.ROUTES.entity].model_copy(update=limits)
    return landscape.model_copy(update={"routes": {house.ROUTES.entity: routes}})


async def _drafted(database: Database, landscape: Landscape) -> Prepared:
    """Leave a draft of 12,000.00 on two entries."""
    await house.active(database)
    worked = (entry(101), entry(102))
    await house.approved(database, *worked)
    posted = [
        Decision(key=each.key, progress=Progress.POSTED, verdict="{}", batch="b/1", line=line)
        for line, each in enumerate(worked, start=1)
    ]
    async with database.transaction() as tx:
        await entries.decide(tx, posted)
    amount = money("6000.00")
    await house.ready(database, *(part(each.key, amount=amount) for each in worked))
    return await InvoiceRecords(database, landscape).prepare(house.cycle())


async def _approve(
    database: Database, landscape: Landscape, content_hash: str, by: str
) -> Prepared:
    approval = Approval(by=by, content_hash=content_hash)
    question = ApproveInvoice(request=house.cycle(), approval=approval)
    return await ActivityEnvironment().run(InvoiceRecords(database, landscape).approve, question)


async def _edit(
    database: Database, landscape: Landscape, text: str, *, by: str, seen: str
) -> Prepared:
    wish = Edit(line=1, text=text, content_hash=seen, reason="clearer")
    async with database.transaction() as tx:
        kept = await invoices.get(tx, house.cycle().invoice, 1)
        content = wish.model_dump_json()
        number = await drafts.propose(tx, kept, kind="edit", by=by, content=content)
    question = ChangeInvoice(request=house.cycle(), change=Change(number=number))
    return await ActivityEnvironment().run(InvoiceRecords(database, landscape).change, question)


async def _text(database: Database) -> str:
    async with database.reading() as tx:
        return (await invoices.get(tx, house.cycle().invoice, 1)).invoice.lines[0].text


async def test_words_that_are_changed_back_are_approved_anew(
    database: Database, landscape: Landscape
) -> None:
    first = await _drafted(database, landscape)
    await _approve(database, landscape, first.content_hash, "alice")
    text = await _text(database)
    other = await _edit(database, landscape, "Advice", by="kim", seen=first.content_hash)

    back = await _edit(database, landscape, text, by="kim", seen=other.content_hash)
    again = await _approve(database, landscape, back.content_hash, "alice")

    assert back.content_hash == first.content_hash
    assert (back.missing, again.missing) == (2, 1)


async def test_everybody_who_changed_the_draft_is_none_of_the_four_eyes(
    database: Database, landscape: Landscape
) -> None:
    """Also after somebody else, or a recall, has changed it again."""
    first = await _drafted(database, landscape)
    other = await _edit(database, landscape, "Advice", by="kim", seen=first.content_hash)
    await _edit(database, landscape, "Good advice", by="lena", seen=other.content_hash)
    async with database.transaction() as tx:
        await recalls.recall(tx, {foreign(PSA, "T1"): {entry(102).key}})
    left = await InvoiceRecords(database, landscape).prepare(house.cycle())

    for editor in ("kim", " LENA"):
        with pytest.raises(ApplicationError, match="has changed this draft"):
            await _approve(database, landscape, left.content_hash, editor)
    assert (await _approve(database, landscape, left.content_hash, "pat")).missing == 1


async def test_words_for_a_line_of_another_content_are_refused(
    database: Database, landscape: Landscape
) -> None:
    first = await _drafted(database, landscape)
    await _edit(database, landscape, "Advice", by="kim", seen=first.content_hash)

    with pytest.raises(ApplicationError, match="look again"):
        await _edit(database, landscape, "Travel", by="lena", seen=first.content_hash)
    assert await _text(database) == "Advice"


async def test_a_change_of_another_invoice_is_refused(
    database: Database, landscape: Landscape
) -> None:
    await _drafted(database, landscape)
    async with database.transaction() as tx:
        kept = await invoices.get(tx, house.cycle().invoice, 1)
        number = await drafts.propose(tx, kept, kind="reject", by="kim", content='{"reason":"x"}')
    question = ChangeInvoice(request=house.cycle(2), change=Change(number=number))

    with pytest.raises(ApplicationError, match="of another invoice"):
        await ActivityEnvironment().run(InvoiceRecords(database, landscape).change, question)


@pytest.mark.parametrize("nobody", ["", "  "])
async def test_nobody_changes_or_approves(
    database: Database, landscape: Landscape, nobody: str
) -> None:
    seen = (await _drafted(database, landscape)).content_hash

    with pytest.raises(NobodyError):
        await _edit(database, landscape, "Advice", by=nobody, seen=seen)
    with pytest.raises(ApplicationError) as caught:
        await _approve(database, landscape, seen, nobody)

    assert caught.value.type == "NobodyError"
