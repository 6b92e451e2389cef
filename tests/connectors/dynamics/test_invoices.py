from decimal import Decimal

import httpx
import pytest
from typing_extensions import override

from canonical.invoices import InvoiceStatus
from connectors import errors
from connectors.ports import Document
from tests.connectors.dynamics.fake_environment import FakeEnvironment, exact, infolog
from tests.connectors.dynamics.house import (
    INVOICE_CODES,
    USMF,
    after_token,
    foreign,
    invoice,
    invoice_line,
    money,
    opened,
)

_FIRST = foreign("5637144576")


async def test_a_draft_is_found_by_our_reference_the_oldest_first() -> None:
    fake = FakeEnvironment()

    async with opened(fake) as erp:
        drafts = [
            await erp.create_invoice(invoice(), foreign("C-00001"), INVOICE_CODES) for _ in range(2)
        ]
        await erp.create_invoice(invoice(revision=2), foreign("C-00001"), INVOICE_CODES)
        fake.sets["FreeTextInvoiceHeaders"].reverse()

        found = await erp.find_invoices(invoice())
        assert await erp.find_invoices(invoice(revision=3)) == ()
    assert found == tuple(Document(id=draft, is_posted=False) for draft in drafts)
    assert drafts[0] == _FIRST
    assert fake.sets["FreeTextInvoiceHeaders"][-1] == {
        "dataAreaId": "usmf",
        "InvoiceIdentifier": 5637144576,
        "CustomerAccount": "C-00001",
        "InvoiceDate": "2026-03-31T12:00:00Z",
        "CurrencyCode": "EUR",
        "SalesTaxGroupId": "EU-RC",
        "ExternalInvoiceId": "CT-00001/1/1",
        "CustomerReference": "PO-7",
        "FreeTextNumber": "Not posted",
        "IsPosted": "No",
    }


@pytest.mark.parametrize("written", ["ct-00001/1/1", "CT-*/1/1"])
async def test_an_invoice_is_found_under_exactly_its_reference(written: str) -> None:
    asked = invoice().model_copy(update={"id": written.removesuffix("/1")})

    async with opened(FakeEnvironment()) as erp:
        await erp.create_invoice(invoice(), foreign("C-00001"), INVOICE_CODES)

        assert await erp.find_invoices(asked) == ()


async def test_a_refused_posting_of_a_draft_keeps_the_services_words() -> None:
    class Closed(FakeEnvironment):
        @override
        def _service(self, request: httpx.Request) -> httpx.Response:
            del request
            return infolog("Fiscal period 03-2026 is not open.", 500)

    async with opened(Closed()) as erp:
        draft = await erp.create_invoice(invoice(), foreign("C-00001"), INVOICE_CODES)

        with pytest.raises(errors.Rejected) as caught:
            await erp.post_invoice(USMF, draft)
    assert caught.value.reason == "Fiscal period 03-2026 is not open."


async def test_lines_go_in_with_one_request_and_the_first_says_why_no_tax() -> None:
    fake = FakeEnvironment()

    async with opened(fake, sales_tax_item_group="FULL") as erp:
        await erp.fill_invoice(_FIRST, invoice(note="Reverse charge"), INVOICE_CODES)

    first, second = fake.sets["FreeTextInvoiceLines"]
    assert fake.calls == ["POST $batch"]
    assert first == {
        "dataAreaId": "usmf",
        "ParentRecId": 5637144576,
        "LineNumber": 1,
        "Description": "Line 1",
        "InvoiceText": "Reverse charge",
        "MainAccountDisplayValue": "401100",
        "Quantity": Decimal("0.1667"),
        "UnitPrice": Decimal("25.00"),
        "TransactionCurrencyAmount": Decimal("25.00"),
        "ProjectID": "P-00001",
        "DefaultDimensionDisplayValue": r"CONS-P\-00001",
        "SalesTaxGroupId": "EU-RC",
        "SalesTaxItemGroupId": "FULL",
        "SalesTaxAmount": Decimal("2.5"),
    }
    assert second["Quantity"] == 1
    assert "InvoiceText" not in second


