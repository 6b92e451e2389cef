from datetime import date
from decimal import Decimal

import pytest

from canonical.postings import BatchId
from connectors import errors
from connectors.ports import Document
from connectors.tryton import Tryton
from tests.connectors.tryton.firm import Firm
from tests.connectors.tryton.house import DEMF, Deal, Wire, a_deal, foreign, own_deal
from tests.connectors.tryton.journals import cost_lines, filled, time_lines

MOVE = "model.account.move.write"
TIME = "model.project.work.write"
POST = "model.account.move.post"


async def test_a_batch_becomes_one_move_and_one_timesheet_line_an_entry(
    erp: Tryton, firm: Firm
) -> None:
    deal = await a_deal(erp)
    batch = deal.batch(deal.line(1), deal.line(2, minutes=10, rate="150", day=date(2026, 3, 4)))
    journal = await erp.create_journal(DEMF, batch.id)

    await erp.fill_journal(journal, batch)

    (move,) = firm.rows(
        "account.move", [["id", "=", int(journal.value)]], "date", "state", "journal.code", "lines"
    )
    assert len(move["lines"]) == 3  # the placeholder is used up
    assert (move["date"], move["state"]) == (date(2026, 3, 4), "draft")
    assert move["journal."]["code"] == "COST"
    *debits, credit = cost_lines(firm, batch)
    assert [(row["description"], row["debit"], row["account."]["code"]) for row in debits] == [
        (f"{batch.lines[0].entry} CONS", Decimal("105.00"), "540100"),
        (f"{batch.lines[1].entry} CONS", Decimal("25.00"), "540100"),
    ]
    assert (credit["credit"], credit["account."]["code"]) == (Decimal("130.00"), "200140")
    assert [
        (row["description"], row["duration"], row["date"], row["employee.party.code"])
        for row in time_lines(firm, batch)
    ] == [
        (f"{batch.lines[0].entry} {batch.id}", 5400, date(2026, 3, 2), "000201"),
        (f"{batch.lines[1].entry} {batch.id}", 600, date(2026, 3, 4), "000201"),
    ]
    assert await erp.holds_journal_lines(journal, batch)


async def test_cost_is_on_both_axes_on_the_day_of_the_work(erp: Tryton, firm: Firm) -> None:
    deal = await a_deal(erp)
    batch = deal.batch(deal.line(1), deal.line(2, minutes=10, rate="150", day=date(2026, 3, 4)))
    journal = await erp.create_journal(DEMF, batch.id)

    await erp.fill_journal(journal, batch)

    analytics = firm.rows(
        "analytic_account.line",
        [["move_line.move", "=", int(journal.value)]],
        *("debit", "date", "account.code", "move_line.analytic_state"),
    )
    assert {(row["account."]["code"], row["debit"], row["date"]) for row in analytics} == {
        (code, amount, day)
        for code in ("040", deal.dimensions.project)
        for amount, day in (
            (Decimal("105.00"), date(2026, 3, 2)),
            (Decimal("25.00"), date(2026, 3, 4)),
        )
    }
    assert {row["move_line."]["analytic_state"] for row in analytics} == {"valid"}


async def test_a_journal_is_found_by_the_batch_it_carries_the_oldest_first(erp: Tryton) -> None:
    deal = await a_deal(erp)
    batch = deal.batch()
    ids = [await erp.create_journal(DEMF, batch.id) for _ in range(2)]
    await erp.fill_journal(ids[1], batch)
    await erp.post_journal(DEMF, ids[1])

    found = await erp.find_journals(DEMF, batch.id)

    assert found == (
        Document(id=ids[0], is_posted=False),
        Document(id=ids[1], is_posted=True),
    )
    assert await erp.find_journals(DEMF, BatchId(batch.id[:-1] + "%")) == ()


async def test_a_posted_journal_has_a_voucher_and_stays_as_it_is(erp: Tryton, firm: Firm) -> None:
    journal, batch = await filled(erp)

    vouchers = [await erp.post_journal(DEMF, journal) for _ in range(2)]

    (move,) = firm.rows("account.move", [["id", "=", int(journal.value)]], "number", "state")
    assert vouchers == [foreign(move["number"])] * 2
    assert move["state"] == "posted"
    await erp.fill_journal(journal, batch)
    assert len(time_lines(firm, batch)) == 2


async def test_a_post_with_a_lost_answer_is_had_by_posting_again(erp: Tryton, wire: Wire) -> None:
    journal, _ = await filled(erp)
    wire.lose(POST)
    with pytest.raises(errors.Uncertain):
        await erp.post_journal(DEMF, journal)

    voucher = await erp.post_journal(DEMF, journal)

    assert voucher == await erp.post_journal(DEMF, journal)


@pytest.mark.parametrize("method", [MOVE, TIME])
async def test_a_fill_with_a_lost_answer_is_completed_and_never_doubled(
    erp: Tryton, wire: Wire, firm: Firm, method: str
) -> None:
    deal = await a_deal(erp)
    batch = deal.batch()
    journal = await erp.create_journal(DEMF, batch.id)
    wire.lose(method)
    with pytest.raises(errors.Uncertain):
        await erp.fill_journal(journal, batch)
    assert await erp.holds_journal_lines(journal, batch) == (method == TIME)

    for _ in range(2):
        await erp.fill_journal(journal, batch)

    assert await erp.holds_journal_lines(journal, batch)
    assert (len(cost_lines(firm, batch)), len(time_lines(firm, batch))) == (3, 2)


