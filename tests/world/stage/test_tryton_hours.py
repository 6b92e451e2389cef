"""Hours in the real Tryton: read from what the ledger has of them, and held against the law."""

import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from datetime import date, timedelta
from decimal import Decimal

import pytest
import pytest_asyncio

from tests.tryton_server import TrytonServer
from tests.world.stage import tryton_deal
from tests.world.stage.tryton_clerk import Worked
from tests.world.stage.tryton_deal import Deal
from tests.world.stage.tryton_town import FIRM, Town
from world.stage import costing, laws
from world.stage.platform import Belief, BelievedSlice
from world.stage.readings import HourPosting, TimeEntry

_DAY = date(2026, 5, 11)
_ENTRY = Worked("psa-main:1", "000201", _DAY, timedelta(hours=6, minutes=40), Decimal("400.00"))
_LATER = Worked(
    "psa-main:2", "000201", date(2026, 5, 12), timedelta(hours=8), Decimal("480.00"), "SRCONS"
)
_COST, _CLEARING, _REVENUE = "540100", "200140", "401100"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def town(tryton: TrytonServer) -> AsyncIterator[Town]:
    async with tryton_deal.street(tryton) as found:
        yield found


@pytest_asyncio.fixture
async def deal(town: Town) -> Deal:
    return await tryton_deal.opened(town)


def _entry(worked: Worked) -> TimeEntry:
    return TimeEntry(
        id=worked.entry.removeprefix("psa-main:"),
        day=worked.day,
        person="Lena Vogt",
        role="Consultant",
        minutes=worked.duration // timedelta(minutes=1),
        is_billable=True,
        is_approved=True,
        is_invoiced=False,
        cost=Decimal("60.00"),
        currency="EUR",
        note="",
    )


async def _breaches(deal: Deal, *approved: Worked) -> list[str]:
    """Return what breaks the law, if these entries are approved and the platform has them."""
    entries = [_entry(one) for one in approved]
    found = tryton_deal.evidence(await deal.books(), *entries)
    slices = tuple(
        BelievedSlice(
            source=one.entry, state="ready", seconds=Decimal(0), amount=Decimal(0), currency="EUR"
        )
        for one in approved
    )
    verdict = costing.verdict(found, Belief(slices=slices), FIRM)
    assert verdict.checked == len(approved)
    return [f"{breach.subject}: {breach.text}" for breach in verdict.breaches]


async def _posted(deal: Deal, *entries: Worked) -> int:
    """Post a batch, as the platform does."""
    move = await deal.clerk.hours(deal.work, deal.code, deal.batch, *entries)
    await deal.clerk.post("account.move", move)
    return move


async def test_hours_are_read_from_lines_of_the_cost_account_with_their_time(deal: Deal) -> None:
    move = await deal.clerk.hours(deal.work, deal.code, deal.batch, _ENTRY, _LATER)
    before = (await deal.books()).postings
    await deal.clerk.post("account.move", move)

    books = await deal.books()

    (entry,) = books.ledger
    assert [(one.journal, one.voucher) for one in before] == [(str(move), None)] * 2
    assert [one.voucher for one in books.postings] == [entry.voucher] * 2
    first, second = books.postings
    assert (first.entry, first.worker, first.category) == ("psa-main:1", "000201", "CONS")
    assert (first.day, first.hours) == (_DAY, Decimal("6.666666667"))
    assert (str(first.cost), str(first.cost_price), first.currency) == ("400.00", "60.00", "EUR")
    assert (second.entry, second.category, str(second.hours)) == ("psa-main:2", "SRCONS", "8")
    assert [(line.account, line.kind, line.accounting_amount) for line in entry.lines] == [
        (_COST, "COST", Decimal("400.00")),
        (_COST, "COST", Decimal("480.00")),
        (_CLEARING, "COST", Decimal("-880.00")),
    ]


async def test_the_law_holds_over_what_tryton_itself_has_posted(deal: Deal) -> None:
    await _posted(deal, _ENTRY, _LATER)

    assert await _breaches(deal, _ENTRY, _LATER) == []


async def test_hours_that_share_a_batch_with_another_project_s_are_that_project_s(
    deal: Deal, town: Town
) -> None:
    other = await tryton_deal.opened(town)
    move = await deal.clerk.hours(deal.work, deal.code, deal.batch, _ENTRY)
    await deal.clerk.post("account.move", move)
    again = await other.clerk.hours(other.work, other.code, deal.batch, _LATER)
    await other.clerk.post("account.move", again)

    assert [one.entry for one in (await deal.books()).postings] == ["psa-main:1"]
    assert [one.entry for one in (await other.books()).postings] == ["psa-main:2"]
    assert await _breaches(deal, _ENTRY) == await _breaches(other, _LATER) == []


