from decimal import Decimal

import pytest

from tests.world.dynamics.firm import Firm, Row, infolog
from world.sandboxes.dynamics._infolog import Refused
from world.sandboxes.dynamics._ledger import Entry, check_balance

_D = Decimal


async def _rate(firm: Firm, day: str, rate: str, **more: object) -> None:
    row = {"RateTypeName": "Default", "FromCurrency": "EUR", "ToCurrency": "USD"}
    await firm.create(
        "ExchangeRates", **row | {"StartDate": f"{day}T12:00:00Z", "Rate": _D(rate)} | more
    )


async def _posted(firm: Firm, invoice: int, company: str = "usmf") -> Row:
    posted = await firm.post_invoice(invoice, company)
    assert posted["Success"], posted
    return posted


async def test_an_invoice_is_receivable_against_revenue_and_tax(firm: Firm) -> None:
    """O-01: labor 6 000 and expense 550 at 10 %."""
    invoice = await firm.invoice(
        {"Description": "labor", "Quantity": 40, "UnitPrice": 150, "ProjectID": "P1"},
        {"Description": "expense", "TransactionCurrencyAmount": 550},
        SalesTaxGroupId="US",
    )

    posted = await _posted(firm, invoice)

    assert posted["InvoiceNumber"] == "FTI-00000001"
    assert await firm.entries(posted["Voucher"]) == [
        ("130100", _D(7205), _D(7205)),
        ("250100", _D(-655), _D(-655)),
        ("401100-CONS-P1", _D(-6000), _D(-6000)),
        ("401100-CONS-P1", _D(-550), _D(-550)),
    ]


async def test_a_posted_invoice_is_in_the_log_with_its_lines(firm: Firm) -> None:
    invoice = await firm.invoice(
        {"Description": "labor", "Quantity": 40, "UnitPrice": 150, "ProjectID": "P1"},
        {"Description": "expense", "TransactionCurrencyAmount": 550},
        SalesTaxGroupId="US",
        ExternalInvoiceId="inv/1",
        CustomerReference="PO-7",
    )

    posted = await _posted(firm, invoice)

    (entry,) = await firm.log("free_text_invoice.posted")
    assert (entry["invoiceId"], entry["externalInvoiceId"]) == (invoice, "inv/1")
    assert (entry["invoiceNumber"], entry["voucher"]) == (
        posted["InvoiceNumber"],
        posted["Voucher"],
    )
    assert (entry["net"], entry["tax"], entry["gross"]) == ("6550.00", "655.00", "7205.00")
    assert (entry["customerReference"], entry["currency"]) == ("PO-7", "USD")
    assert (entry["invoiceDate"], entry["dueDate"]) == ("2026-03-31", "2026-04-30")
    labor, expense = entry["lines"]
    assert (labor["quantity"], labor["unitPrice"], labor["net"]) == ("40", "150", "6000.00")
    assert (labor["tax"], labor["projectId"]) == ("600.00", "P1")
    assert expense["taxes"] == [
        {
            "code": "SALES",
            "percentage": "10",
            "base": "550.00",
            "amount": "55.00",
            "reverseCharge": False,
            "exempt": False,
        }
    ]
    assert sum(_D(e["amount"]) for e in entry["entries"]) == 0


async def test_a_posted_invoice_has_a_number_and_an_open_customer_transaction(
    firm: Firm,
) -> None:
    invoice = await firm.invoice({"TransactionCurrencyAmount": 1000}, SalesTaxGroupId="US")

    posted = await _posted(firm, invoice)

    (header,) = await firm.rows("FreeTextInvoiceHeaders")
    (open_item,) = await firm.rows("CustTransactions", f"Invoice eq '{posted['InvoiceNumber']}'")
    assert (header["IsPosted"], header["FreeTextNumber"]) == ("Yes", posted["InvoiceNumber"])
    assert (open_item["AmountCur"], open_item["AmountMST"]) == (1100, 1100)
    assert (open_item["AccountNum"], open_item["Voucher"]) == ("US-001", posted["Voucher"])
    assert (open_item["DueDate"], open_item["Closed"]) == (
        "2026-04-30T12:00:00Z",
        "1900-01-01T12:00:00Z",
    )