@pytest.mark.parametrize("method", [MOVE, TIME])
async def test_a_fill_that_arrives_late_is_refused_by_the_stamp(
    erp: Tryton, wire: Wire, firm: Firm, method: str
) -> None:
    deal = await a_deal(erp)
    batch = deal.batch()
    journal = await erp.create_journal(DEMF, batch.id)
    wire.delay(method)
    with pytest.raises(errors.Uncertain):
        await erp.fill_journal(journal, batch)
    await erp.fill_journal(journal, batch)

    (answer,) = await wire.arrive()

    assert b"ConcurrencyException" in answer
    assert (len(cost_lines(firm, batch)), len(time_lines(firm, batch))) == (3, 2)


async def test_a_work_that_somebody_wrote_meanwhile_is_tried_again(
    erp: Tryton, wire: Wire, firm: Firm
) -> None:
    deal = await a_deal(erp)
    batch = deal.batch()
    journal = await erp.create_journal(DEMF, batch.id)
    wire.before(TIME, lambda: _touch_work(firm, deal))
    with pytest.raises(errors.Transient):
        await erp.fill_journal(journal, batch)

    await erp.fill_journal(journal, batch)

    assert (len(cost_lines(firm, batch)), len(time_lines(firm, batch))) == (3, 2)


async def test_cost_in_another_currency_is_converted_as_tryton_does(
    erp: Tryton, firm: Firm
) -> None:
    deal = await a_deal(erp)
    day = date(2026, 7, 1)  # a rate begins
    lines = [
        deal.line(number, minutes=minutes, rate="70.1234", currency="USD", day=day)
        for number, minutes in enumerate([7, 13, 95], start=1)
    ]
    batch = deal.batch(*lines, deal.line(4, day=day))
    journal = await erp.create_journal(DEMF, batch.id)

    await erp.fill_journal(journal, batch)
    await erp.post_journal(DEMF, journal)

    eur, usd = (firm.id_of("currency.currency", "code", code) for code in ("EUR", "USD"))
    rows = cost_lines(firm, batch)
    for line, row in zip(lines, rows, strict=False):
        due = line.worked.at(line.cost).amount
        amount = {"__class__": "Decimal", "decimal": str(due)}
        converted = firm.call("currency.currency.compute", usd, amount, eur, date=day)
        assert row["amount_second_currency"] == due
        assert {"__class__": "Decimal", "decimal": str(row["debit"])} == converted
    assert sum(row["debit"] - row["credit"] for row in rows) == 0
    assert [row["amount_second_currency"] for row in rows[4:]] == [
        -sum(line.worked.at(line.cost).amount for line in lines),
        None,
    ]
    assert await erp.holds_journal_lines(journal, batch)


async def test_time_is_exact_to_the_tenth_of_a_millisecond(erp: Tryton, firm: Firm) -> None:
    deal = await a_deal(erp)
    worked = deal.line(1).worked.model_copy(update={"seconds": Decimal("1234.5678")})
    batch = deal.batch(deal.line(1, worked=worked))
    journal = await erp.create_journal(DEMF, batch.id)

    await erp.fill_journal(journal, batch)

    assert [row["duration"] for row in time_lines(firm, batch)] == [1234.5678]
    assert await erp.holds_journal_lines(journal, batch)


async def test_a_category_that_ends_in_a_space_is_found_as_tryton_keeps_it(erp: Tryton) -> None:
    deal = await a_deal(erp)
    batch = deal.batch(deal.line(1).model_copy(update={"category": "CONS "}))
    journal = await erp.create_journal(DEMF, batch.id)

    for _ in range(2):
        await erp.fill_journal(journal, batch)

    assert await erp.holds_journal_lines(journal, batch)


async def test_entries_of_several_projects_go_in_with_the_same_calls(
    erp: Tryton, wire: Wire, firm: Firm
) -> None:
    deal, other = await own_deal(erp), await own_deal(erp)
    lines = [(deal, other)[number % 2].line(number) for number in range(1, 301)]
    batch = deal.batch(*lines)
    journal = await erp.create_journal(DEMF, batch.id)
    await erp.fill_journal(await erp.create_journal(DEMF, other.batch().id), other.batch())
    wire.methods.clear()

    await erp.fill_journal(journal, batch)

    assert wire.methods == [
        "model.account.move.search_read",
        "model.project.work.search_read",  # of the one that is new
        "model.timesheet.work.search_read",
        "model.analytic_account.account.search_read",
        "model.account.period.search_read",
        MOVE,
        "model.account.move.search_read",
        "model.timesheet.line.search_read",
        TIME,
    ]
    assert await erp.holds_journal_lines(journal, batch)
    assert len(time_lines(firm, batch)) == 300


async def test_a_draft_is_discarded_with_its_time_and_one_that_is_gone_is_success(
    erp: Tryton, firm: Firm
) -> None:
    journal, batch = await filled(erp)

    for _ in range(2):
        await erp.discard_journal(DEMF, journal)

    assert await erp.find_journals(DEMF, batch.id) == ()
    assert time_lines(firm, batch) == []


async def test_a_double_that_is_empty_is_discarded_without_the_time_of_the_other(
    erp: Tryton, firm: Firm
) -> None:
    journal, batch = await filled(erp)
    double = await erp.create_journal(DEMF, batch.id)

    await erp.discard_journal(DEMF, double)

    assert await erp.find_journals(DEMF, batch.id) == (Document(id=journal, is_posted=False),)
    assert len(time_lines(firm, batch)) == 2


def _touch_work(firm: Firm, deal: Deal) -> None:
    (work,) = firm.rows("timesheet.work", [["origin", "=", f"project.work,{deal.project.value}"]])
    firm.call("timesheet.work.write", [work["id"]], {"timesheet_end_date": date(2026, 12, 31)})
