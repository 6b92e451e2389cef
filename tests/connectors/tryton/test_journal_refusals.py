from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import pytest

from connectors import errors
from connectors.tryton import Tryton
from tests.connectors.tryton.firm import Firm
from tests.connectors.tryton.house import DEMF, Wire, a_deal, foreign, opened
from tests.connectors.tryton.journals import cost_lines, filled, time_lines

MOVE = "model.account.move.write"
TIME = "model.project.work.write"


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"resource": "009999"}, "009999"),
        ({"project": "PR-99999"}, "PR-99999"),
        ({"business_unit": "999"}, "999"),
        ({"currency": "GBP"}, "no rate of GBP or EUR on 2026-03-02"),
        ({"currency": "JPY"}, "JPY"),
        ({"day": date(2026, 2, 28)}, "days of 2026-02, 2026-03, and a move has one date"),
    ],
    ids=["employee", "project", "business unit", "no rate", "no currency", "two months"],
)
async def test_a_batch_that_is_refused_for_one_line_leaves_nothing(
    erp: Tryton, firm: Firm, changed: dict[str, Any], reason: str
) -> None:
    deal = await a_deal(erp)
    batch = deal.batch(deal.line(1), deal.line(2, **changed))
    journal = await erp.create_journal(DEMF, batch.id)

    with pytest.raises(errors.Rejected) as caught:
        await erp.fill_journal(journal, batch)

    assert reason in caught.value.reason
    assert (cost_lines(firm, batch), time_lines(firm, batch)) == ([], [])


async def test_a_batch_whose_time_is_refused_leaves_no_cost(erp: Tryton, firm: Firm) -> None:
    deal = await a_deal(erp)
    batch = deal.batch(deal.line(1), deal.line(2, resource="000202"))
    journal = await erp.create_journal(DEMF, batch.id)

    with _not_here_yet(firm, "000202"), pytest.raises(errors.Rejected) as caught:
        await erp.fill_journal(journal, batch)

    assert caught.value.reason
    assert (cost_lines(firm, batch), time_lines(firm, batch)) == ([], [])
    await erp.fill_journal(journal, batch)
    assert (len(cost_lines(firm, batch)), len(time_lines(firm, batch))) == (3, 2)


async def test_cost_of_another_attempt_stays_if_the_time_is_refused(
    erp: Tryton, firm: Firm, wire: Wire
) -> None:
    deal = await a_deal(erp)
    batch = deal.batch(deal.line(1), deal.line(2, resource="000202"))
    journal = await erp.create_journal(DEMF, batch.id)
    wire.lose(MOVE)
    with pytest.raises(errors.Uncertain):
        await erp.fill_journal(journal, batch)

    with _not_here_yet(firm, "000202"), pytest.raises(errors.Rejected):
        await erp.fill_journal(journal, batch)

    assert len(cost_lines(firm, batch)) == 3
    await erp.fill_journal(journal, batch)
    assert await erp.holds_journal_lines(journal, batch)


async def test_cost_that_somebody_wrote_since_is_not_taken_out(
    erp: Tryton, firm: Firm, wire: Wire
) -> None:
    deal = await a_deal(erp)
    batch = deal.batch(deal.line(1), deal.line(2, resource="000202"))
    journal = await erp.create_journal(DEMF, batch.id)
    told = {"description": batch.id}
    wire.before(TIME, lambda: firm.call("account.move.write", [int(journal.value)], told))

    with _not_here_yet(firm, "000202"), pytest.raises(errors.Transient):
        await erp.fill_journal(journal, batch)

    assert len(cost_lines(firm, batch)) == 3


async def test_a_day_without_a_period_is_refused(erp: Tryton) -> None:
    deal = await a_deal(erp)
    batch = deal.batch(deal.line(1, day=date(2025, 12, 31)))
    journal = await erp.create_journal(DEMF, batch.id)

    with pytest.raises(errors.Rejected) as caught:
        await erp.fill_journal(journal, batch)

    assert caught.value.reason == "no period is open on 2025-12-31"


async def test_a_closed_period_is_refused(erp: Tryton, firm: Firm) -> None:
    deal = await a_deal(erp)
    (period,) = firm.rows(
        "account.period", [["start_date", "=", date(2026, 2, 1)], ["company", "=", firm.company]]
    )
    batch = deal.batch(deal.line(1, day=date(2026, 2, 28)))
    journal = await erp.create_journal(DEMF, batch.id)
    firm.call("account.period.close", [period["id"]])

    with pytest.raises(errors.Rejected) as caught:
        await erp.fill_journal(journal, batch)
    assert caught.value.reason == "no period is open on 2026-02-28"
    assert cost_lines(firm, batch) == []

    firm.call("account.period.reopen", [period["id"]])
    await erp.fill_journal(journal, batch)
    assert await erp.holds_journal_lines(journal, batch)


async def test_a_journal_that_holds_other_lines_is_refused(erp: Tryton) -> None:
    journal, batch = await filled(erp)
    other = batch.model_copy(update={"lines": batch.lines[:1]})

    with pytest.raises(errors.Rejected, match="other lines"):
        await erp.fill_journal(journal, other)

    assert not await erp.holds_journal_lines(journal, other)


async def test_a_journal_that_holds_other_time_is_refused(erp: Tryton, firm: Firm) -> None:
    journal, batch = await filled(erp)
    firm.call("timesheet.line.delete", [time_lines(firm, batch)[0]["id"]])

    with pytest.raises(errors.Rejected, match="other time"):
        await erp.fill_journal(journal, batch)

    assert not await erp.holds_journal_lines(journal, batch)


async def test_a_posted_journal_is_not_discarded(erp: Tryton, firm: Firm) -> None:
    journal, batch = await filled(erp)
    await erp.post_journal(DEMF, journal)

    with pytest.raises(errors.Rejected, match="posted"):
        await erp.discard_journal(DEMF, journal)

    assert len(time_lines(firm, batch)) == 2


async def test_an_empty_journal_is_not_posted(erp: Tryton) -> None:
    deal = await a_deal(erp)
    journal = await erp.create_journal(DEMF, deal.batch().id)

    with pytest.raises(errors.Rejected) as caught:
        await erp.post_journal(DEMF, journal)

    assert str(caught.value) == "tryton: the journal is empty"


async def test_a_journal_that_is_not_there_is_missing(erp: Tryton) -> None:
    deal = await a_deal(erp)

    with pytest.raises(errors.Missing):
        await erp.post_journal(DEMF, foreign(999_999))
    with pytest.raises(errors.Missing):
        await erp.fill_journal(foreign(999_999), deal.batch())


async def test_an_account_that_is_not_there_is_refused_by_its_code(url: str) -> None:
    async with opened(url, cost_account="999999") as erp:
        deal = await a_deal(erp)
        journal = await erp.create_journal(DEMF, deal.batch().id)

        with pytest.raises(errors.Rejected) as caught:
            await erp.fill_journal(journal, deal.batch())

    assert "999999" in caught.value.reason


@contextmanager
def _not_here_yet(firm: Firm, employee: str) -> Iterator[None]:
    """Refuse an employee's time: it is before the first day."""
    (row,) = firm.rows("company.employee", [["party.code", "=", employee]])
    firm.call("company.employee.write", [row["id"]], {"start_date": date(2026, 3, 3)})
    try:
        yield
    finally:
        firm.call("company.employee.write", [row["id"]], {"start_date": None})
