"""What class A rests on: attempts that overlap, and stamps of Tryton's own."""

import asyncio
from datetime import date
from typing import Any

from connectors import errors
from connectors.tryton import Tryton
from tests.connectors.tryton.firm import Firm
from tests.connectors.tryton.house import DEMF, a_deal, foreign
from tests.connectors.tryton.invoices import filled

_TRIALS = 6
_TOGETHER = 4


async def test_of_batches_released_together_cost_and_time_are_there_once(
    erp: Tryton,
) -> None:
    for _ in range(_TRIALS):
        deal = await a_deal(erp)
        batch = deal.batch()
        journal = await erp.create_journal(DEMF, batch.id)

        outcomes = await asyncio.gather(
            *(erp.fill_journal(journal, batch) for _ in range(_TOGETHER)), return_exceptions=True
        )

        failed = [each for each in outcomes if isinstance(each, BaseException)]
        assert {type(each) for each in failed} <= {errors.Transient}
        await erp.fill_journal(journal, batch)
        assert await erp.holds_journal_lines(journal, batch)
        await erp.post_journal(DEMF, journal)


async def test_of_batches_released_together_on_a_filled_move_the_time_is_there_once(
    erp: Tryton, firm: Firm
) -> None:
    for _ in range(_TRIALS):
        deal = await a_deal(erp)
        batch = deal.batch()
        journal = await erp.create_journal(DEMF, batch.id)
        await erp.fill_journal(journal, batch)
        where = [["description", "like", f"% {batch.id}"]]
        times = [row["id"] for row in firm.rows("timesheet.line", where)]
        firm.call("timesheet.line.delete", times)  # as an attempt that died between the two

        await asyncio.gather(
            *(erp.fill_journal(journal, batch) for _ in range(_TOGETHER)), return_exceptions=True
        )

        await erp.fill_journal(journal, batch)
        assert await erp.holds_journal_lines(journal, batch)


async def test_of_posts_released_together_all_tell_the_one_voucher(erp: Tryton) -> None:
    numbers: list[int] = []
    for _ in range(_TRIALS):
        deal = await a_deal(erp)
        batch = deal.batch()
        journal = await erp.create_journal(DEMF, batch.id)
        await erp.fill_journal(journal, batch)

        vouchers = await asyncio.gather(
            *(erp.post_journal(DEMF, journal) for _ in range(_TOGETHER)), return_exceptions=True
        )

        voucher = await erp.post_journal(DEMF, journal)
        others = [each for each in vouchers if isinstance(each, BaseException)]
        assert all(isinstance(each, errors.Transient | errors.Uncertain) for each in others)
        assert set(vouchers) - set(others) <= {voucher}
        numbers.append(int(voucher.value))

    assert numbers == list(range(numbers[0], numbers[0] + _TRIALS))


async def test_of_posts_of_an_invoice_released_together_one_move_and_one_number_come(
    erp: Tryton, firm: Firm
) -> None:
    numbers: list[int] = []
    for _ in range(_TRIALS):
        deal = await a_deal(erp)
        draft = await filled(erp, deal, deal.invoice())

        vouchers = await asyncio.gather(
            *(erp.post_invoice(DEMF, draft) for _ in range(_TOGETHER)), return_exceptions=True
        )

        others = [each for each in vouchers if isinstance(each, BaseException)]
        assert all(isinstance(each, errors.Transient | errors.Uncertain) for each in others)
        where = [["origin", "=", f"account.invoice,{draft.value}"]]
        (move,) = firm.rows("account.move", where, "number")
        assert (await erp.post_invoice(DEMF, draft)).value == move["number"]
        assert set(vouchers) - set(others) <= {foreign(move["number"])}
        numbers.append(int((await erp.invoice_status(DEMF, draft)).number or 0))

    assert numbers == list(range(numbers[0], numbers[0] + _TRIALS))


def test_a_stamp_never_comes_again_however_fast_writes_follow(url: str, firm: Firm) -> None:
    """The shortest write there is, as fast as one client can send it."""
    assert url
    party = firm.create("party.party", name="Stamped")
    stamps: list[Any] = []
    for number in range(50):
        firm.call("party.party.write", [party], {"name": f"Stamped {number}"})
        (row,) = firm.rows("party.party", [["id", "=", party]], "_timestamp")
        stamps.append(row["_timestamp"])

    assert len(set(stamps)) == len(stamps)


async def test_an_unfilled_journal_is_a_placeholder_in_the_month_that_is_closed_last(
    erp: Tryton, firm: Firm
) -> None:
    deal = await a_deal(erp)
    journal = await erp.create_journal(DEMF, deal.batch().id)

    (row,) = firm.rows(
        "account.move.line", [["move", "=", int(journal.value)]], "debit", "credit", "move.date"
    )

    assert (row["debit"], row["credit"]) == (0, 0)
    assert row["move."]["date"] == date(2026, 12, 1)
