from datetime import date
from decimal import Decimal

import pytest

from canonical.codes import InvoiceCodes
from canonical.money import Money
from connectors import errors
from connectors.ports import Document
from connectors.tryton import Tryton
from tests.connectors.tryton.firm import Firm
from tests.connectors.tryton.house import (
    DEMF,
    DOMESTIC,
    Wire,
    a_deal,
    foreign,
    money,
    own_deal,
)
from tests.connectors.tryton.invoices import filled

CREATE = "model.account.invoice.create"


async def test_a_draft_carries_our_reference_and_what_its_party_has(
    erp: Tryton, firm: Firm
) -> None:
    deal = await a_deal(erp)

    draft = await erp.create_invoice(deal.invoice(note="Reverse charge"), deal.customer, DOMESTIC)

    (row,) = firm.rows(
        "account.invoice",
        [["id", "=", int(draft.value)]],
        *("reference", "description", "comment", "invoice_date", "type", "state", "party"),
        *("account.code", "journal.code", "currency.code", "payment_term.name", "lines"),
    )
    assert {name: row[name] for name in ("reference", "description", "comment")} == {
        "reference": f"CT-{deal.number:05}/1/1",
        "description": "PO-7",
        "comment": "Reverse charge",
    }
    assert (row["type"], row["state"], row["invoice_date"]) == ("out", "draft", date(2026, 1, 31))
    assert row["party"] == firm.id_of("party.party", "code", deal.customer.value)
    assert len(row["lines"]) == 2
    assert (row["account."]["code"], row["journal."]["code"]) == ("130100", "REV")
    assert (row["currency."]["code"], row["payment_term."]["name"]) == ("EUR", "Net30")


async def test_it_goes_to_the_address_for_invoices_or_else_to_the_first(
    erp: Tryton, firm: Firm
) -> None:
    deal = await own_deal(erp)
    party = firm.id_of("party.party", "code", deal.customer.value)
    (first,) = firm.rows("party.address", [["party", "=", party]])
    drafts = [await erp.create_invoice(deal.invoice(), deal.customer, DOMESTIC)]
    second = firm.create("party.address", party=party, invoice=True)

    drafts.append(await erp.create_invoice(deal.invoice(), deal.customer, DOMESTIC))

    where = [["id", "in", [int(draft.value) for draft in drafts]]]
    rows = firm.rows("account.invoice", where, "invoice_address")
    assert [row["invoice_address"] for row in rows] == [first["id"], second]


async def test_a_party_without_an_address_is_not_billed(erp: Tryton, firm: Firm) -> None:
    deal = await own_deal(erp)
    party = firm.id_of("party.party", "code", deal.customer.value)
    (address,) = firm.rows("party.address", [["party", "=", party]])
    firm.call("party.address.write", [address["id"]], {"active": False})

    with pytest.raises(errors.Rejected, match="no address"):
        await erp.create_invoice(deal.invoice(), deal.customer, DOMESTIC)


async def test_lines_are_hours_times_price_where_that_is_the_net_and_once_the_net_elsewhere(
    erp: Tryton, firm: Firm
) -> None:
    deal = await a_deal(erp)
    invoice = deal.invoice(
        deal.billed(1, "1200.00", minutes=480, price="150"),
        deal.billed(2, "25.00", minutes=10, price="150"),
        deal.billed(3, "0.13", minutes=30, price="0.25"),  # Tryton would round to 0.12
        deal.billed(4, "75.50"),
    )

    draft = await filled(erp, deal, invoice)

    rows = firm.rows(
        "account.invoice.line",
        [["invoice", "=", int(draft.value)]],
        *("sequence", "quantity", "unit.name", "unit_price", "amount", "description"),
        *("account.code", "taxes.name", "analytic_accounts.account.code"),
    )
    assert [
        (row["sequence"], row["quantity"], row["unit_price"], row["amount"], row["description"])
        for row in rows
    ] == [
        (1, 8.0, Decimal("150.0000"), Decimal("1200.00"), "Line 1"),
        (2, 1.0, Decimal("25.0000"), Decimal("25.00"), "Line 2 (0.1667 h)"),
        (3, 1.0, Decimal("0.1300"), Decimal("0.13"), "Line 3 (0.5 h)"),
        (4, 1.0, Decimal("75.5000"), Decimal("75.50"), "Line 4"),
    ]
    assert [row["unit."] and row["unit."]["name"] for row in rows] == ["Hour", None, None, None]
    for row in rows:
        assert (row["account."]["code"], [tax["name"] for tax in row["taxes."]]) == (
            "401100",
            ["DOM"],
        )
        assert {each["account."]["code"] for each in row["analytic_accounts."]} == {
            "040",
            deal.dimensions.project,
        }


async def test_hours_are_taxed_as_their_net_is(erp: Tryton) -> None:
    taxes: list[Money] = []
    for minutes in (1, None):  # 0.016667 h × 90.00 is not 1.50
        deal = await a_deal(erp)
        line = deal.billed(1, "1.50", minutes=minutes, price="90.00")
        draft = await filled(erp, deal, deal.invoice(line))
        taxes.append((await erp.invoice_status(DEMF, draft)).tax)

    assert taxes == [money("0.28")] * 2


async def test_a_price_finer_than_trytons_is_billed_as_once_the_net(erp: Tryton) -> None:
    deal = await a_deal(erp)
    invoice = deal.invoice(
        deal.billed(1, "20.85", minutes=10, price="125.12345"),
        deal.billed(2, "12.50", minutes=60, price="12.500000"),
    )

    draft = await filled(erp, deal, invoice)

    assert (await erp.invoice_status(DEMF, draft)).net == money("33.35")


