"""What a customer pays is settled with its invoice, and differences of rates are realized."""

from decimal import Decimal

import pytest

from tests.world.dynamics.firm import ACCOUNTS, Firm, Row

_D = Decimal


async def _paid(firm: Firm, invoice: str, amount: str, day: str = "2026-04-10") -> Row:
    body = {"dataAreaId": "USMF", "invoice": invoice, "amount": amount, "date": day}
    answer = await firm.http.post("/_admin/payments", json=body)
    return dict(answer.json())


async def _with_a_bank(firm: Firm) -> None:
    accounts = {"bank": "110110", "exchange_difference": "801400"}
    for number in accounts.values():
        await firm.create("MainAccounts", ChartOfAccounts="Shared", MainAccountId=number)
    await firm.company(accounts=ACCOUNTS | accounts)


async def _invoiced(firm: Firm, amount: int, currency: str = "USD") -> str:
    line = {"TransactionCurrencyAmount": amount}
    invoice = await firm.invoice(line, CurrencyCode=currency)
    return str((await firm.post_invoice(invoice))["InvoiceNumber"])


async def test_an_invoice_that_is_paid_in_parts_closes_with_the_last(firm: Firm) -> None:
    await _with_a_bank(firm)
    number = await _invoiced(firm, 1000)

    first = await _paid(firm, number, "400.00")
    (partly,) = await firm.rows("CustTransactions", f"Invoice eq '{number}'")
    last = await _paid(firm, number, "600")
    (fully,) = await firm.rows("CustTransactions", f"Invoice eq '{number}'")

    assert (partly["SettleAmountCur"], partly["Closed"]) == (400, "1900-01-01T12:00:00Z")
    assert (fully["SettleAmountCur"], fully["Closed"]) == (1000, "2026-04-10T12:00:00Z")
    assert fully["LastSettleVoucher"] == last["Voucher"]
    assert await firm.entries(first["Voucher"]) == [
        ("110110", _D(400), _D(400)),
        ("130100", _D(-400), _D(-400)),
    ]


async def test_a_payment_at_another_rate_realizes_the_difference(firm: Firm) -> None:
    await _with_a_bank(firm)
    for day, rate in (("2026-03-01", "110"), ("2026-04-01", "112")):
        await firm.create(
            "ExchangeRates",
            RateTypeName="Default",
            FromCurrency="EUR",
            ToCurrency="USD",
            StartDate=f"{day}T12:00:00Z",
            Rate=_D(rate),
            ConversionFactor="Hundred",
        )
    number = await _invoiced(firm, 1000, "EUR")

    paid = await _paid(firm, number, "1000")

    assert await firm.entries(paid["Voucher"]) == [
        ("110110", _D(1000), _D(1120)),
        ("130100", _D(-1000), _D(-1100)),
        ("801400", _D(0), _D(-20)),
    ]


@pytest.mark.parametrize(
    ("invoice", "amount", "day", "why"),
    [
        ("FTI-00000001", "1000.01", "2026-04-10", "more than the 1000 that invoice"),
        ("FTI-00000001", "0.001", "2026-04-10", "no amount of USD"),
        ("FTI-00000001", "-1", "2026-04-10", "greater than 0"),
        ("FTI-00000009", "1", "2026-04-10", "Invoice FTI-00000009 does not exist"),
        ("FTI-00000001", "1", "2027-04-10", "period for 2027-04-10 is not open"),
        ("FTI-00000001", "1", "soon", "string_pattern_mismatch"),
    ],
)
async def test_a_payment_that_cannot_be_is_refused(
    firm: Firm, invoice: str, amount: str, day: str, why: str
) -> None:
    await _with_a_bank(firm)
    await _invoiced(firm, 1000)

    refused = await _paid(firm, invoice, amount, day)

    assert why in refused["error"]
    assert await firm.log("customer_payment.posted") == []
    (owed,) = await firm.rows("CustTransactions")
    assert owed["SettleAmountCur"] == 0


async def test_a_payment_needs_a_bank_account(firm: Firm) -> None:
    number = await _invoiced(firm, 1000)

    refused = await _paid(firm, number, "1000")

    assert "Main account '' does not exist" in refused["error"]