async def test_the_rate_of_the_invoice_date_makes_the_accounting_amount(firm: Firm) -> None:
    """O-18: 20 h at 150 EUR, invoiced at 1.08."""
    await _rate(firm, "2026-01-01", "110")
    await _rate(firm, "2026-03-31", "108")
    await _rate(firm, "2026-04-01", "112")
    invoice = await firm.invoice({"Quantity": 20, "UnitPrice": 150}, CurrencyCode="EUR")

    posted = await _posted(firm, invoice)

    assert await firm.entries(posted["Voucher"]) == [
        ("130100", _D(3000), _D(3240)),
        ("401100-CONS-P1", _D(-3000), _D(-3240)),
    ]
    (open_item,) = await firm.rows("CustTransactions")
    assert (open_item["AmountCur"], open_item["AmountMST"]) == (3000, 3240)


@pytest.mark.parametrize(
    ("rate", "factor"), [("1.08", "One"), ("108", "Hundred"), ("10.8", "Ten"), ("1080", "Thousand")]
)
async def test_rates_are_quoted_for_the_units_of_their_factor(
    firm: Firm, rate: str, factor: str
) -> None:
    await _rate(firm, "2026-01-01", rate, ConversionFactor=factor)
    invoice = await firm.invoice({"TransactionCurrencyAmount": 3000}, CurrencyCode="EUR")

    await _posted(firm, invoice)

    (open_item,) = await firm.rows("CustTransactions")
    header = (await firm.rows("FreeTextInvoiceHeaders"))[0]
    assert (open_item["AmountMST"], header["ExchangeRate"]) == (3240, 108)


async def test_an_opposite_quotation_counts_where_there_is_no_other(firm: Firm) -> None:
    await _rate(firm, "2026-01-01", "80", FromCurrency="USD", ToCurrency="EUR")
    invoice = await firm.invoice({"TransactionCurrencyAmount": 1000}, CurrencyCode="EUR")

    await _posted(firm, invoice)

    assert (await firm.rows("CustTransactions"))[0]["AmountMST"] == 1250


@pytest.mark.parametrize(
    "more",
    [
        {"RateTypeName": "Budget"},
        {"EndDate": "2026-03-30T12:00:00Z"},
        {"StartDate": "2026-04-01T12:00:00Z"},
        {"Rate": 0},
    ],
)
async def test_a_rate_that_is_not_valid_does_not_count(firm: Firm, more: Row) -> None:
    await _rate(firm, "2026-01-01", "108", **more)
    invoice = await firm.invoice({"TransactionCurrencyAmount": 3000}, CurrencyCode="EUR")

    posted = await firm.post_invoice(invoice)

    assert posted["Message"] == "Error: No exchange rate from EUR to USD on 2026-03-31."


async def test_a_rate_is_valid_from_its_first_to_its_last_day(firm: Firm) -> None:
    await _rate(firm, "2026-03-31", "108", EndDate="2026-03-31T12:00:00Z")
    invoice = await firm.invoice({"TransactionCurrencyAmount": 3000}, CurrencyCode="EUR")

    assert (await firm.post_invoice(invoice))["Success"]


async def test_both_currencies_balance_when_parts_round_apart(firm: Firm) -> None:
    await _rate(firm, "2026-01-01", "133.33")
    lines = [{"TransactionCurrencyAmount": _D("0.33")}] * 3
    invoice = await firm.invoice(*lines, CurrencyCode="EUR", SalesTaxGroupId="DOM")

    posted = await _posted(firm, invoice)

    entries = await firm.entries(posted["Voucher"])
    assert entries == [
        ("130100", _D("1.17"), _D("1.56")),
        ("250100", _D("-0.18"), _D("-0.24")),
        ("401100-CONS-P1", _D("-0.33"), _D("-0.44")),
        ("401100-CONS-P1", _D("-0.33"), _D("-0.44")),
        ("401100-CONS-P1", _D("-0.33"), _D("-0.44")),
    ]
    assert sum(accounting for _, _, accounting in entries) == 0


