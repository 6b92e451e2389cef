"""Posting invoices. Numbers follow dates, so every test posts on one day."""

from datetime import date
from decimal import Decimal

import pytest

from connectors import errors
from connectors.tryton import Tryton
from tests.connectors.tryton.firm import Firm
from tests.connectors.tryton.house import (
    DEMF,
    REVERSE_CHARGE,
    Wire,
    a_deal,
    foreign,
    money,
    opened,
)
from tests.connectors.tryton.invoices import filled

POST = "model.account.invoice.post"


async def test_a_posted_invoice_has_a_number_a_balance_and_a_balanced_move(
    erp: Tryton, firm: Firm
) -> None:
    deal = await a_deal(erp)
    draft = await filled(erp, deal, deal.invoice())

    vouchers = [await erp.post_invoice(DEMF, draft) for _ in range(2)]

    status = await erp.invoice_status(DEMF, draft)
    (row,) = firm.rows(
        "account.invoice", [["id", "=", int(draft.value)]], "number", "move", "move.number"
    )
    assert (status.state, status.number) == ("posted", row["number"])
    assert (status.balance, status.gross) == (money("119.59"), money("119.59"))
    assert vouchers == [foreign(row["move."]["number"])] * 2
    assert _booked(firm, row["move"]) == {
        "130100": Decimal("119.59"),
        "250000": Decimal("-19.09"),
        "401100": Decimal("-100.50"),
    }
    analytics = firm.rows(
        "analytic_account.line", [["move_line.move", "=", row["move"]]], "credit", "account.code"
    )
    assert sum(row["credit"] for row in analytics) == Decimal("201.00")


async def test_tax_is_rounded_on_each_line_and_halves_to_even(erp: Tryton) -> None:
    deal = await a_deal(erp)
    invoice = deal.invoice(*(deal.billed(number, "101.50") for number in (1, 2)))

    draft = await filled(erp, deal, invoice)

    assert (await erp.invoice_status(DEMF, draft)).tax == money("38.56")  # 19.285 each


async def test_reverse_charge_is_taxed_with_nothing(erp: Tryton, firm: Firm) -> None:
    deal = await a_deal(erp)
    invoice = deal.invoice(note="Reverse charge")
    draft = await erp.create_invoice(invoice, deal.customer, REVERSE_CHARGE)
    await erp.fill_invoice(draft, invoice, REVERSE_CHARGE)

    await erp.post_invoice(DEMF, draft)

    status = await erp.invoice_status(DEMF, draft)
    assert (status.net, status.tax, status.balance) == (
        money("100.50"),
        money("0.00"),
        money("100.50"),
    )
    (row,) = firm.rows("account.invoice", [["id", "=", int(draft.value)]], "taxes.tax.name")
    assert [each["tax."]["name"] for each in row["taxes."]] == ["RC"]


async def test_an_invoice_in_another_currency_is_owed_in_it(erp: Tryton, firm: Firm) -> None:
    deal = await a_deal(erp)
    invoice = deal.invoice(
        deal.billed(1, "33.33", currency="USD"), deal.billed(2, "66.68", currency="USD")
    )
    draft = await filled(erp, deal, invoice)

    await erp.post_invoice(DEMF, draft)

    status = await erp.invoice_status(DEMF, draft)
    assert (status.net, status.tax) == (money("100.01", "USD"), money("19.00", "USD"))
    assert status.balance == money("119.01", "USD")
    (row,) = firm.rows("account.invoice", [["id", "=", int(draft.value)]], "move")
    booked = _booked(firm, row["move"])
    assert (booked["130100"], sum(booked.values())) == (Decimal("108.19"), 0)


async def test_a_date_that_was_overtaken_is_refused_until_a_person_sets_a_later_one(
    erp: Tryton, firm: Firm
) -> None:
    deal = await a_deal(erp)
    await erp.post_invoice(DEMF, await filled(erp, deal, deal.invoice()))
    other = await a_deal(erp)
    draft = await filled(erp, other, other.invoice(day=date(2026, 1, 30)))

    with pytest.raises(errors.Rejected) as caught:
        await erp.post_invoice(DEMF, draft)
    assert "you must set an invoice date after" in caught.value.reason
    assert (await erp.invoice_status(DEMF, draft)).state == "draft"

    told = {"invoice_date": date(2026, 1, 31)}
    firm.call("account.invoice.write", [int(draft.value)], told)
    await erp.post_invoice(DEMF, draft)
    assert (await erp.invoice_status(DEMF, draft)).state == "posted"


async def test_a_date_without_a_period_is_refused(erp: Tryton) -> None:
    deal = await a_deal(erp)
    draft = await filled(erp, deal, deal.invoice(day=date(2024, 12, 31)))

    with pytest.raises(errors.Rejected) as caught:
        await erp.post_invoice(DEMF, draft)

    assert "period" in caught.value.reason


async def test_a_warning_that_the_firm_does_not_confirm_is_a_refusal(url: str) -> None:
    async with opened(url, confirmed_warnings="invoice_date_future") as erp:
        deal = await a_deal(erp)
        draft = await filled(erp, deal, deal.invoice())

        with pytest.raises(errors.Rejected) as caught:
            await erp.post_invoice(DEMF, draft)

    assert "in the past" in caught.value.reason
    assert str(caught.value) == "tryton: a warning of invoice_payment_term"


@pytest.mark.parametrize("lost", [POST, "model.res.user.warning.skip"])
async def test_a_post_with_a_lost_answer_is_had_by_posting_again(
    erp: Tryton, wire: Wire, firm: Firm, lost: str
) -> None:
    deal = await a_deal(erp)
    draft = await filled(erp, deal, deal.invoice())
    wire.lose(lost)
    with pytest.raises(errors.Uncertain):
        await erp.post_invoice(DEMF, draft)

    voucher = await erp.post_invoice(DEMF, draft)

    assert voucher == await erp.post_invoice(DEMF, draft)
    rows = firm.rows("account.move", [["origin", "=", f"account.invoice,{draft.value}"]], "number")
    assert [row["number"] for row in rows] == [voucher.value]


def _booked(firm: Firm, move: int) -> dict[str, Decimal]:
    """Return what a move books, by account."""
    booked: dict[str, Decimal] = {}
    for row in firm.rows(
        "account.move.line", [["move", "=", move]], "debit", "credit", "account.code"
    ):
        code = row["account."]["code"]
        booked[code] = booked.get(code, Decimal(0)) + row["debit"] - row["credit"]
    return booked
