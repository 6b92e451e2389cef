from decimal import Decimal

import pytest

from tests.world.dynamics.firm import Firm, Row, infolog

_D = Decimal


def _header(invoice: int) -> str:
    return f"FreeTextInvoiceHeaders(dataAreaId='usmf',InvoiceIdentifier={invoice})"


def _line(invoice: int, number: int = 1) -> str:
    return f"FreeTextInvoiceLines(dataAreaId='usmf',LineNumber={number},ParentRecId={invoice})"


async def _lines(firm: Firm, invoice: int) -> list[Row]:
    return await firm.rows("FreeTextInvoiceLines", f"ParentRecId eq {invoice}")


async def _taxes(firm: Firm, invoice: int) -> list[Decimal]:
    return [_D(row["SalesTaxAmount"]) for row in await _lines(firm, invoice)]


async def test_an_invoice_takes_its_defaults_from_the_customer(firm: Firm) -> None:
    customer = "CustomersV3(dataAreaId='usmf',CustomerAccount='US-001')"
    await firm.patch(customer, SalesTaxGroup="DOM")

    invoice = await firm.invoice({"TransactionCurrencyAmount": 1000})

    row = (await firm.get(_header(invoice))).json()
    assert row["InvoiceIdentifier"] == invoice >= 5637144576
    assert (row["InvoiceAccount"], row["SalesTaxGroupId"]) == ("US-001", "DOM")
    assert (row["TermsOfPayment"], row["DueDate"]) == ("Net30", "2026-04-30T12:00:00Z")
    assert (row["FreeTextNumber"], row["IsPosted"]) == ("Not posted", "No")
    assert row["ExchangeRate"] == 100
    assert (await _lines(firm, invoice))[0]["SalesTaxGroupId"] == "DOM"


@pytest.mark.parametrize(
    ("terms", "due"),
    [
        ({"NumberOfDays": 14}, "2026-02-14"),
        ({"NumberOfMonths": 1}, "2026-02-28"),
        ({"NumberOfMonths": 11, "NumberOfDays": 1}, "2027-01-01"),
        ({"NumberOfMonths": 12}, "2027-01-31"),
        ({"PaymentMethodType": "CurrentMth", "NumberOfDays": 10}, "2026-02-10"),
        ({}, "2026-01-31"),
    ],
)
async def test_terms_of_payment_make_the_due_date(firm: Firm, terms: Row, due: str) -> None:
    await firm.create("PaymentTerms", dataAreaId="usmf", Name="T", **terms)

    invoice = await firm.invoice(InvoiceDate="2026-01-31T12:00:00Z", TermsOfPayment="T")

    row = (await firm.get(_header(invoice))).json()
    assert row["DueDate"] == f"{due}T12:00:00Z"


async def test_without_terms_an_invoice_is_due_at_once(firm: Firm) -> None:
    await firm.patch("CustomersV3(dataAreaId='usmf',CustomerAccount='US-001')", PaymentTerms="")

    row = (await firm.get(_header(await firm.invoice()))).json()

    assert (row["TermsOfPayment"], row["DueDate"]) == ("", row["InvoiceDate"])


async def test_a_later_date_moves_the_due_date(firm: Firm) -> None:
    invoice = await firm.invoice()

    await firm.patch(_header(invoice), InvoiceDate="2026-04-01T12:00:00Z")

    assert (await firm.get(_header(invoice))).json()["DueDate"] == "2026-05-01T12:00:00Z"


async def test_invoices_are_found_by_their_external_id(firm: Firm) -> None:
    invoices = [await firm.invoice(ExternalInvoiceId="inv/1") for _ in range(2)]
    await firm.invoice(ExternalInvoiceId="inv/2")

    found = await firm.rows("FreeTextInvoiceHeaders", "ExternalInvoiceId eq 'inv/1'")

    assert [row["InvoiceIdentifier"] for row in found] == invoices