async def test_the_last_revenue_line_takes_the_rest_of_a_conversion(firm: Firm) -> None:
    await _rate(firm, "2026-01-01", "150")
    lines = [{"TransactionCurrencyAmount": _D("0.01")}] * 3
    invoice = await firm.invoice(*lines, CurrencyCode="EUR")

    posted = await _posted(firm, invoice)

    amounts = [accounting for _, _, accounting in await firm.entries(posted["Voucher"])]
    assert amounts == [_D("0.05"), _D("-0.02"), _D("-0.02"), _D("-0.01")]


async def test_a_credit_mirrors_an_invoice(firm: Firm) -> None:
    lines: list[Row] = [
        {"Quantity": 1, "UnitPrice": _D("0.125")},
        {"TransactionCurrencyAmount": 100},
    ]
    credit: list[Row] = [
        {"Quantity": -1, "UnitPrice": _D("0.125")},
        {"TransactionCurrencyAmount": -100},
    ]

    billed = await _posted(firm, await firm.invoice(*lines, SalesTaxGroupId="DOM"))
    credited = await _posted(firm, await firm.invoice(*credit, SalesTaxGroupId="DOM"))

    invoice = await firm.entries(billed["Voucher"])
    assert invoice == [
        (account, -amount, -accounting)
        for account, amount, accounting in await firm.entries(credited["Voucher"])
    ]
    assert invoice[2][1] == _D("-0.13")


async def test_a_line_may_name_its_own_account_and_dimensions(firm: Firm) -> None:
    await firm.create("MainAccounts", ChartOfAccounts="Shared", MainAccountId="401200")
    invoice = await firm.invoice(
        {"TransactionCurrencyAmount": 10, "MainAccountDisplayValue": "401200"},
        {
            "TransactionCurrencyAmount": 20,
            "MainAccountDisplayValue": "401200-CONS",
            "DefaultDimensionDisplayValue": "",
        },
    )

    posted = await _posted(firm, invoice)

    accounts = [account for account, _, _ in await firm.entries(posted["Voucher"])]
    assert accounts == ["130100", "401200-CONS-P1", "401200-CONS"]


@pytest.mark.parametrize("hold", ["Invoice", "All"])
async def test_a_customer_on_hold_is_not_invoiced(firm: Firm, hold: str) -> None:
    customer = "CustomersV3(dataAreaId='usmf',CustomerAccount='US-001')"
    invoice = await firm.invoice({"TransactionCurrencyAmount": 10})

    await firm.patch(customer, OnHoldStatus=hold)
    refused = await firm.post_invoice(invoice)
    await firm.patch(customer, OnHoldStatus="Payment")
    posted = await firm.post_invoice(invoice)

    assert refused["Message"] == f"Error: Customer account US-001 is on hold for {hold}."
    assert refused["InvoiceNumber"] == refused["Voucher"] == ""
    assert (posted["Success"], posted["InvoiceNumber"]) == (True, "FTI-00000001")


async def test_a_company_without_a_ledger_posts_nothing(firm: Firm) -> None:
    area = {"dataAreaId": "frmf"}
    await firm.create("LegalEntities", LegalEntityId="frmf")
    await firm.create("CustomerGroups", **area, CustomerGroupId="10")
    await firm.create(
        "CustomersV3",
        **area,
        CustomerAccount="US-001",
        OrganizationName="Contoso",
        CustomerGroupId="10",
        SalesCurrencyCode="EUR",
    )
    invoice = await firm.invoice({"TransactionCurrencyAmount": 10}, **area)

    posted = await firm.post_invoice(invoice, "frmf")

    assert posted["Message"] == "The ledger of company 'frmf' has not been set up."
    header = f"FreeTextInvoiceHeaders(dataAreaId='frmf',InvoiceIdentifier={invoice})"
    assert (await firm.get(header)).json()["ExchangeRate"] == 0


