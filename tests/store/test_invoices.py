import pytest
from sqlalchemy.exc import IntegrityError, NoResultFound

from canonical.contracts import ContractId
from canonical.invoices import Invoice, InvoiceId, InvoiceStatus
from store import invoices, trail
from store.database import Database
from store.invoices import Kept
from tests.fakes import ERP, foreign, invoice, invoice_line, invoice_status, money
from tests.store.trails import actions, audited

_ID = InvoiceId("CT-00001/1")
_REFERENCE = "CT-00001/1/1"
_DOCUMENT = foreign(ERP, "usmf/5637144576")


async def _draft(database: Database, *drafted: Invoice, content_hash: str = "abc") -> None:
    async with database.transaction() as tx:
        for each in drafted:
            cycle = int(each.id.rpartition("/")[2])
            await invoices.draft(tx, each, cycle=cycle, content_hash=content_hash)


async def _get(database: Database, revision: int = 1) -> Kept:
    async with database.reading() as tx:
        return await invoices.get(tx, _ID, revision)


async def _record(database: Database, *said: InvoiceStatus) -> None:
    async with database.transaction() as tx:
        for status in said:
            await invoices.record_status(tx, invoice(), status)


async def test_a_new_invoice_comes_back_as_it_was(database: Database) -> None:
    await _draft(database, invoice(purchase_order="PO-7"))

    assert await _get(database) == Kept(invoice(purchase_order="PO-7"), 1, "abc", None, None)
    (row,) = await audited(database, _REFERENCE)
    assert (row.action, row.detail) == ("invoice.drafted", "2480.00 USD")


async def test_a_cycle_has_one_invoice_a_revision(database: Database) -> None:
    """R-099."""
    await _draft(database, invoice())

    with pytest.raises(IntegrityError):
        await _draft(database, invoice(lines=(invoice_line("1.00"),)))

    await _draft(database, invoice(revision=2))
    assert (await _get(database)).invoice == invoice()
    assert (await _get(database, revision=2)).invoice == invoice(revision=2)


async def test_an_unknown_invoice_is_not_found(database: Database) -> None:
    async with database.reading() as tx:
        assert await invoices.find(tx, _ID, 1) is None
        with pytest.raises(NoResultFound):
            await invoices.get(tx, _ID, 1)


async def test_a_contracts_invoices_stand_in_the_order_of_their_cycles(database: Database) -> None:
    await _draft(database, invoice(10), invoice(9), invoice(11, contract="CT-00002"))

    async with database.reading() as tx:
        found = await invoices.of_contract(tx, ContractId("CT-00001"))
    assert [kept.cycle for kept in found] == [9, 10]


async def test_the_erps_document_is_kept(database: Database) -> None:
    await _draft(database, invoice())
    async with database.transaction() as tx:
        await invoices.record_document(tx, invoice(), _DOCUMENT)

    assert (await _get(database)).document == _DOCUMENT


@pytest.mark.parametrize(
    "said",
    [
        invoice_status(),
        invoice_status(tax=money("471.20"), balance=money("0.00")),
        invoice_status(state="draft", number=None, balance=None),
    ],
    ids=["posted", "taxed-and-paid", "draft"],
)
async def test_what_the_erp_says_is_kept_and_never_invented(
    database: Database, said: InvoiceStatus
) -> None:
    """R-027."""
    await _draft(database, invoice())
    assert (await _get(database)).status is None

    await _record(database, said)

    assert (await _get(database)).status == said


async def test_a_posted_invoice_is_published_once_with_its_number(database: Database) -> None:
    await _draft(database, invoice())
    await _record(database, invoice_status(state="draft", number=None))
    async with database.reading() as tx:
        assert await trail.events(tx) == []

    await _record(database, invoice_status(), invoice_status())

    async with database.reading() as tx:
        (event,) = await trail.events(tx)
    assert (event.type, event.subject) == ("invoice.posted", _REFERENCE)
    assert event.data == {"number": "FTI-00000001"}
    assert await actions(database, _REFERENCE) == [
        "invoice.drafted",
        "invoice.draft",
        "invoice.posted",
    ]


async def test_each_change_after_posting_is_counted_and_published_once(database: Database) -> None:
    await _draft(database, invoice())
    half, paid = invoice_status(balance=money("1240.00")), invoice_status(balance=money("0.00"))

    await _record(database, invoice_status(), half, half, paid, half)

    async with database.reading() as tx:
        assert await invoices.changes(tx, invoice()) == 3
        _, *changed = await trail.events(tx)
    assert [(event.type, event.subject, event.data["balance"]) for event in changed] == [
        ("invoice.changed", f"{_REFERENCE}/1", "1240.00 USD"),
        ("invoice.changed", f"{_REFERENCE}/2", "0.00 USD"),
        ("invoice.changed", f"{_REFERENCE}/3", "1240.00 USD"),
    ]
    assert (await _get(database)).status == half


async def test_an_invoice_is_found_by_its_number_and_by_its_reference(database: Database) -> None:
    await _draft(database, invoice(), invoice(2))
    await _record(database, invoice_status())

    async with database.reading() as tx:
        assert await invoices.references(tx, "FTI-00000001") == [_REFERENCE]
        assert await invoices.references(tx, _REFERENCE) == [_REFERENCE]
        assert await invoices.number(tx, _REFERENCE) == "FTI-00000001"
        assert await invoices.number(tx, "CT-00001/2/1") is None


@pytest.mark.parametrize("name", ["FTI-9", "CT-00001/9/1", "CT-00001/1/one", "", "/"])
async def test_a_name_that_is_none_of_an_invoice_finds_nothing(
    database: Database, name: str
) -> None:
    await _draft(database, invoice())

    async with database.reading() as tx:
        assert await invoices.references(tx, name) == []
        assert await invoices.number(tx, name) is None