async def test_an_invoice_that_is_filled_twice_is_there_once() -> None:
    fake = FakeEnvironment()

    async with opened(fake) as erp:
        for _ in range(2):
            await erp.fill_invoice(_FIRST, invoice(), INVOICE_CODES)

    assert len(fake.sets["FreeTextInvoiceLines"]) == 2
    assert fake.calls == ["POST $batch", "POST $batch", "GET FreeTextInvoiceLines"]


async def test_a_draft_that_bills_something_else_is_refused() -> None:
    async with opened(FakeEnvironment()) as erp:
        await erp.fill_invoice(_FIRST, invoice(), INVOICE_CODES)

        other = invoice(invoice_line(1, money("25.00")), invoice_line(2, money("75.51")))
        with pytest.raises(errors.Rejected, match="other lines"):
            await erp.fill_invoice(_FIRST, other, INVOICE_CODES)


async def test_an_invoice_without_lines_is_a_programming_error() -> None:
    empty = invoice().model_copy(update={"lines": ()})

    async with opened(FakeEnvironment()) as erp:
        with pytest.raises(ValueError, match="0 rows"):
            await erp.fill_invoice(_FIRST, empty, INVOICE_CODES)


@pytest.mark.parametrize(
    ("amount", "currency", "tax"),
    [
        ("1234", "JPY", "123"),
        ("12.345", "BHD", "1.235"),
        ("-25.05", "EUR", "-2.51"),
        ("99999999999999.99", "USD", "10000000000000.00"),
    ],
)
async def test_amounts_come_back_as_they_were_sent(amount: str, currency: str, tax: str) -> None:
    fake = FakeEnvironment()
    billed = invoice(invoice_line(1, money(amount, currency)))

    async with opened(fake) as erp:
        draft = await erp.create_invoice(billed, foreign("C-00001"), INVOICE_CODES)
        await erp.fill_invoice(draft, billed, INVOICE_CODES)
        status = await erp.invoice_status(USMF, draft)

    assert f'"TransactionCurrencyAmount":{amount},' in fake.batch_bodies[0].decode()
    assert status == InvoiceStatus(
        state="draft", net=money(amount, currency), tax=money(tax, currency), line_count=1
    )


async def test_posting_gives_number_voucher_and_balance_and_does_so_again() -> None:
    fake = FakeEnvironment()

    async with opened(fake) as erp:
        draft = await erp.create_invoice(invoice(), foreign("C-00001"), INVOICE_CODES)
        await erp.fill_invoice(draft, invoice(), INVOICE_CODES)

        vouchers = [await erp.post_invoice(USMF, draft) for _ in range(2)]
        fake.sets["CustTransactions"][0]["SettleAmountCur"] = Decimal("100.00")
        status = await erp.invoice_status(USMF, draft)
    assert vouchers == [foreign("FTV-1")] * 2
    assert status == InvoiceStatus(
        state="posted",
        number="FTI-00000001",
        net=money("100.50"),
        tax=money("10.05"),
        balance=money("10.55"),
        line_count=2,
    )
    header = "FreeTextInvoiceHeaders(dataAreaId='usmf',InvoiceIdentifier=5637144576)"
    assert fake.calls[3:] == [
        "POST /api/services/TiebeamServices/PostingService/postFreeTextInvoice",
        f"GET {header}",
        "GET CustTransactions",
        f"GET {header}",
        "GET FreeTextInvoiceLines",
        "GET CustTransactions",
    ]


async def test_a_posted_invoice_that_is_not_owed_yet_has_no_balance() -> None:
    fake = FakeEnvironment()

    async with opened(fake) as erp:
        draft = await erp.create_invoice(invoice(), foreign("C-00001"), INVOICE_CODES)
        fake.sets["FreeTextInvoiceHeaders"][0] |= {"IsPosted": "Yes", "FreeTextNumber": "FTI-1"}
        status = await erp.invoice_status(USMF, draft)

    assert (status.state, status.number, status.balance) == ("posted", "FTI-1", None)


async def test_tax_is_rounded_once_for_the_document() -> None:
    fake = FakeEnvironment()
    billed = invoice(*[invoice_line(number, money("0.04")) for number in (1, 2, 3)])

    async with opened(fake) as erp:
        draft = await erp.create_invoice(billed, foreign("C-00001"), INVOICE_CODES)
        await erp.fill_invoice(draft, billed, INVOICE_CODES)
        status = await erp.invoice_status(USMF, draft)

    assert status.tax == money("0.01")