@pytest.mark.parametrize(
    ("line", "net"),
    [
        ({"Quantity": _D("1.005"), "UnitPrice": 1}, "1.01"),
        ({"Quantity": _D("-1.005"), "UnitPrice": 1}, "-1.01"),
        ({"Quantity": _D("5.3333"), "UnitPrice": 150}, "800"),
        ({"Quantity": 1, "UnitPrice": 1, "TransactionCurrencyAmount": 700}, "700"),
        ({"Quantity": 1, "UnitPrice": 1, "TransactionCurrencyAmount": 0}, "0"),
        ({}, "0"),
    ],
)
async def test_a_line_s_net_is_given_or_quantity_times_price(
    firm: Firm, line: Row, net: str
) -> None:
    invoice = await firm.invoice(line)

    (row,) = await _lines(firm, invoice)
    assert row["TransactionCurrencyAmount"] == _D(net)


async def test_a_changed_quantity_makes_a_new_net_and_tax(firm: Firm) -> None:
    invoice = await firm.invoice({"Quantity": 1, "UnitPrice": 100}, SalesTaxGroupId="DOM")

    await firm.patch(_line(invoice), Description="same amount")
    (unchanged,) = await _lines(firm, invoice)
    await firm.patch(_line(invoice), Quantity=2)

    (row,) = await _lines(firm, invoice)
    assert (unchanged["TransactionCurrencyAmount"], unchanged["SalesTaxAmount"]) == (100, 19)
    assert (row["TransactionCurrencyAmount"], row["SalesTaxAmount"]) == (200, 38)


async def test_an_amount_finer_than_the_currency_is_refused(firm: Firm) -> None:
    with pytest.raises(AssertionError, match="not a multiple of the smallest unit of USD"):
        await firm.invoice({"TransactionCurrencyAmount": _D("10.005")})


async def test_an_amount_out_of_range_is_refused(firm: Firm) -> None:
    with pytest.raises(AssertionError, match="is out of range"):
        await firm.invoice({"Quantity": 9 * 10**15, "UnitPrice": 9})


async def test_domestic_tax_is_charged_and_reverse_charge_and_exemption_are_not(
    firm: Firm,
) -> None:
    """O-20: 1 000 at 19 % domestic, to a business abroad, and exempt."""
    taxes = {}
    for group in ("DOM", "EU-RC", "EXEMPT"):
        invoice = await firm.invoice({"TransactionCurrencyAmount": 1000}, SalesTaxGroupId=group)
        await firm.post_invoice(invoice)
        taxes[group] = (await _taxes(firm, invoice))[0]

    assert taxes == {"DOM": _D("190.00"), "EU-RC": 0, "EXEMPT": 0}
    entries = await firm.log("free_text_invoice.posted")
    assert [entry["tax"] for entry in entries] == ["190.00", "0.00", "0.00"]
    assert entries[1]["lines"][0]["taxes"][0]["reverseCharge"] is True
    assert entries[2]["lines"][0]["taxes"][0]["exempt"] is True


@pytest.mark.parametrize(
    ("rounding", "tax", "lines"),
    [
        ("line", "18.99", ["6.33", "6.33", "6.33"]),
        ("document", "19.00", ["6.33", "6.33", "6.34"]),
    ],
)
async def test_tax_is_rounded_by_line_or_by_document(
    firm: Firm, rounding: str, tax: str, lines: list[str]
) -> None:
    """O-20: 3 times 33.33 at 19 %."""
    await firm.settings(tax_rounding=rounding)
    line = {"TransactionCurrencyAmount": _D("33.33")}
    invoice = await firm.invoice(line, line, line, SalesTaxGroupId="DOM")

    posted = await firm.post_invoice(invoice)

    assert await _taxes(firm, invoice) == [_D(amount) for amount in lines]
    entries = await firm.entries(posted["Voucher"])
    assert entries[1] == ("250100", -_D(tax), -_D(tax))
    assert (await firm.log("free_text_invoice.posted"))[0]["tax"] == tax


async def test_tax_is_readable_before_posting(firm: Firm) -> None:
    invoice = await firm.invoice({"TransactionCurrencyAmount": _D("33.33")}, SalesTaxGroupId="DOM")

    assert await _taxes(firm, invoice) == [_D("6.33")]


async def test_each_code_of_a_group_is_rounded_and_booked_by_itself(firm: Firm) -> None:
    await firm.create("TaxGroupDatas", dataAreaId="usmf", TaxGroupId="US", TaxCodeId="VAT")
    await firm.company(tax_percentages={"SALES": "6.5", "VAT": "0.5"})
    invoice = await firm.invoice({"TransactionCurrencyAmount": 101}, SalesTaxGroupId="US")

    posted = await firm.post_invoice(invoice)

    assert await _taxes(firm, invoice) == [_D("7.08")]
    entries = await firm.entries(posted["Voucher"])
    assert [amount for account, amount, _ in entries if account == "250100"] == [
        _D("-6.57"),
        _D("-0.51"),
    ]