async def test_a_draft_shows_net_and_tax_before_it_is_posted(erp: Tryton) -> None:
    deal = await a_deal(erp)
    draft = await filled(erp, deal, deal.invoice())

    status = await erp.invoice_status(DEMF, draft)

    assert (status.state, status.number, status.balance) == ("draft", None, None)
    assert (status.net, status.tax, status.line_count) == (money("100.50"), money("19.09"), 2)


async def test_an_invoice_that_is_filled_twice_has_its_lines_once(erp: Tryton) -> None:
    deal = await a_deal(erp)
    invoice = deal.invoice()
    draft = await filled(erp, deal, invoice)

    await erp.fill_invoice(draft, invoice, DOMESTIC)

    assert (await erp.invoice_status(DEMF, draft)).line_count == 2
    assert await erp.holds_invoice_lines(draft, invoice)


async def test_a_draft_whose_lines_somebody_took_out_is_refused(erp: Tryton, firm: Firm) -> None:
    deal = await a_deal(erp)
    draft = await filled(erp, deal, deal.invoice())
    rows = firm.rows("account.invoice.line", [["invoice", "=", int(draft.value)]])
    firm.call("account.invoice.line.delete", [rows[0]["id"]])

    with pytest.raises(errors.Rejected, match="other lines"):
        await erp.fill_invoice(draft, deal.invoice(), DOMESTIC)


async def test_a_draft_that_holds_other_lines_is_refused(erp: Tryton) -> None:
    deal = await a_deal(erp)
    draft = await filled(erp, deal, deal.invoice())
    other = deal.invoice(deal.billed(1, "1.00"))

    with pytest.raises(errors.Rejected, match="other lines"):
        await erp.fill_invoice(draft, other, DOMESTIC)

    assert not await erp.holds_invoice_lines(draft, other)


@pytest.mark.parametrize(
    "codes",
    [
        DOMESTIC.model_copy(update={"revenue_account": "999999"}),
        DOMESTIC.model_copy(update={"tax_group": "NONE"}),
        DOMESTIC.model_copy(update={"revenue_account": "540100"}),
    ],
    ids=["no account", "no tax", "not a revenue account"],
)
async def test_lines_that_are_refused_leave_no_draft(erp: Tryton, codes: InvoiceCodes) -> None:
    deal = await a_deal(erp)

    with pytest.raises(errors.Rejected) as caught:
        await erp.create_invoice(deal.invoice(), deal.customer, codes)

    assert caught.value.reason
    assert await erp.find_invoices(deal.invoice()) == ()


async def test_an_invoice_is_found_by_exactly_its_reference_the_oldest_first(erp: Tryton) -> None:
    deal = await a_deal(erp)
    invoice = deal.invoice()
    double = await erp.create_invoice(invoice, deal.customer, DOMESTIC)
    posted = await filled(erp, deal, invoice)
    await erp.post_invoice(DEMF, posted)

    found = await erp.find_invoices(invoice)

    assert found == (Document(id=double, is_posted=False), Document(id=posted, is_posted=True))
    assert await erp.find_invoices(invoice.model_copy(update={"revision": 2})) == ()


async def test_a_draft_that_an_accountant_cancelled_is_ours_no_more(
    erp: Tryton, firm: Firm
) -> None:
    deal = await a_deal(erp)
    cancelled = await filled(erp, deal, deal.invoice())
    firm.call("account.invoice.cancel", [int(cancelled.value)])
    assert await erp.find_invoices(deal.invoice()) == ()

    draft = await filled(erp, deal, deal.invoice())

    assert await erp.find_invoices(deal.invoice()) == (Document(id=draft, is_posted=False),)


async def test_a_draft_with_a_lost_answer_is_found(erp: Tryton, wire: Wire) -> None:
    deal = await a_deal(erp)
    wire.lose(CREATE)
    with pytest.raises(errors.Uncertain):
        await erp.create_invoice(deal.invoice(), deal.customer, DOMESTIC)

    (found,) = await erp.find_invoices(deal.invoice())

    assert not found.is_posted


async def test_a_draft_is_discarded_and_one_that_is_gone_is_success(erp: Tryton) -> None:
    deal = await a_deal(erp)
    draft = await filled(erp, deal, deal.invoice())

    for _ in range(2):
        await erp.discard_invoice(DEMF, draft)

    assert await erp.find_invoices(deal.invoice()) == ()


async def test_a_draft_that_goes_while_we_discard_it_is_success(
    erp: Tryton, wire: Wire, firm: Firm
) -> None:
    deal = await a_deal(erp)
    draft = await filled(erp, deal, deal.invoice())
    wire.before(
        "model.account.invoice.delete",
        lambda: firm.call("account.invoice.delete", [int(draft.value)]),
    )

    await erp.discard_invoice(DEMF, draft)

    assert await erp.find_invoices(deal.invoice()) == ()


async def test_a_posted_invoice_is_not_discarded(erp: Tryton) -> None:
    deal = await a_deal(erp)
    draft = await filled(erp, deal, deal.invoice())
    await erp.post_invoice(DEMF, draft)

    with pytest.raises(errors.Rejected) as caught:
        await erp.discard_invoice(DEMF, draft)

    assert "posted" in caught.value.reason


async def test_an_invoice_that_is_not_there_is_missing(erp: Tryton) -> None:
    deal = await a_deal(erp)

    for call in (erp.post_invoice, erp.invoice_status):
        with pytest.raises(errors.Missing):
            await call(DEMF, foreign(999_999))
    with pytest.raises(errors.Missing):
        await erp.fill_invoice(foreign(999_999), deal.invoice(), DOMESTIC)
    with pytest.raises(errors.Rejected, match="no such party"):
        await erp.create_invoice(deal.invoice(), foreign("CL-NONE"), DOMESTIC)
