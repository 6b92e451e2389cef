"""Our invoices, found by what an ERP says of them."""

from collections.abc import Awaitable, Callable, Sequence

from canonical.invoices import InvoiceStatus
from canonical.systems import ForeignId
from store import contracts, crosswalk, invoices, tracking
from store.database import Database, Transaction
from store.invoices import Kept
from tests.fakes import DEMF, ERP, contract, foreign, invoice, invoice_status, money

Find = Callable[[Transaction, ForeignId], Awaitable[Sequence[Kept]]]


async def _issued(
    database: Database, cycle: int, status: InvoiceStatus | None = None, **changes: object
) -> None:
    made = invoice(cycle, **changes)
    async with database.transaction() as tx:
        await invoices.draft(tx, made, cycle=cycle, content_hash="abc")
        await invoices.record_document(tx, made, foreign(ERP, str(cycle)))
        if status:
            await invoices.record_status(tx, made, status)


async def _found(database: Database, find: Find, value: str) -> list[str]:
    async with database.reading() as tx:
        return [kept.invoice.reference for kept in await find(tx, foreign(ERP, value))]


async def test_a_number_is_that_of_one_legal_entity(database: Database) -> None:
    await _issued(database, 1, invoice_status())
    await _issued(database, 2, invoice_status(), entity=DEMF)

    assert await _found(database, tracking.numbered, "USMF/FTI-00000001") == ["CT-00001/1/1"]
    assert await _found(database, tracking.numbered, "DEMF/FTI-00000001") == ["CT-00001/2/1"]
    assert await _found(database, tracking.numbered, "usmf/FTI-00000001") == ["CT-00001/1/1"]
    assert await _found(database, tracking.numbered, "USMF/FTI-00000002") == []


async def test_drafts_are_what_has_a_document_and_no_number(database: Database) -> None:
    await _issued(database, 1, invoice_status())
    await _issued(database, 2)
    async with database.transaction() as tx:
        await invoices.draft(tx, invoice(3), cycle=3, content_hash="abc")

    assert await _found(database, tracking.unnumbered, "USMF/FTI-9") == ["CT-00001/2/1"]


async def test_what_a_customer_owes_is_found_by_what_the_erp_calls_it(database: Database) -> None:
    async with database.transaction() as tx:
        await contracts.save(tx, contract())
        for entity, account in (("USMF", "US-001"), ("DEMF", "US-002")):
            await crosswalk.link(
                tx, "client", f"CL-00001/{entity}", foreign(ERP, account), scope=entity
            )
    await _issued(database, 1, invoice_status(balance=money("0.00")))
    await _issued(database, 2, invoice_status(number="FTI-00000002"))

    assert await _found(database, tracking.unpaid, "USMF/US-001") == ["CT-00001/2/1"]
    assert await _found(database, tracking.unpaid, "USMF/US-002") == []
    assert await _found(database, tracking.unpaid, "USMF/US-009") == []