async def test_a_batch_that_is_posted_twice_costs_its_hours_twice(deal: Deal) -> None:
    await _posted(deal, _ENTRY)
    again = await deal.clerk.costs(deal.code, deal.batch, _ENTRY)
    await deal.clerk.post("account.move", again)

    found = tryton_deal.evidence(await deal.books())
    breaches = laws.l1(found, Belief()).breaches

    assert any(breach.text.startswith("is costed 2 times") for breach in breaches)
    assert "1 line is expected on account 540100, 2 found" in " ".join(
        await _breaches(deal, _ENTRY)
    )


async def test_a_line_that_is_there_twice_is_read_twice_and_breaks_the_law(deal: Deal) -> None:
    move = await deal.clerk.costs(deal.code, deal.batch, _ENTRY, _ENTRY)
    await deal.clerk.time(deal.work, deal.batch, _ENTRY)
    await deal.clerk.post("account.move", move)

    first, second = (await deal.books()).postings

    assert first.cost == second.cost == _ENTRY.cost
    assert [str(first.hours), str(second.hours), second.worker] == ["6.666666667", "0", ""]
    assert "1 posted line of time and cost is expected, 2 found" in " ".join(
        await _breaches(deal, _ENTRY)
    )


async def test_time_that_is_there_twice_shows_without_a_cost_and_breaks_the_law(
    deal: Deal,
) -> None:
    await _posted(deal, _ENTRY)
    await deal.clerk.time(deal.work, deal.batch, _ENTRY)

    first, second = (await deal.books()).postings

    assert first.hours == second.hours
    assert (second.journal, second.voucher) == ("", None)
    assert second.cost == 0
    (breach,) = await _breaches(deal, _ENTRY)
    assert breach.endswith(f"is expected, 2 found: {first.voucher}, one not posted")


def _is_cost_without_time(posting: HourPosting) -> bool:
    return posting.cost == 480 and not posting.hours and bool(posting.voucher)


def _is_time_without_cost(posting: HourPosting) -> bool:
    return posting.hours == 8 and not posting.cost and posting.voucher is None


@pytest.mark.parametrize(
    ("costed", "timed", "shows"),
    [
        ((_ENTRY, _LATER), (_ENTRY,), _is_cost_without_time),
        ((_ENTRY,), (_ENTRY, _LATER), _is_time_without_cost),
    ],
    ids=["cost without time", "time without cost"],
)
async def test_what_is_there_by_half_shows_and_breaks_the_law(
    deal: Deal,
    costed: tuple[Worked, ...],
    timed: tuple[Worked, ...],
    shows: Callable[[HourPosting], bool],
) -> None:
    move = await deal.clerk.costs(deal.code, deal.batch, *costed)
    await deal.clerk.time(deal.work, deal.batch, *timed)
    await deal.clerk.post("account.move", move)

    assert [shows(one) for one in (await deal.books()).postings] == [False, True]
    breaches = await _breaches(deal, _ENTRY, _LATER)
    assert breaches
    assert all(breach.startswith("psa-main:2: ") for breach in breaches)


async def test_a_cost_that_somebody_books_by_hand_breaks_the_law(deal: Deal) -> None:
    await _posted(deal, _ENTRY)
    sides = ((_COST, Decimal("75.00")), (_CLEARING, Decimal("-75.00")))
    await deal.clerk.move(deal.code, _DAY, *sides)

    (breach,) = await _breaches(deal, _ENTRY)

    assert "no cost is expected, 75.00 EUR found in" in breach


_TAMPERED = {  # + 0, since SQLite keeps amounts as texts
    "every amount doubled": "UPDATE account_move_line SET debit = debit * 2, credit = credit * 2"
    " WHERE move = :move",
    "a cent more": "UPDATE account_move_line SET debit = debit + 0.01 * (debit + 0 > 0),"
    " credit = credit + 0.01 * (credit + 0 > 0) WHERE move = :move",
    "another account": "UPDATE account_move_line SET account = :revenue"
    " WHERE move = :move AND debit + 0 > 0",
    "another entry": "UPDATE account_move_line SET description = 'psa-main:9 CONS'"
    " WHERE move = :move AND debit + 0 > 0",
    "no lines": "DELETE FROM account_move_line WHERE move = :move",
    "not posted": "UPDATE account_move SET state = 'draft' WHERE id = :move",
}


@pytest.mark.parametrize("statement", _TAMPERED.values(), ids=_TAMPERED)
async def test_the_law_breaks_where_somebody_changes_what_is_posted_behind_tryton_s_back(
    deal: Deal, tryton: TrytonServer, statement: str
) -> None:
    move = await _posted(deal, _ENTRY)
    before = await _breaches(deal, _ENTRY)
    values = {"move": move, "revenue": await deal.clerk.account(_REVENUE)}
    with closing(sqlite3.connect(tryton.folder / f"{tryton.database}.sqlite")) as database:
        database.execute(statement, values)
        database.commit()

    assert before == []
    assert any(text.startswith("psa-main:1: ") for text in await _breaches(deal, _ENTRY))
