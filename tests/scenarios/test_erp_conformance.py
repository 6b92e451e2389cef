"""What the port promises when all is well, held against the ERPs that the stage has set up.

What every connector does when its system fails is in tests/connectors/conformance/.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from typing import Any

import pytest
import pytest_asyncio

import settings
import starter
from canonical.systems import ForeignId
from connectors import errors, ports, registry
from connectors.ports import Delivery
from tests.connectors.conformance.erp_records import (
    DAY,
    ENTITY,
    INVOICE_CODES,
    TAX,
    Deal,
    money,
)
from world.stage import loader

_CENT = Decimal("0.01")
_TAX_ROUNDING = {"dynamics": ROUND_HALF_UP, "tryton": ROUND_HALF_EVEN}  # each ERP's own


@dataclass(frozen=True)
class House:
    """A connector to an ERP in which the stage has set the firm up."""

    erp: Any
    vendor: str


@pytest_asyncio.fixture(loop_scope="session", params=["sandbox", "real"])
async def house(
    request: pytest.FixtureRequest, running: starter.Running, on_tryton: starter.Running
) -> AsyncIterator[House]:
    running = running if request.param == "sandbox" else on_tryton
    erp = running.landscape.routes[ENTITY].erp
    instance = running.landscape.system(erp)
    credentials = settings.load_credentials(running.config.credentials)[instance.credential]
    connect: Any = registry.ERP[instance.vendor]
    async with connect(instance, credentials) as opened:
        yield House(opened, instance.vendor)


async def _masters(erp: ports.Erp, deal: Deal) -> tuple[ForeignId, ForeignId, ForeignId]:
    customer = await deal.customer_in(erp)
    contract = await erp.create_contract(deal.contract, customer)
    return customer, contract, await erp.create_project(deal.project, contract, "TM")


async def _found(erp: ports.Erp, deal: Deal) -> tuple[int, int, int]:
    return (
        len(await erp.find_customers(ENTITY, deal.client())),
        len(await erp.find_contracts(deal.contract)),
        len(await erp.find_projects(deal.project)),
    )


async def test_masters_are_found_again_by_our_own_keys(house: House) -> None:
    deal = Deal.fresh()
    before = await _found(house.erp, deal)

    customer, contract, project = await _masters(house.erp, deal)

    assert before == (0, 0, 0)
    assert await house.erp.find_customers(ENTITY, deal.client()) == (customer,)
    assert await house.erp.find_contracts(deal.contract) == (contract,)
    assert await house.erp.find_projects(deal.project) == (project,)


async def test_a_master_of_class_a_that_is_sent_twice_is_one_record(house: House) -> None:
    deal = Deal.fresh()
    first = await _masters(house.erp, deal)
    customer, contract, _ = first
    delivers: ports.ErpDelivery = house.erp.delivers

    assert await deal.customer_in(house.erp) == customer
    if delivers.contract is Delivery.UNIQUE:
        assert await house.erp.create_contract(deal.contract, customer) == contract
    if delivers.project is Delivery.UNIQUE:
        assert await house.erp.create_project(deal.project, contract, "TM") == first[2]
    assert await _found(house.erp, deal) == (1, 1, 1)


async def test_a_journal_is_a_draft_until_it_is_posted_once(house: House) -> None:
    deal = Deal.fresh()
    journal = await deal.journal_in(house.erp)
    await house.erp.fill_journal(journal, deal.batch)
    (draft,) = await house.erp.find_journals(ENTITY, deal.batch.id)

    vouchers = {(await house.erp.post_journal(ENTITY, journal)).value for _ in range(2)}

    (posted,) = await house.erp.find_journals(ENTITY, deal.batch.id)
    assert (draft.id, draft.is_posted) == (journal, False)
    assert (posted.id, posted.is_posted) == (journal, True)
    assert len(vouchers) == 1
    with pytest.raises(errors.Rejected):
        await house.erp.discard_journal(ENTITY, journal)


async def test_lines_that_are_sent_twice_are_there_once(house: House) -> None:
    deal = Deal.fresh()
    journal = await deal.journal_in(house.erp)
    invoice = deal.invoice()
    draft = await deal.draft_in(house.erp, invoice)
    before = await house.erp.holds_journal_lines(journal, deal.batch)

    for _ in range(2):
        await house.erp.fill_journal(journal, deal.batch)
        await house.erp.fill_invoice(draft, invoice, INVOICE_CODES)

    assert not before
    assert await house.erp.holds_journal_lines(journal, deal.batch)
    assert await house.erp.holds_invoice_lines(draft, invoice)
    status = await house.erp.invoice_status(ENTITY, draft)
    assert (status.line_count, status.net) == (2, invoice.net)


async def test_other_lines_than_a_draft_holds_are_refused(house: House) -> None:
    deal = Deal.fresh()
    draft = await deal.draft_in(house.erp, deal.invoice())
    await house.erp.fill_invoice(draft, deal.invoice(), INVOICE_CODES)

    assert not await house.erp.holds_invoice_lines(draft, deal.invoice("1.00"))
    with pytest.raises(errors.Rejected):
        await house.erp.fill_invoice(draft, deal.invoice("1.00"), INVOICE_CODES)
    assert (await house.erp.invoice_status(ENTITY, draft)).net == deal.invoice().net


# A tax of 19 % ends in half a cent for 0.50, 1.50 and 101.50.
@pytest.mark.parametrize(
    "net", ["0.01", "0.05", "0.50", "1.50", "101.50", "99999.99", "1234567.89"]
)
async def test_amounts_go_in_and_come_out_to_the_cent(house: House, net: str) -> None:
    deal = Deal.fresh()
    invoice = deal.invoice(net)
    draft = await deal.draft_in(house.erp, invoice)
    await house.erp.fill_invoice(draft, invoice, INVOICE_CODES)
    drafted = await house.erp.invoice_status(ENTITY, draft)
    await house.erp.post_invoice(ENTITY, draft)
    posted = await house.erp.invoice_status(ENTITY, draft)

    tax = (Decimal(net) * TAX).quantize(_CENT, _TAX_ROUNDING[house.vendor])
    assert (drafted.state, drafted.net, drafted.number) == ("draft", money(net), None)
    assert (posted.state, posted.net, posted.tax) == ("posted", money(net), money(str(tax)))
    assert posted.number
    assert posted.balance == posted.gross


async def test_an_invoice_is_posted_once_and_then_stays(house: House) -> None:
    deal = Deal.fresh()
    invoice = deal.invoice()
    draft = await deal.draft_in(house.erp, invoice)
    await house.erp.fill_invoice(draft, invoice, INVOICE_CODES)

    vouchers = {(await house.erp.post_invoice(ENTITY, draft)).value for _ in range(2)}

    assert len(vouchers) == 1
    (document,) = await house.erp.find_invoices(invoice)
    assert (document.id, document.is_posted) == (draft, True)
    with pytest.raises(errors.Rejected):
        await house.erp.discard_invoice(ENTITY, draft)


async def test_a_draft_that_is_discarded_is_gone_and_gone_is_success(house: House) -> None:
    deal = Deal.fresh()
    journal = await deal.journal_in(house.erp)
    await house.erp.fill_journal(journal, deal.batch)
    draft = await deal.draft_in(house.erp, deal.invoice())

    for _ in range(2):
        await house.erp.discard_journal(ENTITY, journal)
        await house.erp.discard_invoice(ENTITY, draft)

    assert await house.erp.find_journals(ENTITY, deal.batch.id) == ()
    assert await house.erp.find_invoices(deal.invoice()) == ()
    with pytest.raises(errors.Missing):
        await house.erp.post_journal(ENTITY, journal)
    with pytest.raises(errors.Missing):
        await house.erp.post_invoice(ENTITY, draft)
    with pytest.raises(errors.Missing):
        await house.erp.invoice_status(ENTITY, draft)


def test_the_day_of_these_invoices_is_after_every_story_s() -> None:
    stories = [loader.load(loader.find(name)).scenario for name in loader.shipped()]

    assert max(act.on for story in stories for act in story.timeline) <= DAY