async def test_an_item_tax_group_narrows_the_codes(firm: Firm) -> None:
    await firm.create("TaxGroupDatas", dataAreaId="usmf", TaxGroupId="US", TaxCodeId="VAT")
    for group, code, facts in (
        ("SERV", "SALES", {}),
        ("FREE", "SALES", {"ExemptTax": "Yes"}),
    ):
        await firm.create(
            "TaxItemGroups", dataAreaId="usmf", TaxItemGroupCode=group, TaxCodeId=code, **facts
        )
    line = {"TransactionCurrencyAmount": 100}

    invoice = await firm.invoice(
        line | {"SalesTaxItemGroupId": "SERV"},
        line | {"SalesTaxItemGroupId": "FREE"},
        line,
        SalesTaxGroupId="US",
    )

    assert await _taxes(firm, invoice) == [10, 0, 29]


@pytest.mark.parametrize(("needed", "tax"), [(True, 0), (False, 19)])
async def test_a_line_without_an_item_tax_group_is_taxed_by_switch(
    firm: Firm, *, needed: bool, tax: int
) -> None:
    await firm.settings(tax_needs_item_group=needed)

    invoice = await firm.invoice({"TransactionCurrencyAmount": 100}, SalesTaxGroupId="DOM")

    assert await _taxes(firm, invoice) == [tax]


async def test_a_code_without_a_percentage_is_refused(firm: Firm) -> None:
    await firm.company(tax_percentages={})

    with pytest.raises(AssertionError, match="No percentage is set for sales tax code VAT"):
        await firm.invoice({"TransactionCurrencyAmount": 100}, SalesTaxGroupId="DOM")


async def test_an_unknown_item_tax_group_is_refused(firm: Firm) -> None:
    await firm.create("TaxItemGroups", dataAreaId="demf", TaxItemGroupCode="SERV", TaxCodeId="VAT")

    with pytest.raises(AssertionError, match="'SERV' in field 'Sales tax item group'"):
        await firm.invoice({"SalesTaxItemGroupId": "SERV"})


async def test_the_currency_of_an_invoice_with_lines_stays(firm: Firm) -> None:
    empty, filled = await firm.invoice(), await firm.invoice({"TransactionCurrencyAmount": 10})

    changed = await firm.patch(_header(empty), CurrencyCode="EUR")
    refused = await firm.patch(_header(filled), CurrencyCode="EUR")

    assert changed.status_code == 204
    assert "currency of an invoice with lines cannot be changed" in infolog(refused)


async def test_an_unposted_invoice_is_deleted_with_its_lines_only(firm: Firm) -> None:
    line = {"TransactionCurrencyAmount": 10}
    invoice, other = await firm.invoice(line, line), await firm.invoice(line)

    answer = await firm.delete(_header(invoice))

    assert answer.status_code == 204
    assert await _lines(firm, invoice) == []
    assert len(await _lines(firm, other)) == 1


async def test_a_posted_invoice_is_immutable(firm: Firm) -> None:
    invoice = await firm.invoice({"TransactionCurrencyAmount": 10})
    await firm.post_invoice(invoice)
    line = {"dataAreaId": "usmf", "ParentRecId": invoice, "LineNumber": 2}

    refused = [
        await firm.patch(_line(invoice), Description="other"),
        await firm.delete(_line(invoice)),
        await firm.post("FreeTextInvoiceLines", **line),
        await firm.patch(_header(invoice), CustomerReference="PO-8"),
        await firm.delete(_header(invoice)),
    ]

    assert [answer.status_code for answer in refused] == [400] * 5
    expected = "Invoice FTI-00000001 is posted and cannot be changed"
    assert all(expected in infolog(answer) for answer in refused)


async def test_a_repeated_line_is_refused(firm: Firm) -> None:
    invoice = await firm.invoice({"TransactionCurrencyAmount": 10})

    answer = await firm.post(
        "FreeTextInvoiceLines", dataAreaId="usmf", ParentRecId=invoice, LineNumber=1
    )

    assert "The record already exists." in infolog(answer)
