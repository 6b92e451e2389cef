import asyncio
from datetime import date
from decimal import Decimal

import pytest

from canonical.systems import ForeignId
from connectors import errors
from connectors.tryton import Tryton
from tests.connectors.tryton.firm import Firm
from tests.connectors.tryton.house import DEMF, DOMESTIC, Deal, Wire, a_deal, foreign, money

DAY = date(2026, 1, 31)  # numbers follow dates
EXECUTE = "wizard.account.invoice.credit.execute"


async def test_a_credit_takes_back_the_whole_invoice(erp: Tryton, firm: Firm) -> None:
    deal, invoice = await _posted(erp)

    credit = await erp.credit_invoice(DEMF, invoice, DAY)

    (row,) = firm.rows(
        "account.invoice",
        [["id", "=", int(credit.value)]],
        *("state", "untaxed_amount", "tax_amount", "party", "invoice_date", "number"),
    )
    assert (row["state"], row["party"]) == (
        "paid",
        firm.id_of("party.party", "code", deal.customer.value),
    )
    assert (row["untaxed_amount"], row["tax_amount"]) == (Decimal("-100.50"), Decimal("-19.09"))
    status = await erp.invoice_status(DEMF, invoice)
    assert (status.state, status.balance) == ("posted", money("0.00"))
    taken_back = await erp.invoice_status(DEMF, credit)
    assert (taken_back.number, taken_back.net) == (row["number"], money("-100.50"))


async def test_an_invoice_is_credited_once(erp: Tryton, firm: Firm) -> None:
    _, invoice = await _posted(erp)

    credits_made = [await erp.credit_invoice(DEMF, invoice, DAY) for _ in range(2)]

    assert credits_made[0] == credits_made[1]
    assert len(_credits(firm, invoice)) == 1


async def test_a_credit_with_a_lost_answer_is_found(erp: Tryton, wire: Wire, firm: Firm) -> None:
    _, invoice = await _posted(erp)
    wire.lose(EXECUTE)
    with pytest.raises(errors.Uncertain):
        await erp.credit_invoice(DEMF, invoice, DAY)

    credit = await erp.credit_invoice(DEMF, invoice, DAY)

    assert _credits(firm, invoice) == [int(credit.value)]


async def test_credits_at_once_are_one(erp: Tryton, firm: Firm) -> None:
    for _ in range(3):
        _, invoice = await _posted(erp)

        made = await asyncio.gather(
            *(erp.credit_invoice(DEMF, invoice, DAY) for _ in range(4)), return_exceptions=True
        )

        found = _credits(firm, invoice)
        assert len(found) == 1
        assert {each for each in made if isinstance(each, ForeignId)} <= {foreign(found[0])}
        others = [each for each in made if not isinstance(each, ForeignId)]
        assert all(isinstance(each, errors.Transient | errors.Uncertain) for each in others)


async def test_a_draft_is_not_credited(erp: Tryton) -> None:
    deal = await a_deal(erp)
    draft = await erp.create_invoice(deal.invoice(), deal.customer, DOMESTIC)

    with pytest.raises(errors.Rejected, match="not open"):
        await erp.credit_invoice(DEMF, draft, DAY)


async def test_what_tryton_refuses_to_credit_stays_as_it_is(erp: Tryton) -> None:
    _, invoice = await _posted(erp)

    with pytest.raises(errors.Rejected) as caught:
        await erp.credit_invoice(DEMF, invoice, date(2026, 1, 30))

    assert "invoice date after" in caught.value.reason
    assert (await erp.invoice_status(DEMF, invoice)).balance == money("119.59")


async def test_an_invoice_that_is_not_there_is_missing(erp: Tryton) -> None:
    with pytest.raises(errors.Missing):
        await erp.credit_invoice(DEMF, foreign(999_999), DAY)


async def _posted(erp: Tryton) -> tuple[Deal, ForeignId]:
    deal = await a_deal(erp)
    draft = await erp.create_invoice(deal.invoice(), deal.customer, DOMESTIC)
    await erp.fill_invoice(draft, deal.invoice(), DOMESTIC)
    await erp.post_invoice(DEMF, draft)
    return deal, draft


def _credits(firm: Firm, invoice: ForeignId) -> list[int]:
    where = [["origin_invoices", "=", int(invoice.value)]]
    return [row["id"] for row in firm.rows("account.invoice", where)]
