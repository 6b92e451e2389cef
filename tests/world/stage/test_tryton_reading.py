"""What a clerk writes into the real Tryton by hand, as the stage reads it back."""

from collections.abc import AsyncIterator
from datetime import date
from decimal import Decimal

import pytest
import pytest_asyncio

from tests.tryton_server import TrytonServer
from tests.world.stage import tryton_deal
from tests.world.stage.tryton_clerk import Sold
from tests.world.stage.tryton_deal import BILLED, Deal
from tests.world.stage.tryton_town import FIRM, Town
from world.stage import laws, tie_out
from world.stage.platform import Belief, BelievedSlice
from world.stage.readings import Books, LedgerEntry

_LINES = (
    Sold("Hours: Consultant", Decimal("733.33"), 6.666667),
    Sold("Design accepted\nMilestone CT-00001/M1", Decimal("500.50"), account="401200"),
)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def town(tryton: TrytonServer) -> AsyncIterator[Town]:
    async with tryton_deal.street(tryton) as found:
        yield found


@pytest_asyncio.fixture
async def deal(town: Town) -> Deal:
    return await tryton_deal.opened(town)


async def test_a_project_is_read_with_its_contract_and_group(deal: Deal) -> None:
    (project,) = (await deal.books()).projects

    assert (project.code, project.name) == (deal.code, "Rollout 100%")
    assert (project.entity, project.contract) == ("DEMF", f"CT-{deal.number:05}")
    assert (project.group, project.dimensions) == ("TM", deal.code)
    assert project.reference


async def test_a_customer_is_read_for_the_companies_that_work_for_it(deal: Deal) -> None:
    (customer,) = await deal.town.finance.customers("CL-00001")

    assert (customer.entity, customer.account) == ("DEMF", "CL-00001")
    assert (customer.name, customer.group) == ("Atelier Lumière SAS", "10")
    assert (customer.terms, customer.tax_id) == ("Net30", "FR40303265045")
    assert await deal.town.finance.customers("CL-99999") == ()


async def test_an_invoice_is_read_with_hours_only_where_it_shows_hours(deal: Deal) -> None:
    made = await deal.posted(*_LINES)

    (invoice,) = (await deal.books()).invoices

    assert (invoice.document, invoice.reference) == (str(made), deal.reference)
    assert (invoice.customer, invoice.currency) == ("CL-00001", "EUR")
    assert (invoice.day, invoice.due) == (BILLED, date(2026, 6, 30))
    assert invoice.purchase_order == "PO-7"
    assert invoice.number
    assert invoice.voucher
    by_hours, by_amount = invoice.lines
    assert (by_hours.quantity, by_amount.quantity) == (Decimal("6.666667"), None)
    assert (by_amount.text, by_amount.note) == ("Design accepted", "Milestone CT-00001/M1")
    assert (by_hours.net, by_hours.tax) == (Decimal("733.33"), Decimal("139.33"))
    assert (by_amount.net, by_amount.tax) == (Decimal("500.50"), Decimal("95.10"))
    assert (by_hours.account, by_amount.account) == ("401100", "401200")
    assert by_hours.dimensions == f"040-{deal.code}"
    assert invoice.balance == invoice.owed == Decimal("1468.26")


async def test_a_draft_has_no_number_and_nothing_in_the_ledger(deal: Deal) -> None:
    await deal.draft(_LINES[0])

    books = await deal.books()

    (invoice,) = books.invoices
    assert (invoice.number, invoice.voucher, invoice.balance, invoice.owed) == (None,) * 4
    assert (invoice.day, invoice.due, books.ledger) == (BILLED, BILLED, ())


async def test_whole_hours_are_read_without_a_fraction(deal: Deal) -> None:
    await deal.draft(Sold("Hours: Consultant", Decimal("2200.00"), 20.0))

    (invoice,) = (await deal.books()).invoices

    assert str(invoice.lines[0].quantity) == "20"


async def test_who_owes_the_tax_stands_in_the_note(deal: Deal) -> None:
    await deal.posted(_LINES[0], tax="RC")

    (invoice,) = (await deal.books()).invoices

    assert invoice.lines[0].note == "Reverse charge: the customer owes the tax."
    assert invoice.lines[0].tax == 0


async def test_an_invoice_in_dollars_is_in_euros_in_the_books(deal: Deal) -> None:
    await deal.posted(Sold("Hours", Decimal("110.00")), tax="EXP", currency="USD")

    books = await deal.books()

    (invoice,), (entry,) = books.invoices, books.ledger
    assert (invoice.currency, invoice.balance) == ("USD", Decimal("110.00"))
    assert invoice.owed == Decimal("100.00")
    assert {(line.currency, line.account) for line in entry.lines} == {
        ("USD", "130100"),
        ("USD", "401100"),
    }
    assert sorted((line.amount, line.accounting_amount) for line in entry.lines) == [
        (Decimal("-110.00"), Decimal("-100.00")),
        (Decimal("110.00"), Decimal("100.00")),
    ]


async def test_the_ledger_names_what_each_amount_comes_from(deal: Deal) -> None:
    await deal.posted(*_LINES)

    (entry,) = (await deal.books()).ledger

    assert (entry.journal, entry.day, entry.accounting_currency) == ("REV", BILLED, "EUR")
    assert set(_sides(entry)) == {
        ("401100", "account.invoice.line", Decimal("-733.33")),
        ("401200", "account.invoice.line", Decimal("-500.50")),
        ("222200", "account.invoice.tax", Decimal("-234.43")),
        ("130100", "account.invoice", Decimal("1468.26")),
    }


@pytest.mark.parametrize("currency", ["EUR", "USD"])
async def test_the_laws_hold_over_what_tryton_itself_has_posted(deal: Deal, currency: str) -> None:
    await deal.posted(*_LINES, currency=currency)

    verdict = _tied(await deal.books(), deal, currency)

    assert [breach.text for breach in verdict.breaches] == []
    assert verdict.checked == 1


async def test_an_amount_that_somebody_books_beside_an_invoice_breaks_them(deal: Deal) -> None:
    await deal.posted(*_LINES)
    sides = (("130100", Decimal("733.33")), ("401100", Decimal("-733.33")))
    await deal.clerk.move(deal.code, BILLED, *sides)

    verdict = _tied(await deal.books(), deal, "EUR")

    texts = [breach.text for breach in verdict.breaches]
    assert len(texts) == 2
    assert all("no invoice has this voucher" in text for text in texts)


async def test_another_company_s_project_of_the_same_code_is_not_read(deal: Deal) -> None:
    books = await deal.town.finance.read("USMF", deal.code)

    assert books == Books()


async def test_a_project_whose_code_begins_like_another_s_is_not_read(deal: Deal) -> None:
    assert await deal.town.finance.read("DEMF", deal.code[:-1]) == Books()


def _sides(entry: LedgerEntry) -> list[tuple[str, str, Decimal]]:
    return [(line.account, line.kind, line.accounting_amount) for line in entry.lines]


def _tied(books: Books, deal: Deal, currency: str) -> laws.Verdict:
    slices = tuple(
        BelievedSlice(
            source="psa-main:1",
            state="billed",
            seconds=Decimal(0),
            amount=line.net,
            currency=currency,
            invoice=deal.reference,
            line=number,
        )
        for number, line in enumerate(_LINES, start=1)
    )
    return tie_out.tie_out(tryton_deal.evidence(books), Belief(slices=slices), FIRM)
