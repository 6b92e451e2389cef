"""Documents: the ERP's draft is compared before it is posted, and posted once."""

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.effects import Effects, Kind, Point
from activities.invoice_documents import ErpInvoices
from canonical.codes import InvoiceCodes
from canonical.systems import ForeignId
from store import invoices
from store.database import Database
from tests.activities import house
from tests.erp_port import FakeErp
from tests.fakes import money, tax_decision

WRITES = (Kind.INVOICE_DRAFT, Kind.INVOICE_LINES, Kind.INVOICE_POST)


class _Death(BaseException):
    """The worker is gone, as far as an attempt can tell."""


def _steps(erp: FakeErp, database: Database, performed: Effects | None = None) -> ErpInvoices:
    return ErpInvoices(erp, database, performed or Effects(database), settle=house.AT_ONCE)


async def _draft(erp: FakeErp, database: Database, performed: Effects | None = None) -> ForeignId:
    steps = _steps(erp, database, performed)
    document = (await ActivityEnvironment().run(steps.draft, house.cycle())).document
    assert document is not None
    return document


async def _post(erp: FakeErp, database: Database, performed: Effects | None = None) -> str:
    steps = _steps(erp, database, performed)
    return (await ActivityEnvironment().run(steps.post, house.cycle())).number or ""


async def _issue(erp: FakeErp, database: Database, performed: Effects | None = None) -> str:
    await _draft(erp, database, performed)
    return await _post(erp, database, performed)


async def _refused(erp: FakeErp, database: Database) -> ApplicationError:
    """Return why the draft was refused, after which nothing may be posted."""
    with pytest.raises(ApplicationError) as caught:
        await _draft(erp, database)
    assert erp.posted_invoices == []
    assert "post_invoice" not in erp.calls
    return caught.value


async def test_drafts_compares_and_posts(database: Database) -> None:
    await house.active(database)
    made = await house.drafted(database)
    erp = house.erp(DOM="7")

    document = await _draft(erp, database)
    number = await _post(erp, database)

    paper = erp.papers[document]
    assert (paper.number, paper.invoice, paper.customer) == (number, made, house.CUSTOMER)
    assert paper.codes == InvoiceCodes(tax_group="DOM", revenue_account="401100")
    async with database.reading() as tx:
        kept = await invoices.get(tx, made.id, 1)
    assert kept.document == document
    assert kept.status is not None
    assert (kept.status.number, kept.status.net, kept.status.tax) == (
        number,
        money("2480.00"),
        money("173.60"),
    )


async def test_a_posted_invoice_keeps_its_number(database: Database) -> None:
    await house.active(database)
    await house.drafted(database)
    erp = house.erp()
    await _draft(erp, database)

    assert await _post(erp, database) == await _post(erp, database)
    assert erp.calls.count("post_invoice") == 1


@pytest.mark.parametrize("step", ["create_invoice", "fill_invoice", "post_invoice"])
async def test_a_lost_answer_leaves_one_invoice(database: Database, step: str) -> None:
    await house.active(database)
    await house.drafted(database)
    erp = house.erp()
    erp.loses(step)

    with pytest.raises(ApplicationError, match="lost"):
        await _issue(erp, database)
    number = await _issue(erp, database)

    assert [paper.number for paper in erp.papers.values()] == [number]


@pytest.mark.parametrize("point", list(Point))
@pytest.mark.parametrize("kind", WRITES)
async def test_a_death_at_any_boundary_leaves_one_invoice(
    database: Database, kind: Kind, point: Point
) -> None:
    await house.active(database)
    made = await house.drafted(database)
    erp = house.erp()

    def die(at: Kind, where: Point) -> None:
        if (at, where) == (kind, point):
            raise _Death

    with pytest.raises(_Death):
        await _issue(erp, database, Effects(database, die))
    number = await _issue(erp, database)

    assert [(paper.number, paper.net) for paper in erp.papers.values()] == [(number, made.net)]


async def test_a_draft_with_other_amounts_is_never_posted(database: Database) -> None:
    await house.active(database)
    await house.drafted(database)
    erp = house.erp()
    erp.surcharge = money("0.01")

    refused = await _refused(erp, database)

    assert (refused.type, refused.non_retryable) == ("AmountsDifferError", True)
    assert "2480.01 USD on 2 lines, we billed 2480.00 USD" in refused.message


@pytest.mark.parametrize("treatment", ["reverse_charge", "outside_scope"])
async def test_tax_where_none_is_due_is_never_posted(database: Database, treatment: str) -> None:
    await house.active(database)
    await house.drafted(database, tax=tax_decision().model_copy(update={"treatment": treatment}))
    erp = house.erp(RC="19", EXP="19")

    refused = await _refused(erp, database)

    assert refused.type == "AmountsDifferError"
    assert treatment in refused.message


async def test_no_tax_where_none_is_due_is_well(database: Database) -> None:
    await house.active(database)
    reverse = tax_decision().model_copy(update={"treatment": "reverse_charge"})
    await house.drafted(database, tax=reverse)
    erp = house.erp(DOM="19")

    document = await _draft(erp, database)

    assert erp.papers[document].codes.tax_group == "RC"


async def test_a_draft_that_is_mended_is_compared_again(database: Database) -> None:
    await house.active(database)
    await house.drafted(database)
    erp = house.erp()
    erp.surcharge = money("0.01")
    await _refused(erp, database)
    erp.surcharge = None

    document = await _draft(erp, database)

    assert list(erp.papers) == [document]


async def test_nothing_is_posted_that_was_not_drafted(database: Database) -> None:
    await house.active(database)
    await house.drafted(database)
    erp = house.erp()

    assert await _post(erp, database) == ""
    assert erp.calls == []


async def test_a_customer_on_hold_is_told_in_the_vendors_words_to_the_store_only(
    database: Database,
) -> None:
    await house.active(database)
    await house.drafted(database)
    erp = house.erp()
    await _draft(erp, database)
    erp.refuses("post_invoice", "Customer Northwind Traders is on hold")

    with pytest.raises(ApplicationError) as caught:
        await _post(erp, database)
    assert caught.value.type == "Rejected"
    assert "Northwind" not in caught.value.message
    assert (await house.states(database))["invoice/CT-00001/1/1/post"] == "rejected"