async def test_lines_on_several_pages_are_added_up() -> None:
    fake = FakeEnvironment(page_size=2)
    billed = invoice(*[invoice_line(number, money("1.10")) for number in range(1, 6)])

    async with opened(fake) as erp:
        draft = await erp.create_invoice(billed, foreign("C-00001"), INVOICE_CODES)
        await erp.fill_invoice(draft, billed, INVOICE_CODES)
        status = await erp.invoice_status(USMF, draft)

    assert (status.net, status.line_count) == (money("5.50"), 5)
    assert fake.calls.count("GET FreeTextInvoiceLines") == 3


def _paged_to(link: str) -> FakeEnvironment:
    class Paged(FakeEnvironment):
        @override
        def _list(self, name: str, url: httpx.URL) -> httpx.Response:
            del name, url
            return httpx.Response(200, content=exact({"value": [], "@odata.nextLink": link}))

    return Paged()


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.test/data/FreeTextInvoiceHeaders?$skip=1",
        "http://env.test/data/FreeTextInvoiceHeaders?$skip=1",
        "https://env.test/data/Other?$skip=1",
        "https://user@env.test/data/FreeTextInvoiceHeaders?$skip=1",
        "https://env.test:444/data/FreeTextInvoiceHeaders?$skip=1",
        "https://[",
    ],
)
async def test_a_next_page_elsewhere_is_not_followed(link: str) -> None:
    fake = _paged_to(link)

    async with opened(fake) as erp:
        with pytest.raises(errors.Drifted):
            await erp.find_invoices(invoice())
    assert fake.calls == ["GET FreeTextInvoiceHeaders"]


async def test_pages_that_go_in_circles_are_drift() -> None:
    fake = _paged_to("/data/FreeTextInvoiceHeaders?cross-company=true&$skip=1")

    async with opened(fake) as erp:
        with pytest.raises(errors.Drifted):
            await erp.find_invoices(invoice())
    assert len(fake.calls) == 2


async def test_a_missing_document_is_missing_to_status_and_posting() -> None:
    async with opened(FakeEnvironment()) as erp:
        with pytest.raises(errors.Missing):
            await erp.invoice_status(USMF, _FIRST)
        with pytest.raises(errors.Missing):
            await erp.post_invoice(USMF, _FIRST)


async def test_a_draft_is_discarded_once_and_a_posted_document_is_not() -> None:
    fake = FakeEnvironment()

    async with opened(fake) as erp:
        stray, kept = [
            await erp.create_invoice(invoice(), foreign("C-00001"), INVOICE_CODES) for _ in range(2)
        ]
        await erp.discard_invoice(USMF, stray)
        await erp.discard_invoice(USMF, stray)
        fake.sets["FreeTextInvoiceHeaders"][0]["IsPosted"] = "Yes"
        with pytest.raises(errors.Rejected):
            await erp.discard_invoice(USMF, kept)
        assert await erp.find_invoices(invoice()) == (Document(id=kept, is_posted=True),)


@pytest.mark.parametrize(
    "line",
    [
        {"TransactionCurrencyAmount": Decimal("1.001"), "SalesTaxAmount": 0},
        {"TransactionCurrencyAmount": "many", "SalesTaxAmount": 0},
        {"SalesTaxAmount": 0},
    ],
    ids=["finer-than-cents", "no-number", "absent"],
)
async def test_amounts_that_do_not_fit_are_drift(line: dict[str, object]) -> None:
    header = {
        "InvoiceIdentifier": 5637144576,
        "ExternalInvoiceId": "CT-00001/1/1",
        "CurrencyCode": "EUR",
        "FreeTextNumber": "Not posted",
        "IsPosted": "No",
    }

    def answer(request: httpx.Request) -> httpx.Response:
        one = "(" in request.url.path
        return httpx.Response(
            200, content=exact(header if one else {"value": [{"LineNumber": 1} | line]})
        )

    async with opened(after_token(answer)) as erp:
        with pytest.raises(errors.Drifted):
            await erp.invoice_status(USMF, _FIRST)