async def test_a_customer_who_is_gone_is_not_invoiced(firm: Firm) -> None:
    invoice = await firm.invoice({"TransactionCurrencyAmount": 10})
    await firm.delete("CustomersV3(dataAreaId='usmf',CustomerAccount='US-001')")

    posted = await firm.post_invoice(invoice)

    assert posted["Message"] == "Error: Customer account US-001 does not exist."


@pytest.mark.parametrize(
    ("header", "line", "expected"),
    [
        ({"InvoiceDate": "2027-01-01T12:00:00Z"}, {}, "Fiscal period for 2027-01-01 is not open"),
        ({}, {"DefaultDimensionDisplayValue": "SALES"}, "'SALES' of the financial dimension"),
        ({}, {"MainAccountDisplayValue": "999"}, "Main account '999' does not exist"),
    ],
)
async def test_an_invoice_that_cannot_be_posted_stays_as_it_was(
    firm: Firm, header: Row, line: Row, expected: str
) -> None:
    invoice = await firm.invoice({"TransactionCurrencyAmount": 10} | line, **header)

    posted = await firm.post_invoice(invoice)

    assert not posted["Success"]
    assert expected in posted["Message"]
    assert await firm.rows("CustTransactions") == []
    assert await firm.log("free_text_invoice.posted") == []
    assert (await firm.rows("FreeTextInvoiceHeaders"))[0]["FreeTextNumber"] == "Not posted"


async def test_an_invoice_is_posted_once(firm: Firm) -> None:
    invoice = await firm.invoice({"TransactionCurrencyAmount": 10})
    await _posted(firm, invoice)

    again = await firm.post_invoice(invoice)

    assert again["Message"] == "Error: Invoice FTI-00000001 is already posted."
    assert len(await firm.rows("CustTransactions")) == 1


async def test_an_invoice_without_lines_or_of_another_company_is_refused(firm: Firm) -> None:
    invoice = await firm.invoice()

    empty = await firm.post_invoice(invoice)
    elsewhere = await firm.post_invoice(invoice, company="demf")

    assert empty["Message"] == f"Error: Invoice {invoice} has no lines."
    assert elsewhere["Message"] == f"Error: Invoice {invoice} does not exist in company demf."


async def test_each_company_counts_its_own_invoices(firm: Firm) -> None:
    numbers = []
    for company, currency in (("usmf", "USD"), ("demf", "EUR"), ("usmf", "USD")):
        line = {"TransactionCurrencyAmount": 10, "DefaultDimensionDisplayValue": ""}
        invoice = await firm.invoice(line, dataAreaId=company, CurrencyCode=currency)
        numbers.append((await _posted(firm, invoice, company))["InvoiceNumber"])

    assert numbers == ["FTI-00000001", "FTI-00000001", "FTI-00000002"]


async def test_a_refused_invoice_is_an_http_error_by_switch(firm: Firm) -> None:
    await firm.settings(posting_refusal_status=500)

    answer = await firm.call("postFreeTextInvoice", invoiceId=await firm.invoice())

    assert answer.status_code == 500
    assert "has no lines" in infolog(answer)


@pytest.mark.parametrize(("amount", "accounting"), [(1, 0), (0, 1)])
def test_a_voucher_has_to_balance_in_both_currencies(amount: int, accounting: int) -> None:
    entry = Entry(
        date="2026-03-31T12:00:00Z",
        account="1",
        posting_type="None",
        currency="USD",
        amount=_D(amount),
        accounting=_D(accounting),
    )

    with pytest.raises(Refused, match="voucher V1 do not balance as per 2026-03-31"):
        check_balance("V1", [entry])


async def test_a_delimiter_within_a_main_account_is_escaped(firm: Firm) -> None:
    await firm.create("MainAccounts", ChartOfAccounts="Shared", MainAccountId="4011-00")
    line = {
        "TransactionCurrencyAmount": 100,
        "MainAccountDisplayValue": "4011\\-00-CONS",
        "DefaultDimensionDisplayValue": "",
    }

    posted = await _posted(firm, await firm.invoice(line))

    assert await firm.entries(posted["Voucher"]) == [
        ("130100", _D(100), _D(100)),
        ("4011\\-00-CONS", _D(-100), _D(-100)),
    ]
