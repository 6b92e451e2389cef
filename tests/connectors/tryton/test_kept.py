"""For how long the connector believes what the firm has set up."""

import pytest

from connectors import errors
from connectors.tryton import Tryton
from tests.connectors.tryton.firm import Firm
from tests.connectors.tryton.house import DEMF, DOMESTIC, Wire, a_deal, client, opened

COMPANY = "model.company.company.search_read"
AXIS = "model.analytic_account.account.search_read"


@pytest.mark.parametrize(
    ("model", "field", "told"),
    [("account.tax", "name", "DOM"), ("account.account", "code", "401100")],
    ids=["tax", "account"],
)
async def test_what_was_renamed_a_moment_ago_is_not_billed_any_more(
    erp: Tryton, firm: Firm, model: str, field: str, told: str
) -> None:
    deal = await a_deal(erp)
    await erp.create_invoice(deal.invoice(), deal.customer, DOMESTIC)
    (row,) = firm.rows(model, [[field, "=", told], ["company", "=", firm.company]])
    firm.call(f"{model}.write", [row["id"]], {field: f"former {told}"})

    try:
        with pytest.raises(errors.Rejected) as caught:
            await erp.create_invoice(deal.invoice(), deal.customer, DOMESTIC)
    finally:
        firm.call(f"{model}.write", [row["id"]], {field: told})

    assert f"{field} {told}" in caught.value.reason


async def test_what_is_kept_is_asked_for_again_after_a_minute(url: str) -> None:
    now, wire = [0.0], Wire()
    async with opened(url, wire, clock=lambda: now[0]) as erp:
        deal = await a_deal(erp)
        await erp.create_invoice(deal.invoice(), deal.customer, DOMESTIC)
        asked = []
        for seconds in (60.0, 60.5, 61.0):
            now[0] = seconds
            wire.methods.clear()
            await erp.find_customers(DEMF, client(1))
            await erp.create_invoice(deal.invoice(), deal.customer, DOMESTIC)
            asked.append((wire.methods.count(COMPANY), wire.methods.count(AXIS)))

    assert asked == [(0, 0), (1, 4), (0, 0)]


async def test_posting_a_first_batch_takes_no_more_requests_than_a_step_may(url: str) -> None:
    async with opened(url) as erp:
        deal = await a_deal(erp)
    batch = deal.batch(deal.line(1, rate="70"), deal.line(2, currency="USD"))
    wire = Wire()

    async with opened(url, wire) as erp:  # it knows nothing yet
        journal = await erp.create_journal(DEMF, batch.id)
        await erp.fill_journal(journal, batch)
        await erp.post_journal(DEMF, journal)

    assert len(wire.methods) == 24, wire.methods
